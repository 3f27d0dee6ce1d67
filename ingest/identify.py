"""Whose docking this is: recorder, officers, unit, case; and whether the settings let it happen.

An unknown recorder or badge is noticed: it gets an id, and the ledger says that nobody registered it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from archive.cases import deciding, need_open_case
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive
from ingest.errors import OfficerRefusedError, RecorderRefusedError


@dataclass(slots=True, kw_only=True)
class Identity:
    """Ids for everybody who has a part in a docking."""

    recorder: str
    serial: str
    recorder_unit: str | None
    registered: bool  # the recorder, and the officer where one was named
    officer: str | None
    case: str | None
    officers: dict[str, str] = field(default_factory=dict)  # badge -> id
    units: dict[str, str | None] = field(default_factory=dict)  # officer id -> unit id
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
        recorder_unit=row.unit_id if row else None,
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
    elif row is not None and row.officer_id is not None:
        assigned = archive.catalogue.officer(row.officer_id)
        identity.officer = row.officer_id
        identity.units[row.officer_id] = assigned.unit_id if assigned else None
    return identity


def notice_badges(archive: Archive, identity: Identity, badges: Iterable[str], actor: str) -> None:
    """Badges that clips carry in their names: known officers, or noticed ones, in the ledger when this returns."""
    new = sorted(set(badges) - identity.officers.keys())
    if not new:
        return
    with deciding(archive):
        identity.events = []
        for badge in new:
            _, known = _officer(archive, identity, badge, actor)
            if not known and archive.settings.unregistered_officer == "quarantine":
                identity.quarantine = identity.quarantine or "unregistered_officer"
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
    return officer, row is not None and row.registered


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
