"""Badges and unit names that somebody typed -> ids.

A badge that nobody registered is noticed; a new unit is registered. The catalogue has to be at the ledger's
end. Two commands that notice the same badge at the same moment make two ids; the older one counts.
"""

from __future__ import annotations

from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive


def officer_id(archive: Archive, badge: str, *, actor: str) -> str:
    """The officer with this badge; one that nobody knows is noticed. Raises as `Archive.record`."""
    badge = badge.strip()
    row = archive.catalogue.officer_by_badge(badge)
    if row is not None:
        return row.id
    officer = new_id("officer")
    noticed = Event(
        type="officer.noticed",
        subject=officer,
        actor=actor,
        data={"unit": None},
        text={"badge": badge},
    )
    archive.record([noticed])
    archive.catalogue.catch_up()
    return officer


def unit_id(archive: Archive, name: str | None, *, actor: str) -> str | None:
    """The unit with this name, registered if it is new; the station's own where none is named."""
    if name is None:
        return archive.settings.unit
    row = archive.catalogue.unit_by_name(name.strip())
    if row is not None:
        return row.id
    unit = new_id("unit")
    archive.record(
        [Event(type="unit.registered", subject=unit, actor=actor, text={"name": name.strip()})]
    )
    archive.catalogue.catch_up()
    return unit
