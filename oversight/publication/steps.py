"""The way of a publication: proposed, checked, approved and published, declined, withdrawn, expired.

What always holds: each step is looked at, decided and appended while the case register is held (archive/cases.py), so
whatever is withdrawn first wins. Who approves neither proposed nor checked it, under no second account either. What is
published stands on a decision that stands, and says nothing that a scan still finds. It has a number in the feed, one
more than whatever was last published, withdrawn or expired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Literal, get_args

from archive.cases import deciding, need_case
from archive.catalogue.publication_queries import PublicationRow
from archive.events import Event, drafts
from archive.ids import new_id
from archive.opening import Archive
from oversight.disposal.deciding import may_be_one_person
from oversight.publication.errors import (
    NotDecidedError,
    PublicationTextError,
    SamePublisherError,
    SecretRecordError,
)
from oversight.publication.looking import (
    LIVE,
    case_of,
    findings,
    need,
    need_clean,
    need_decision,
    need_free,
    need_plain,
    record_for,
    record_of,
)
from oversight.publication.record import Mark, Wording, redacted
from oversight.rules.own import book_of
from oversight.workdays import Workdays

Why = Literal["revoked", "changed", "error"]
WHYS: Final[tuple[Why, ...]] = get_args(Why)
MOST_REASON: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """What somebody found who read a record for what must not be told."""

    marks: Sequence[Mark] = ()
    trade: bool = False  # trade secrets are among the marks
    state: bool = False  # it tells a state secret: no mark mends that
    reason: str | None = None  # needed where a hint of the scan stays


def propose(archive: Archive, number: str, wording: Wording, *, actor: str) -> PublicationRow:
    """Propose what the public is told of a case's decision.

    Raises:
        UnknownCaseError, PublicationTextError: nothing was recorded.
        NotDecidedError: there is no decision, it was revoked, or nobody said which act the case is.
        PublicationStateError: this decision is public, or on its way.
    """
    said = wording.checked()
    with deciding(archive):
        case = need_case(archive.catalogue, number)
        file, decided = need_decision(archive, case)
        need_free(archive, case, decided)
        record = record_for(archive, case, file, said)
        return _put(
            archive,
            "publication.proposed",
            new_id("publication"),
            {"kind": "decision", "case": case.id},
            record.to_bytes(),
            actor=actor,
            text={"title": record.title},
        )


def propose_report(archive: Archive, title: str, data: bytes, *, actor: str) -> PublicationRow:
    """Propose the figures of a year; what they are is report/'s. Raises ArchiveError, OSError."""
    with deciding(archive):
        return _put(
            archive,
            "publication.proposed",
            new_id("publication"),
            {"kind": "report"},
            data,
            actor=actor,
            text={"title": title},
        )


def check(archive: Archive, publication: str, said: Checking, *, actor: str) -> PublicationRow:
    """Say that a record was read for secrets and privacy, and take out what must not be told; also once more.

    Raises:
        UnknownPublicationError, PublicationStateError, PublicationTextError: nothing was recorded.
        SecretRecordError: it tells a state secret.
        PrivacyLeftError: something is left that the scan finds, or a hint of it without a reason.
    """
    if said.state:
        raise SecretRecordError("what tells a state secret is not published at all: decline it")
    reason = _reason(said.reason) if (said.reason or "").strip() else None
    with deciding(archive):
        row = need(archive, publication, "proposed", "checked")
        data: dict[str, Any] = {"secret": said.trade, "privacy": False, "redactions": 0}
        text = {"reason": reason} if reason else None
        if row.kind != "decision":
            return _append(archive, row.id, "publication.checked", data, actor=actor, text=text)
        record = record_of(archive, row)
        clean, count = redacted(record, said.marks)
        need_clean(archive, row, clean, hinted=reason is not None)
        data |= {"privacy": (count > 0 and not said.trade) or bool(findings(archive, row, record))}
        data |= {"redactions": count}
        if not count:
            return _append(archive, row.id, "publication.checked", data, actor=actor, text=text)
        return _put(
            archive,
            *("publication.checked", row.id, data, clean.to_bytes()),
            actor=actor,
            text=text,
        )


def approve(
    archive: Archive, publication: str, *, actor: str, reason: str | None = None
) -> PublicationRow:
    """Approve what was checked: it is public from now on.

    Raises:
        UnknownPublicationError, PublicationStateError: nothing was recorded.
        SamePublisherError: the actor proposed or checked it.
        NotDecidedError: its decision was revoked since.
        PrivacyLeftError: the record says what must not be told, whoever wrote the entry.
        RuleFileError: the rules cannot be read.
    """
    why = _reason(reason) if (reason or "").strip() else None
    with deciding(archive):
        row = need(archive, publication, "checked")
        for other in (row.proposed_actor, row.checked_actor):
            if other is not None and may_be_one_person(archive.catalogue, other, actor):
                raise SamePublisherError(
                    "who proposed or checked it does not approve it: another person does, each with an account"
                )
        act = None
        if row.kind == "decision":
            case = case_of(archive, row)
            file, decided = need_decision(archive, case)
            if decided > row.index:
                raise NotDecidedError("the case was decided anew since this was proposed")
            need_clean(archive, row, record_of(archive, row), hinted=bool(row.checked_reason))
            act = file.act
        data: dict[str, Any] = {"feed": archive.catalogue.feed_length() + 1}
        if row.kind == "decision" and (expires := _expires(archive, act)) is not None:
            data["expires"] = expires.isoformat()
        archive.record(
            [
                Event(
                    type="publication.approved",
                    subject=row.id,
                    actor=actor,
                    text={"reason": why} if why else None,
                ),
                Event(type="publication.published", subject=row.id, actor=actor, data=data),
            ]
        )
        archive.catalogue.catch_up()
        return need(archive, publication)


def decline(archive: Archive, publication: str, *, actor: str, reason: str) -> PublicationRow:
    """Say that it is not published. Raises as `check`, PublicationTextError: no reason."""
    why = _reason(reason)
    with deciding(archive):
        row = need(archive, publication, "proposed", "checked")
        return _append(
            archive, row.id, "publication.declined", {}, actor=actor, text={"reason": why}
        )


def withdraw(
    archive: Archive, publication: str, *, actor: str, why: Why, reason: str
) -> PublicationRow:
    """Take back what is public, or on its way there; that it was, and why it is not, stays public.

    Raises:
        UnknownPublicationError, PublicationStateError, PublicationTextError: nothing was recorded.
        PrivacyLeftError: the reason itself tells what the public must not know.
    """
    said = _reason(reason)
    if why not in WHYS:
        raise PublicationTextError(f"why is one of {', '.join(WHYS)}")
    with deciding(archive):
        row = need(archive, publication, *LIVE)
        need_plain(archive, row, said)  # the reason is public too
        return _append(
            *(archive, row.id, "publication.withdrawn", {"why": why}),
            actor=actor,
            text={"reason": said},
        )


def expire(archive: Archive, day: date, *, actor: str) -> int:
    """End what was to be public until this day at most; answers with how many that were."""
    with deciding(archive):
        rows = archive.catalogue.expiring(day.isoformat())
        if rows:
            archive.record(
                [Event(type="publication.expired", subject=row.id, actor=actor) for row in rows]
            )
            archive.catalogue.catch_up()
    return len(rows)


def _expires(archive: Archive, act: str | None) -> date | None:
    """The first day on which it is no longer public; None: it is for ever."""
    now, zone = datetime.now(UTC), archive.settings.zone
    rule = book_of(archive.root).exposure(act, now.astimezone(zone).date())
    if rule is None or rule.public is None:
        return None
    return rule.public.end(now, zone, Workdays(), rolls=False).moment.astimezone(zone).date()


def _put(
    archive: Archive,
    kind: str,
    publication: str,
    data: dict[str, Any],
    record: bytes,
    *,
    actor: str,
    text: dict[str, str] | None,
) -> PublicationRow:
    """Keep a record and append the step that names it, in one."""
    with archive.store.writing() as writing:
        [kept] = writing.put([record])
        said = {**data, "record": {"object": kept.digest, "size": kept.size}}
        event = Event(type=kind, subject=publication, actor=actor, data=said, text=text)
        archive.ledger.append(drafts(writing, [event]))
    archive.catalogue.catch_up()
    return need(archive, publication)


def _append(
    archive: Archive,
    publication: str,
    kind: str,
    data: dict[str, Any],
    *,
    actor: str,
    text: dict[str, str] | None,
) -> PublicationRow:
    archive.record([Event(type=kind, subject=publication, actor=actor, data=data, text=text)])
    archive.catalogue.catch_up()
    return need(archive, publication)


def _reason(reason: str | None) -> str:
    said = (reason or "").strip()
    if not said or len(said) > MOST_REASON:
        raise PublicationTextError(f"it needs a reason of 1 to {MOST_REASON} characters")
    return said
