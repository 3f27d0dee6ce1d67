"""Adding units and placing them in the tree.

What always holds: a unit's name is its own; a unit never stands under itself by a change made here; what is the same
already is no entry. Footage keeps the unit that it has: only who is the head above changes.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from api.errors import InvalidInputError, NotFoundError
from api.rights.errors import UnitRefusedError
from api.rights.units import LEVELS, makes_a_circle
from archive.catalogue.rows import UnitRow
from archive.events import Event
from archive.ids import new_id
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
    _check(archive, unit, parent, level)
    events = [Event(type="unit.registered", subject=unit, actor=actor, text={"name": shown})]
    if parent is not None or level is not None:
        events.append(_placed(unit, actor, parent, level))
    archive.record(events)
    archive.catalogue.catch_up()
    return UnitRow(id=unit, name=shown, parent=parent, level=level)


def place(
    archive: Archive, *, actor: str, unit: str, parent: str | None, level: str | None
) -> UnitRow:
    """Say where a unit stands, and on which level. Raises as `register`."""
    archive.catalogue.catch_up()
    row = archive.catalogue.unit(unit)
    if row is None:
        raise NotFoundError("no such unit")
    _check(archive, unit, parent, level)
    if (row.parent, row.level) != (parent, level):
        archive.record([_placed(unit, actor, parent, level)])
        archive.catalogue.catch_up()
    return UnitRow(id=unit, name=row.name, parent=parent, level=level)


def _check(archive: Archive, unit: str, parent: str | None, level: str | None) -> None:
    if level is not None and level not in LEVELS:
        raise InvalidInputError(f"a level is one of {', '.join(LEVELS)}")
    if parent is None:
        return
    tree = archive.catalogue.unit_tree()
    if parent not in tree:
        raise NotFoundError("no such unit to stand under")
    if makes_a_circle(tree, unit, parent):
        raise UnitRefusedError("the unit would stand under itself")


def _placed(unit: str, actor: str, parent: str | None, level: str | None) -> Event:
    return Event(
        type="unit.placed", subject=unit, actor=actor, data={"parent": parent, "level": level}
    )
