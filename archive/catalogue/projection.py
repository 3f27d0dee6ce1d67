"""From ledger entries to catalogue rows: a pure function, the same rows for the same entries for ever.

`project` takes events in ledger order and says what is to be written; `archive.catalogue.writing` writes it.
Within one call rows of one kind keep the ledger's order. A type that is not known, or an entry that lacks what
its type calls for, is a custody event all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Final

from archive.catalogue import access_projection as access
from archive.catalogue import docking_projection as dockings
from archive.catalogue import duty_projection as duty
from archive.catalogue import file_projection as files
from archive.catalogue import legal_projection as legal
from archive.catalogue import media_projection as media
from archive.catalogue import object_projection as objects
from archive.catalogue import register_projection as registers
from archive.catalogue import retention_projection as retention
from archive.catalogue import review_projection as review
from archive.catalogue import timestamp_projection as timestamps
from archive.catalogue.events import Fields, LedgerEvent, MalformedEventError
from archive.catalogue.projected import Row, Rows
from archive.catalogue.times import UNKNOWN_START, known_us
from archive.catalogue.words import fold, number_key
from archive.ledger.entry import named_objects


def project(events: Iterable[LedgerEvent]) -> Rows:
    """The rows that these events, in ledger order, add."""
    rows = Rows()
    for event in events:
        rows.custody.append(
            {
                "index": event.index,
                "subject": event.subject,
                "type": event.type,
                "time": event.time,
                "clock": event.clock,
                "actor": event.actor,
            }
        )
        for digest, size in named_objects(event.data):
            if rows.objects.get(digest) is None:
                rows.objects[digest] = size
        handler = _HANDLERS.get(event.type)
        if handler is not None:
            try:
                handler(event, Fields(event.data), Fields(event.written), rows)
            except MalformedEventError:
                continue
    return rows


def _clip_ingested(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    original = data.fields("original")
    path, encoded = written.text_or_none("path"), written.text_or_none("path_base64")
    start = data.text_or_none("start")
    start_us = known_us(start)
    rows.clips.append(
        {
            "ingested_index": event.index,
            "clip": event.subject,
            "path": path,
            "path_base64": encoded,
            "recorder_id": data.text("recorder"),
            "officer_id": data.text_or_none("officer"),
            "unit_id": data.text_or_none("unit"),
            "docking": data.text_or_none("docking"),
            "sha256": original.text("object"),
            "sm3": original.text_or_none("sm3"),
            "size": original.number("size"),
            "modified": data.text_or_none("modified"),
            "start": None if start_us is None else start,
            "start_us": UNKNOWN_START if start_us is None else start_us,
            "start_source": None if start_us is None else data.text_or_none("start_source"),
            "start_raw": written.text_or_none("start_raw"),
            "offset_ms": data.number_or_none("offset_ms"),
            "uncertainty_ms": data.number_or_none("uncertainty_ms"),
            "kind": data.text_or_none("kind"),
            "marked": data.flag("marked"),
            "late": data.flag("late"),
            "quarantined": data.flag("quarantined"),
            "same_as": data.text_or_none("same_as"),
            "belongs_to": written.text_or_none("belongs_to"),
        }
    )
    rows.add_words(event.index, path)


def _clip_verified(event: LedgerEvent, _data: Fields, _written: Fields, rows: Rows) -> None:
    rows.verified.append({"the_clip": event.subject, "verified_at": event.time})


def _case_opened(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    number, place = written.text_or_none("number"), written.text_or_none("place")
    title, subject = written.text_or_none("title"), written.text_or_none("subject")
    officers = data.texts("officers")
    rows.cases.append(
        {
            "id": event.subject,
            "opened_index": event.index,
            "opened_at": event.time,
            "number": number,
            "number_key": None if number is None else number_key(number),
            "title": title,
            "subject": subject,
            "place": place,
            "place_key": None if place is None else fold(place),
            "unit_id": data.text_or_none("unit"),
            "officers": json.dumps(officers),
            "from": data.text_or_none("from"),
            "to": data.text_or_none("to"),
            "from_us": known_us(data.text_or_none("from")),
            "to_us": known_us(data.text_or_none("to")),
            "closed_at": None,
            "closed_reason": None,
        }
    )
    rows.case_officers += [{"officer_id": o, "case_id": event.subject} for o in officers]
    rows.add_case(event.index, number, title, subject, place)


def _case_closed(event: LedgerEvent, _data: Fields, written: Fields, rows: Rows) -> None:
    said = {"closed_at": event.time, "closed_reason": written.text_or_none("reason")}
    rows.step("cases", "closed", {**said, "the_case": event.subject})


def _case_reopened(event: LedgerEvent, _data: Fields, _written: Fields, rows: Rows) -> None:
    rows.step("cases", "reopened", {"the_case": event.subject})


def _clip_linked(event: LedgerEvent, data: Fields, written: Fields, rows: Rows) -> None:
    reason = written.text_or_none("reason")
    rows.links.append(
        {
            "case_id": data.text("case"),
            "clip": event.subject,
            "linked": True,
            "by": data.text_or_none("by"),
            "rule": data.text_or_none("rule"),
            "reason": reason,
            "linked_index": event.index,
            "linked_at": event.time,
        }
    )
    rows.add_words(event.index, reason)


def _clip_unlinked(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    nothing: Row = dict.fromkeys(("by", "rule", "reason", "linked_index", "linked_at"))
    rows.links.append(
        {"case_id": data.text("case"), "clip": event.subject, "linked": False, **nothing}
    )


_HANDLERS: Final[dict[str, Callable[[LedgerEvent, Fields, Fields, Rows], None]]] = {
    "unit.registered": registers.unit,
    "account.added": registers.account,
    "account.disabled": registers.account_disabled,
    "officer.registered": registers.officer,
    "officer.noticed": registers.officer,
    "recorder.registered": registers.recorder,
    "recorder.noticed": registers.recorder,
    "recorder.assigned": registers.assigned,
    "recorder.twin_noticed": registers.twin,
    "docking.started": dockings.docking_started,
    "docking.ended": dockings.docking_ended,
    "recorder.clock_read": dockings.clock_read,
    "recorder.clock_set": dockings.clock_set,
    "officer.disputed": dockings.disputed,
    "officer.settled": dockings.settled,
    "clip.sighted_again": dockings.clip_sighted,
    "clip.refused": dockings.clip_refused,
    "clip.accepted": dockings.owned,
    "clip.reassigned": dockings.owned,
    "recorder.erased": dockings.erased,
    "checkpoint.timestamped": timestamps.timestamped,
    "clip.ingested": _clip_ingested,
    "clip.verified": _clip_verified,
    "clip.examined": media.examined,
    "rendition.made": media.made,
    "rendition.failed": media.failed,
    "clip.assessed": media.assessed,
    "recording.joined": media.joined,
    "case.opened": _case_opened,
    "case.closed": _case_closed,
    "case.reopened": _case_reopened,
    "clip.linked": _clip_linked,
    "clip.unlinked": _clip_unlinked,
    "unit.placed": access.unit_placed,
    "account.changed": access.account_changed,
    "account.enabled": access.account_enabled,
    "rights.proposed": access.proposed,
    "rights.confirmed": access.decided,
    "rights.rejected": access.decided,
    "rights.withdrawn": access.decided,
    "session.opened": access.session_opened,
    "session.moved": access.session_moved,
    "session.ended": access.session_ended,
    "token.made": access.session_opened,
    "token.revoked": access.session_ended,
    "access.requested": access.requested,
    "access.granted": access.granted,
    "access.declined": access.declined,
    "access.ended": access.ended,
    "access.reviewed": access.reviewed,
    "alarm.raised": access.alarm_raised,
    "alarm.settled": access.alarm_settled,
    "clip.played": review.played,
    "still.exported": review.still_exported,
    "marker.set": review.marker_set,
    "marker.removed": review.marker_removed,
    "document.added": review.document_added,
    "document.removed": review.document_removed,
    "document.linked": review.document_linked,
    "document.unlinked": review.document_unlinked,
    "object.damaged": objects.damaged,
    "object.sound": objects.sound,
    "case.filed_as": files.filed_as,
    "case.stage_entered": files.stage_entered,
    "case.decision_intended": files.intended,
    "case.decision_revoked": files.revoked,
    "case.action_ended": files.action_ended,
    "case.catalogued": files.catalogued,
    "subject.registered": files.subject_registered,
    "subject.merged": files.subject_merged,
    "subject.split": files.subject_split,
    "document.timed": files.document_timed,
    "stop.explained": files.stop_explained,
    "deadline.excused": files.excused,
    "officer.certified": duty.certified,
    "officer.certificate_withdrawn": duty.certificate_withdrawn,
    "recorder.checked": duty.checked,
    "station.charged": duty.charged,
    "list.published": duty.list_published,
    "list.withdrawn": duty.list_withdrawn,
    "list.outdated": duty.list_outdated,
    "dispatch.imported": duty.imported,
    "link.proposed": duty.link_proposed,
    "link.declined": duty.link_declined,
    "review.requested": legal.requested,
    "review.taken": legal.taken,
    "review.answered": legal.answered,
    "review.disputed": legal.disputed,
    "review.settled": legal.settled,
    "publication.proposed": legal.proposed,
    "publication.checked": legal.checked,
    "publication.approved": legal.approved,
    "publication.declined": legal.declined,
    "publication.published": legal.published,
    "publication.withdrawn": legal.withdrawn,
    "publication.expired": legal.expired,
    "clip.classified": retention.classified,
    "case.classified": retention.classified,
    "hold.placed": retention.placed,
    "hold.lifted": retention.lifted,
    "disposal.proposed": retention.proposed,
    "disposal.approved": retention.approved,
    "disposal.declined": retention.declined,
    "disposal.done": retention.disposed,
    "disposal.ended": retention.ended,
}
# Types that add more than a custody event.
KNOWN: Final = frozenset(_HANDLERS)
