"""Adding units and placing them in the tree.

What always holds: a unit's name is its own; a unit never stands under itself by a change made here; what is the same
already is no entry. Footage keeps the unit that it has: only who is the head above changes. That is why placing takes
two people (changes.py), but at the machine itself; the units concerned see an alarm either way. A unit that is added
has nothing below it and no footage, so adding one makes nobody the head of anything that there is.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from api.errors import InvalidInputError, NotFoundError
from api.rights.alarms import alarm_of
from api.rights.errors import UnitRefusedError
from api.rights.units import LEVELS, makes_a_circle
from archive.catalogue.rows import UnitRow
from archive.events import Event
from archive.ids import is_id, new_id
from archive.opening import Archive

_MOST_NAME: Final = 128


def register(
    archive: Archive, *, actor: str, name: str, parent: str | None = None, level: str | None = None
) -> UnitRow:
    """Add a unit.

    Args:
        archive: opened to write.
        actor: who adds it.
        name: as it is shown.
        parent: id of the unit that it stands under.
        level: one of LEVELS.

    Raises:
        InvalidInputError, UnitRefusedError, NotFoundError: nothing was done.
    """
    shown = unicodedata.normalize("NFC", name).strip()
    if not 0 < len(shown) <= _MOST_NAME or not shown.isprintable():
        raise InvalidInputError(f"a unit's name has 1 to {_MOST_NAME} printable characters")
    archive.catalogue.catch_up()
    if archive.catalogue.unit_by_name(shown) is not None:
        raise UnitRefusedError(f"there is a unit {shown!r} already")
    unit = new_id("unit")
    check(archive, unit, parent, level)
    events = [Event(type="unit.registered", subject=unit, actor=actor, text={"name": shown})]
    if parent is not None or level is not None:
        events.append(_placed(unit, actor, {"parent": parent, "level": level}))
    archive.record(events)
    archive.catalogue.catch_up()
    return UnitRow(id=unit, name=shown, parent=parent, level=level)


def place(
    archive: Archive, *, actor: str, unit: str, parent: str | None, level: str | None
) -> UnitRow:
    """Say at the machine itself where a unit stands, and on which level. Raises as `register`."""
    archive.catalogue.catch_up()
    row = archive.catalogue.unit(unit)
    if row is None:
        raise NotFoundError("no such unit")
    check(archive, unit, parent, level)
    wanted = UnitRow(id=unit, name=row.name, parent=parent, level=level)
    if row != wanted:
        archive.record(placed(archive, wanted, actor=actor))
        archive.catalogue.catch_up()
    return wanted


def placed(
    archive: Archive, row: UnitRow, *, actor: str, proposed: int | None = None
) -> list[Event]:
    """The entry that places a unit where its row says, and its alarm: in one batch neither is without the other."""
    station = archive.settings.station
    by = actor if is_id(actor, "account") else None
    data = {"parent": row.parent, "level": row.level, "proposed": proposed}
    return [
        _placed(row.id, actor, data),
        alarm_of(actor=station, subject=row.id, code="unit_placed", account=by),
    ]


def check(archive: Archive, unit: str, parent: str | None, level: str | None) -> None:
    """Refuse a place that is none. Raises as `register`."""
    if level is not None and level not in LEVELS:
        raise InvalidInputError(f"a level is one of {', '.join(LEVELS)}")
    if parent is None:
        return
    tree = archive.catalogue.unit_tree()
    if parent not in tree:
        raise NotFoundError("no such unit to stand under")
    if makes_a_circle(tree, unit, parent):
        raise UnitRefusedError("the unit would stand under itself")


def _placed(unit: str, actor: str, data: dict[str, str | int | None]) -> Event:
    return Event(type="unit.placed", subject=unit, actor=actor, data=data)
