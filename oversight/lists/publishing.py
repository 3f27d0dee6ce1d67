"""Publishing a version of a list, taking one back before it is in force, saying that one no longer agrees.

What always holds: it is decided while the case register is held (archive/cases.py). A later version comes into force
after every earlier one and never in the past, so that on each day one version binds and no case is checked by what was
said later; the first one may say since when it has been in force. A version that is in force is not withdrawn: that
would leave a gap; the next one takes its place. Who may do it is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from archive.cases import deciding
from archive.catalogue.list_queries import ListRow
from archive.catalogue.times import microseconds, moment_text
from archive.events import Event, drafts
from archive.ids import new_id
from archive.opening import Archive
from oversight.disposal.deciding import is_one_person
from oversight.errors import ListRefusedError, SamePersonError, UnknownListError
from oversight.lists.drafts import draft_of, give_up, need_draft
from oversight.lists.kinds import Kind
from oversight.lists.model import AgencyList
from oversight.lists.versions import list_of, need_version, standing, versions_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What is published, and from when on it binds."""

    list: AgencyList
    in_force: date
    drafted_by: str | None  # None: nobody but whoever publishes it


def publish(archive: Archive, new: Publication, *, actor: str) -> ListRow:
    """Publish a version.

    Raises:
        ListRefusedError: it would be in force beside another, or in the past, or says what the newest one says.
        ArchiveError, OSError: it could not be kept or recorded. Nothing is in force that was not before.
    """
    data = new.list.to_bytes()
    with deciding(archive):
        rows = versions_of(archive, new.list.kind)
        _check(archive, rows, new)
        version = max((row.version for row in rows), default=0) + 1
        with archive.store.writing() as writing:
            stored = writing.put([data])[0]
            members: dict[str, Any] = {
                "kind": new.list.kind,
                "version": version,
                "list": {"object": stored.digest, "size": stored.size},
                "in_force": new.in_force.isoformat(),
            }
            if new.drafted_by is not None:
                members["drafted_by"] = new.drafted_by
            event = Event(
                type="list.published",
                subject=rows[0].list if rows else new_id("list"),
                actor=actor,
                data=members,
                text={"title": new.list.title.zh},
            )
            archive.ledger.append(drafts(writing, [event]))
    archive.ledger.publish()
    archive.catalogue.catch_up()
    return need_version(archive, new.list.kind, version)


def publish_draft(
    archive: Archive, kind: Kind, in_force: date, *, actor: str, digest: str | None = None
) -> ListRow:
    """Publish what another person drafted; the draft is gone then.

    Args:
        archive: opened to write.
        kind: of the list.
        in_force: from this day on.
        actor: who publishes it.
        digest: of the draft that they have read; None: whatever it is now.

    Raises:
        UnknownListError: there is no draft.
        SamePersonError: whoever publishes it saved it last.
        ListRefusedError: as `publish`, or somebody changed it since it was read; the draft is still there.
        ArchiveError, OSError: as `publish`; the draft is still there.
    """
    draft = need_draft(archive, kind)
    if is_one_person(archive.catalogue, draft.actor, actor):
        raise SamePersonError("a list is published by another person than the one who drafted it")
    if digest is not None and digest != draft.digest:
        raise ListRefusedError("the draft is another one now: read it again before it is published")
    new = Publication(list=draft.list, in_force=in_force, drafted_by=draft.actor)
    row = publish(archive, new, actor=actor)
    if draft_of(archive, kind) == draft:  # what somebody saved in between stays
        give_up(archive, kind)
    return row


def withdraw(archive: Archive, kind: Kind, version: int, reason: str, *, actor: str) -> None:
    """Take back a version that is not in force yet.

    Raises:
        ListRefusedError: it is in force, or was; or no reason was given.
        UnknownListError: there is no such version, or it was withdrawn before.
    """
    why = _reason(reason)
    with deciding(archive):
        row = need_version(archive, kind, version)
        if row.withdrawn_index is not None:
            raise UnknownListError(f"version {version} was withdrawn on {row.withdrawn_at}")
        if row.in_force <= today(archive).isoformat():
            raise ListRefusedError(
                f"version {version} is in force since {row.in_force}: without it there would be a gap; publish the next"
            )
        event = Event(
            type="list.withdrawn",
            subject=row.list,
            actor=actor,
            data={"version": version},
            text={"reason": why},
        )
        archive.record([event])
    archive.catalogue.catch_up()


def outdate(archive: Archive, kind: Kind, at: datetime, reason: str, *, actor: str) -> None:
    """Say that what a list rests on changed: its next version is due from then on.

    Raises:
        UnknownListError: there is no list of this kind.
        ListRefusedError: no reason, or a change that is not yet.
    """
    why = _reason(reason)
    if at > datetime.now(UTC):
        raise ListRefusedError(f"{at.isoformat()} is in the future: nothing has changed yet")
    with deciding(archive):
        rows = versions_of(archive, kind)
        if not rows:
            raise UnknownListError(f"there is no list {kind}")
        event = Event(
            type="list.outdated",
            subject=rows[0].list,
            actor=actor,
            data={"at": moment_text(microseconds(at))},
            text={"reason": why},
        )
        archive.record([event])
    archive.catalogue.catch_up()


def today(archive: Archive) -> date:
    """The day where the archive is."""
    return datetime.now(archive.settings.zone).date()


def _check(archive: Archive, rows: list[ListRow], new: Publication) -> None:
    there = standing(rows)
    if not there:
        return
    last, day = there[-1], new.in_force.isoformat()
    if day <= last.in_force:
        raise ListRefusedError(
            f"version {last.version} comes into force on {last.in_force}: on {day} two versions would be in force"
        )
    if new.in_force < today(archive):
        raise ListRefusedError(
            f"{day} is in the past: what was checked since then was checked by version {last.version}"
        )
    if list_of(archive, last) == new.list:
        raise ListRefusedError(f"version {last.version} says the same")


def _reason(reason: str) -> str:
    if not reason.strip() or len(reason) > 1_000:
        raise ListRefusedError("it needs a reason of 1 to 1000 characters")
    return reason.strip()
