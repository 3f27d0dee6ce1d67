"""Whose docking this is: recorder, officers, case; and whether the settings let it happen.

An unknown recorder or badge is noticed: it gets an id, and the ledger says that nobody registered it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from archive.cases import deciding, need_open_case
from archive.catalogue.rows import Assignment
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive
from ingest.errors import OfficerRefusedError, RecorderRefusedError
from ingest.owners import Owner, Owners


@dataclass(slots=True, kw_only=True)
class Identity:
    """Ids for everybody who has a part in a docking."""

    recorder: str
    serial: str
    assigned: Owner  # as the recorder was registered
    history: list[Assignment] = field(default_factory=list)
    registered: bool  # the recorder, and the officer where one was named
    officer: str | None  # named by hand
    case: str | None
    officers: dict[str, str] = field(default_factory=dict)  # badge -> id
    units: dict[str, str | None] = field(default_factory=dict)  # officer id -> unit id
    noticed: set[str] = field(default_factory=set)  # officers whom nobody registered
    events: list[Event] = field(default_factory=list)  # who was noticed for the first time
    quarantine: str | None = None  # code: why clips are kept apart


def identify(
    archive: Archive, *, serial: str, officer: str | None, case: str | None, actor: str
) -> Identity:
    """Look everybody up; who is new is in the ledger when this returns.

    Raises:
        UnknownCaseError, CaseNotOpenError: the case cannot take clips.
        RecorderRefusedError, OfficerRefusedError: refused by the settings; the attempt is in the ledger.
    """
    with deciding(archive):
        identity = _look_up(archive, serial=serial, officer=officer, case=case, actor=actor)
        if identity.events:
            archive.record(identity.events)
    return identity


def _look_up(
    archive: Archive, *, serial: str, officer: str | None, case: str | None, actor: str
) -> Identity:
    case_id = need_open_case(archive.catalogue, case).id if case is not None else None
    row = archive.catalogue.recorder_by_serial(serial)
    known = row is not None and row.registered
    identity = Identity(
        recorder=row.id if row else new_id("recorder"),
        serial=serial,
        assigned=Owner(officer=row.officer_id if row else None, unit=row.unit_id if row else None),
        history=archive.catalogue.assignments(row.id) if row else [],
        registered=known,
        officer=None,
        case=case_id,
    )
    if row is None:
        identity.events.append(
            Event(
                type="recorder.noticed",
                subject=identity.recorder,
                actor=actor,
                data={"unit": None, "officer": None},
                text={"serial": serial},
            )
        )
    if not known:
        _apply(archive, identity, "recorder", archive.settings.unregistered_recorder, actor)
    if officer is not None:
        identity.officer, known = _officer(archive, identity, officer, actor)
        if not known:
            identity.registered = False
            _apply(archive, identity, "officer", archive.settings.unregistered_officer, actor)
    return identity


def owners_of(
    archive: Archive,
    identity: Identity,
    clips: Sequence[tuple[datetime | None, str | None]],
    *,
    device: str | None,
    actor: str,
) -> Owners:
    """Everybody who may own clips of a docking; badges that nobody knew are in the ledger when this returns.

    Clips that would belong to an officer whom nobody registered put the docking into quarantine, or have it refused,
    where the settings ask for that.

    Args:
        archive: opened to write.
        identity: of this docking.
        clips: corrected start and the badge in the name, of each that is to be read.
        device: the badge that the recorder was set up for.
        actor: who docks.

    Raises:
        OfficerRefusedError: refused by the settings; the attempt is in the ledger.
    """
    if identity.officer is None:
        badges = {badge for _, badge in clips if badge} | ({device} if device else set())
        _notice(archive, identity, badges, actor)
    named = {term.officer_id for term in identity.history} | {identity.assigned.officer}
    rows = {id_: archive.catalogue.officer(id_) for id_ in named if id_ is not None}
    owners = Owners(
        by_hand=identity.officer,
        history=identity.history,
        registered=identity.assigned,
        device=device,
        officers=identity.officers,
        badges={id_: row.badge for id_, row in rows.items() if row},
        units=identity.units | {id_: row.unit_id for id_, row in rows.items() if row},
        unit=archive.settings.unit,
    )
    policy = archive.settings.unregistered_officer
    if policy != "accept" and identity.officer is None:
        used = {owners.of(start, badge).officer for start, badge in clips}
        if used & (identity.noticed - set(rows)):
            identity.events = []  # they are in the ledger
            _apply(archive, identity, "officer", policy, actor)
    return owners


def _notice(archive: Archive, identity: Identity, badges: set[str], actor: str) -> None:
    new = sorted(badges - identity.officers.keys())
    if new:
        with deciding(archive):
            identity.events = []
            for badge in new:
                _officer(archive, identity, badge, actor)
            if identity.events:
                archive.record(identity.events)


def _officer(archive: Archive, identity: Identity, badge: str, actor: str) -> tuple[str, bool]:
    row = archive.catalogue.officer_by_badge(badge)
    officer = row.id if row else new_id("officer")
    identity.officers[badge] = officer
    identity.units[officer] = row.unit_id if row else None
    if row is None:
        identity.events.append(
            Event(
                type="officer.noticed",
                subject=officer,
                actor=actor,
                data={"unit": None},
                text={"badge": badge},
            )
        )
    registered = row is not None and row.registered
    if not registered:
        identity.noticed.add(officer)
    return officer, registered


def _apply(archive: Archive, identity: Identity, who: str, policy: str, actor: str) -> None:
    code = f"unregistered_{who}"
    if policy == "quarantine":
        identity.quarantine = identity.quarantine or code
    elif policy == "refuse":
        refused = Event(
            type="docking.refused",
            subject=new_id("docking"),
            actor=actor,
            data={"recorder": identity.recorder, "officer": identity.officer, "code": code},
        )
        archive.record([*identity.events, refused])
        if who == "recorder":
            raise RecorderRefusedError(
                f"recorder {identity.serial} is not registered, and this station takes only registered ones:"
                f" `muniment recorder register {identity.serial}`, then dock again"
            )
        raise OfficerRefusedError(
            "this officer is not registered, and this station takes only registered ones:"
            " `muniment officer add BADGE`, then dock again"
        )
