"""Figures of some months: by month, unit, officer, recorder, viewer and supervisor.

What always holds: every figure is a count of the catalogue, and so of ledger entries; what happened outside the months
is not in it, but for open cases without footage, which are those of now. Names are looked up when somebody asks.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from archive.catalogue.statistic_queries import Tallied
from archive.catalogue.tallies import EVERYBODY
from archive.catalogue.times import microseconds
from archive.opening import Archive
from oversight.statistics.months import Line, Lines, Months, month_text
from oversight.statistics.weak import Tables, WeakRows, count

COUNTS: Final = ("clips", "late", "damaged", "unlinked")
_STOPS: Final = ("stops", "stops_unexplained")
_DEVICES: Final = ("dockings", "dockings_bad", "clocks", "clocks_off")
_VIEWS: Final = ("views", "views_unasked")
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "unit": (*COUNTS, "bare_cases", *_STOPS, *_DEVICES, *_VIEWS),
    "officer": (*COUNTS, *_STOPS),
    "recorder": (
        *(*COUNTS, "looks", "looks_bad", *_STOPS, *_DEVICES),
        *("clock_worst_ms", "clock_drift_ms"),
    ),
    "viewer": ("watched", *_VIEWS),
    "supervisor": ("reviewed", "quota", "quota_met", "quota_share"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All tables, and the newest rows behind some of their figures."""

    months: Months
    tables: Mapping[str, list[Line]]  # month, unit, officer, recorder, viewer, supervisor
    rows: WeakRows


def figures(archive: Archive, months: Months, unit: str | None = None) -> Figures:
    """Count; of one unit (id) or of all. Raises as `weak.count`."""
    catalogue = archive.catalogue
    called = catalogue.called()
    accounts = {row.id: row.name for row in catalogue.accounts()}
    into = Tables(
        month={m: Line(of=month_text(m), name=month_text(m)) for m in months.each()},
        unit=Lines(called.units),
        officer=Lines(called.badges),
        recorder=Lines(called.serials),
        viewer=Lines(accounts),
        supervisor=Lines(accounts),
    )
    for row in catalogue.tallied(months.first, months.last, unit):
        _clips(row, into)
    for of, cases in catalogue.bare_cases(unit).items():
        into.unit.of(of).add(bare_cases=cases)
    since, until = months.bounds
    looks = catalogue.duty_looks(microseconds(since), microseconds(until))
    for of, (found, bad) in looks.items():
        if unit is None or of in into.recorder:
            into.recorder.of(of).add(looks=found, looks_bad=bad)
    span = months.in_text
    for of, watched in catalogue.watched(span.since, span.ends[-1][1], unit).items():
        into.viewer.of(of).add(watched=watched)
    rows = count(archive, months, unit, into)
    tables = {
        "month": list(into.month.values()),
        **{
            name: lines.all
            for name, lines in (
                ("unit", into.unit),
                ("officer", into.officer),
                ("recorder", into.recorder),
                ("viewer", into.viewer),
                ("supervisor", into.supervisor),
            )
        },
    }
    return Figures(months=months, tables=tables, rows=rows)


def csv_of(found: Figures) -> str:
    """All tables in one (RFC 4180): table, id, name, figure, count."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["table", "id", "name", "figure", "count"])
    for table, lines in found.tables.items():
        for line in lines:
            for name, number in line.counts.items():
                writer.writerow([table, line.of, _safe(line.name), name, number])
    return out.getvalue()


def data_of(found: Figures) -> dict[str, Any]:
    """All tables as JSON."""
    return {
        "from": month_text(found.months.first),
        "to": month_text(found.months.last),
        "tables": {
            table: [{"id": line.of, "name": line.name, "counts": line.counts} for line in lines]
            for table, lines in found.tables.items()
        },
    }


def _clips(row: Tallied, into: Tables) -> None:
    kind, _, id_ = row.whose.partition(":")
    lines = {
        "officer": lambda: [into.officer.of(id_)],
        "recorder": lambda: [into.recorder.of(id_)],
        EVERYBODY: lambda: [into.month[row.month], into.unit.of(row.unit)],
    }[kind]()
    for line in lines:
        line.add(**dict(zip(COUNTS, row[3:], strict=True)))


def _safe(name: str) -> str:
    # A spreadsheet takes what begins so for a formula.
    return f"'{name}" if name[:1] in {"=", "+", "-", "@", "\t"} else name
