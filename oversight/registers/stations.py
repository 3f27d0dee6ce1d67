"""Stations: which officer is in charge of one. A station is known by the entry that opened it."""

from __future__ import annotations

from archive.cases import deciding
from archive.catalogue.duty_queries import ChargeRow
from archive.events import Event
from archive.opening import Archive
from oversight.registers.errors import NotRegisteredError


def charge(
    archive: Archive, *, actor: str, officer: str | None, station: str | None = None
) -> ChargeRow:
    """Say who is in charge of a station from now on.

    Args:
        archive: opened to write.
        actor: who says so.
        officer: id; None: nobody.
        station: id; None: this archive's own.

    Raises:
        NotRegisteredError: there is no such officer or station. Nothing was done.
    """
    where = station or archive.settings.station
    with deciding(archive):
        if officer is not None and archive.catalogue.officer(officer) is None:
            raise NotRegisteredError("there is no such officer: `muniment officer add`")
        if where != archive.settings.station and not archive.catalogue.custody(where):
            raise NotRegisteredError("the archive knows no such station")
        event = Event(type="station.charged", subject=where, actor=actor, data={"officer": officer})
        archive.record([event])
        archive.catalogue.catch_up()
        return archive.catalogue.charges(where)[-1]


def in_charge(archive: Archive, station: str | None = None) -> ChargeRow | None:
    """Who is in charge of a station (id; this archive's own); None: nobody ever was."""
    found = archive.catalogue.charges(station or archive.settings.station)
    return found[-1] if found else None
