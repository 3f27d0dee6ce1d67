"""The annual report of an archive: counted, and proposed for publication (R13: by the day that the rules name)."""

from __future__ import annotations

from typing import Any

from archive.catalogue.publication_queries import PublicationRow
from archive.opening import Archive
from oversight.publication.steps import propose_report
from oversight.report.counting import count, need_over
from oversight.report.record import bytes_of, data_of


def report(archive: Archive, year: int) -> dict[str, Any]:
    """The figures of a year, as they are now. Raises ReportError, RuleFileError."""
    units = {unit.id: unit.name or "" for unit in archive.catalogue.units()}
    agency = units.get(archive.settings.unit or "", "") or archive.settings.origin
    return data_of(count(archive, year), agency, units)


def propose(archive: Archive, year: int, *, actor: str) -> PublicationRow:
    """Propose the figures of a year that is over. Raises ReportError, RuleFileError, ArchiveError."""
    need_over(archive, year)
    archive.catalogue.catch_up()
    data = report(archive, year)
    return propose_report(archive, data["title"]["zh"], bytes_of(data), actor=actor)
