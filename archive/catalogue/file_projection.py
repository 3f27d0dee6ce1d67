"""Rows of case files: acts, stages, subjects, times on documents, stops, excuses. See projection.py."""

from __future__ import annotations

import json
from typing import Final

from archive.catalogue.events import Fields, LedgerEvent, MalformedEventError
from archive.catalogue.projected import Row, Rows
from archive.catalogue.times import known_us
from archive.catalogue.words import number_key

_MOST: Final = 1_000  # subjects, officers or cases that one entry names
# Of these the file itself knows when they began.
_TIMED: Final = {
    "initiation": "initiated_us",
    "decision": "decided_us",
    "service": "served_us",
    "conclusion": "concluded_us",
}


def known(text: str) -> int:
    """Microseconds of a time that must be one."""
    found = known_us(text)
    if found is None:
        raise MalformedEventError(text)
    return found


def said(event: LedgerEvent) -> Row:
    """Which entry, by whom, when."""
    return {"index": event.index, "actor": event.actor, "said_at": event.time}


def listed(data: Fields, name: str) -> list[str]:
    """The texts of a list, each once; of too many none are believed."""
    found = list(dict.fromkeys(data.texts(name)))
    if len(found) > _MOST:
        raise MalformedEventError(name)
    return found


def filed_as(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`case.filed_as`: the newest counts, whole."""
    act, subjects, officers = data.text("act"), listed(data, "subjects"), listed(data, "officers")
    file: Row = {
        "id": event.subject,
        "act": act,
        "matter": data.text_or_none("matter"),
        "list": data.fields("list").text("object") if data.members.get("list") else None,
        "filed_as_index": event.index,
    }
    rows.step("case_files", "replace", file)
    rows.step("case_subjects", "none", {"case_id": event.subject})
    for subject in subjects:
        named: Row = {"case_id": event.subject, "subject": subject, "index": event.index}
        rows.step("case_subjects", "add", named)
    if data.members.get("officers") is None:
        return
    rows.step("cases", "officers", {"officers": json.dumps(officers), "the_case": event.subject})
    rows.step("case_officers", "none", {"case_id": event.subject})
    for officer in officers:
        rows.step("case_officers", "add", {"officer_id": officer, "case_id": event.subject})


def stage_entered(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`case.stage_entered`."""
    stage, at = data.text("stage"), data.text("at")
    at_us = known(at)
    entered: Row = {
        **said(event),
        "case_id": event.subject,
        "stage": stage,
        "at": at,
        "at_us": at_us,
        "document": data.text_or_none("document"),
        "reason": written.text_or_none("reason"),
    }
    rows.step("stages", "add", entered)
    file: Row = {"id": event.subject, "stage": stage, "stage_index": event.index}
    if (began := _TIMED.get(stage)) is not None:
        file[began] = at_us
    rows.step("case_files", "replace", file)


def intended(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`case.decision_intended`: the newest counts, whole."""
    file: Row = {
        "id": event.subject,
        "measure": data.text_or_none("measure"),
        "amount": data.number_or_none("amount"),
        "intended_index": event.index,
    }
    rows.step("case_files", "replace", file)


def revoked(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`case.decision_revoked`."""
    how, at = data.text("how"), data.text("at")
    at_us = known(at)
    revocation: Row = {
        **said(event),
        "case_id": event.subject,
        "how": how,
        "at": at,
        "at_us": at_us,
        "document": data.text_or_none("document"),
        "reason": written.text_or_none("reason"),
    }
    rows.step("revocations", "add", revocation)
    file: Row = {"id": event.subject, "revoked_us": at_us, "revoked_index": event.index}
    rows.step("case_files", "replace", file)


def action_ended(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`case.action_ended`: the newest counts."""
    at = data.text("at")
    file: Row = {
        "id": event.subject,
        "action_ended": at,
        "action_ended_us": known(at),
        "action_ended_index": event.index,
    }
    rows.step("case_files", "replace", file)


def catalogued(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`case.catalogued`: the newest counts."""
    signed = data.members.get("signature") is not None
    file: Row = {
        "id": event.subject,
        "catalogue": data.fields("catalogue").text("object"),
        "signature": data.fields("signature").text("object") if signed else None,
        "signer": data.text_or_none("signer"),
        "catalogued_at": event.time,
        "catalogued_index": event.index,
    }
    rows.step("case_files", "replace", file)


def subject_registered(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`subject.registered`: again with what is now known of it."""
    name, number = written.text_or_none("name"), written.text_or_none("number")
    subject: Row = {
        "id": event.subject,
        "index": event.index,
        "kind": data.text("kind"),
        "name": name,
        "number": number,
        "number_key": None if number is None else number_key(number),
        "registered_at": event.time,
    }
    rows.step("subjects", "replace", subject)
    rows.add_words(event.index, name, number)


def subject_merged(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`subject.merged`: they are one; a subject is never merged into itself."""
    into = data.text("into")
    if into == event.subject:
        raise MalformedEventError("into")
    merged: Row = {"merged_into": into, "merged_index": event.index, "the_id": event.subject}
    rows.step("subjects", "merged", merged)


def subject_split(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`subject.split`: stands for itself from now on, and has these of the other's cases."""
    old, cases = data.text("out_of"), listed(data, "cases")
    alone: Row = {"merged_into": None, "merged_index": None, "the_id": event.subject}
    rows.step("subjects", "merged", alone)
    for case in cases:
        moved: Row = {"subject": event.subject, "index": event.index, "case_id": case, "old": old}
        rows.step("case_subjects", "copied", moved)
        if old != event.subject:
            rows.step("case_subjects", "gone", {"case_id": case, "old": old})


def document_timed(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`document.timed`: the newest of a document's part counts; without a begin it is taken back."""
    timed: Row = {
        **said(event),
        "case_id": event.subject,
        "document": data.text("document"),
        "part": data.text("part"),
        "from_us": known_us(data.text_or_none("from")),
        "to_us": known_us(data.text_or_none("to")),
        "place": written.text_or_none("place"),
    }
    rows.step("document_times", "add", timed)


def stop_explained(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`stop.explained`."""
    stop: Row = {
        **said(event),
        "subject": event.subject,
        "from_us": known_us(data.text_or_none("from")),
        "to_us": known_us(data.text_or_none("to")),
        "code": data.text("code"),
        "reason": written.text_or_none("reason"),
    }
    rows.step("stops", "add", stop)


def excused(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    """`deadline.excused`."""
    excuse: Row = {
        **said(event),
        "subject": event.subject,
        "rule": data.text("rule"),
        "excuse": data.number_or_none("excuse"),
        "reason": written.text_or_none("reason"),
    }
    rows.step("excuses", "add", excuse)
