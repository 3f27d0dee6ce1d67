"""Two recorders with one serial: told apart, so that neither takes the other's clips for its own.

Each recorder of the register has its own interim files and its own clips. The first of two that are plugged in at
once keeps the serial; the other docks as `SERIAL#` and what tells it apart: the second serial that its own protocol
says, else its port. Once twins were noticed, a second serial that is not the first one's tells them apart also when
alone. Nothing is lost either way: what was secured under another name is secured again.
"""

from __future__ import annotations

from collections.abc import Sequence

from archive.cases import deciding
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive
from devices.recorder import RecorderFacts


def docking_serial(
    archive: Archive,
    facts: RecorderFacts,
    *,
    name: str,
    given: str | None = None,
    beside: RecorderFacts | None = None,
) -> str:
    """The serial that a recorder docks under. The catalogue has to be at the ledger's end.

    Args:
        archive: what is known of recorders.
        facts: what this one says.
        name: of the folder or the make and model, for one that says no serial at all.
        given: by hand; wins.
        beside: what another one of the same serial says, that was plugged in before and still is.
    """
    serial, second = _text(facts.serial), _text(facts.second_serial)
    if given or not serial:
        return given or second or f"folder:{name}"
    if beside is not None:
        apart = second if second and second != _text(beside.second_serial) else _text(facts.port)
        return f"{serial}#{apart or 'twin'}"
    row = archive.catalogue.recorder_by_serial(serial)
    if row is not None and second and archive.catalogue.had_twins(row.id):
        first = archive.catalogue.second_serial(row.id, facts.transport)
        if first is not None and first != second:
            return f"{serial}#{second}"
    return serial


def is_ambiguous(archive: Archive, facts: RecorderFacts, serial: str) -> bool:
    """Whether another recorder may dock under this serial too, so that only bytes tell what of it is held.

    Always so where it says no serial; where there were twins and it says no second one; where its second serial is
    not the one of the last time. A folder is what its name says. The catalogue has to be at the ledger's end.
    """
    second = _text(facts.second_serial)
    if facts.transport == "folder":
        return False
    if not second and not _text(facts.serial):
        return True
    row = archive.catalogue.recorder_by_serial(serial)
    if row is None:
        return False
    last = archive.catalogue.second_serial(row.id, facts.transport)
    return archive.catalogue.had_twins(row.id) if not second else last not in {None, second}


def notice_twins(archive: Archive, *, serial: str, ports: Sequence[str], actor: str) -> None:
    """Keep that two recorders with this serial are plugged in at once. Raises as `Archive.record`."""
    serial = _text(serial)
    with deciding(archive):
        row = archive.catalogue.recorder_by_serial(serial)
        recorder = new_id("recorder") if row is None else row.id
        events = [
            Event(
                type="recorder.twin_noticed",
                subject=recorder,
                actor=actor,
                data={"ports": [_text(port) for port in ports]},
            )
        ]
        if row is None:
            noticed = Event(
                type="recorder.noticed",
                subject=recorder,
                actor=actor,
                data={"unit": None, "officer": None},
                text={"serial": serial},
            )
            events.insert(0, noticed)
        archive.record(events)


def _text(said: str | None) -> str:
    """What a device said, as text that an object can hold."""
    return (said or "").encode("utf-8", "backslashreplace").decode().strip()
