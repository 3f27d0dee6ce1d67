"""What waits for a person: clips in quarantine, disputed officers, twins, clocks that drift. And the person's word.

Holds: a word is in the ledger with its reason before anything follows from it; saying it twice, or being killed between
two clips, leaves only what waits still. Nothing is decided here but by who calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from archive.cases import deciding, link_event
from archive.catalogue import Catalogue
from archive.catalogue.rows import ClipRow, ClockRow, Dispute, DockingRow, Quarantined, Twins
from archive.events import Event
from archive.opening import Archive
from devices.profiles import choose, load_profiles
from ingest.clock import DRIFT_LIMIT
from ingest.errors import NothingWaitsError, UnknownDockingError
from ingest.linking import link_clips

_GROUP: Final = 500  # entries appended at once


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkList:
    """Everything that waits, oldest first."""

    quarantined: list[Quarantined]
    disputes: list[Dispute]
    twins: list[Twins]
    drifting: list[ClockRow]

    def __len__(self) -> int:
        waiting = len(self.quarantined) + len(self.disputes)
        return waiting + len(self.twins) + len(self.drifting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a person's word did."""

    clips: list[str]
    linked: list[tuple[str, str]]  # clip and case, by rule


def work_list(catalogue: Catalogue) -> WorkList:
    """What waits; the catalogue has to be at the ledger's end."""
    return WorkList(
        quarantined=catalogue.quarantined(),
        disputes=catalogue.disputes(),
        twins=catalogue.twins(),
        drifting=catalogue.drifting(DRIFT_LIMIT),
    )


def accept(
    archive: Archive, *, docking: str, officer: str | None, reason: str, actor: str
) -> Decided:
    """End the quarantine of a docking's clips; they are linked as they would have been.

    Args:
        archive: opened to write.
        docking: id.
        officer: id of whose they are; None: of whom they are now.
        reason: why; goes on record.
        actor: the person.

    Raises:
        UnknownDockingError, NothingWaitsError: nothing was done.
        ArchiveError, OSError: what was not accepted waits still.
    """
    with deciding(archive):
        row = _docking(archive, docking)
        waiting = archive.catalogue.clips_of(docking, quarantined=True)
        if not waiting:
            raise NothingWaitsError(f"no clip of docking {docking} is in quarantine")
        events = [
            _owned(
                archive,
                clip,
                word="clip.accepted",
                officer=officer or clip.officer_id,
                reason=reason,
                actor=actor,
            )
            for clip in waiting
        ]
        case = archive.catalogue.case(row.case_id) if row.case_id else None
        if case is not None and case.is_open:
            events += [
                link_event(
                    clip=clip.clip,
                    case_id=case.id,
                    actor=actor,
                    by="docking",
                    reason=f"--case {case.number}",
                )
                for clip in waiting
                if archive.catalogue.link(case.id, clip.clip) is None
            ]
        _record(archive, events)
    return _followed(archive, [clip.clip for clip in waiting], actor)


def settle(archive: Archive, *, docking: str, officer: str, reason: str, actor: str) -> Decided:
    """End a docking's disputes: the disputed clips belong to this officer (id).

    Raises:
        UnknownDockingError, NothingWaitsError: nothing was done.
        ArchiveError, OSError: the dispute waits still; clips may have been given to the officer.
    """
    with deciding(archive):
        row = _docking(archive, docking)
        disputes = archive.catalogue.disputes(docking)
        if not disputes:
            raise NothingWaitsError(f"nobody disputes the officer of docking {docking}")
        moved = [c for c in _disputed(archive, row, disputes) if c.officer_id != officer]
        settled = Event(
            type="officer.settled",
            subject=docking,
            actor=actor,
            data={"officer": officer, "clips": len(moved)},
            text={"reason": reason},
        )
        given = [
            _owned(
                archive, clip, word="clip.reassigned", officer=officer, reason=reason, actor=actor
            )
            for clip in moved
        ]
        _record(archive, [*given, settled])
    return _followed(archive, [clip.clip for clip in moved], actor)


def _docking(archive: Archive, docking: str) -> DockingRow:
    row = archive.catalogue.docking(docking)
    if row is None:
        raise UnknownDockingError(f"there is no docking {docking}: see `muniment docking list`")
    return row


def _disputed(archive: Archive, row: DockingRow, disputes: Sequence[Dispute]) -> list[ClipRow]:
    """The clips of a docking whose officer is disputed, told by the same names as when it was noticed."""
    clips = archive.catalogue.clips_of(row.id)
    paths = {clip.clip: clip.raw_path for clip in clips}
    profiles = load_profiles()
    known = [path for path in paths.values() if path is not None]
    profile = next((p for p in profiles if p.name == row.profile), None) or choose(profiles, known)
    facts = profile.read(known)
    device = {d.assigned_id for d in disputes if d.by != "name"}
    named = {(d.assigned_id, d.carried) for d in disputes if d.by == "name"}

    def is_disputed(clip: ClipRow) -> bool:
        path = paths[clip.clip]
        badge = facts[path].badge if path is not None else None
        return clip.officer_id in device or (clip.officer_id, badge) in named

    return [clip for clip in clips if is_disputed(clip)]


def _owned(
    archive: Archive,
    clip: ClipRow,
    *,
    word: Literal["clip.accepted", "clip.reassigned"],
    officer: str | None,
    reason: str,
    actor: str,
) -> Event:
    row = archive.catalogue.officer(officer) if officer else None
    unit = row.unit_id if row is not None and row.unit_id is not None else clip.unit_id
    return Event(
        type=word,
        subject=clip.clip,
        actor=actor,
        data={"officer": officer, "unit": unit},
        text={"reason": reason},
    )


def _record(archive: Archive, events: Sequence[Event]) -> None:
    for at in range(0, len(events), _GROUP):
        archive.record(list(events[at : at + _GROUP]))


def _followed(archive: Archive, clips: list[str], actor: str) -> Decided:
    archive.catalogue.catch_up()
    return Decided(clips=clips, linked=link_clips(archive, actor=actor, clips=clips))
