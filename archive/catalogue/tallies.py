"""Counts of clips by month, day, unit, kind and state, kept while projecting: what facets are read from.

What always holds: the table says of every cell how many rows of `clips` lie in it, no cell is there with none; so it
follows from `clips` alone, whatever cut the ledger was projected in. Days and months are those of UTC+8, the one
time that China's clocks show, because a view of a ledger cannot depend on a station's settings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.catalogue.projected import Row, Rows
from archive.catalogue.statements import Writer, chunks, insertion, marks, run
from archive.catalogue.times import UNKNOWN_START

OFFSET: Final = timedelta(hours=8)
_OFFSET_US: Final = 8 * 3_600_000_000
DAY_US: Final = 86_400_000_000
_DAYS_BEFORE: Final = 1_000_000
SINCE: Final = _DAYS_BEFORE * DAY_US + _OFFSET_US  # no start is before: a quotient is a day
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_DAY: Final = 2_932_896  # 9999-12-31: the calendar's end, also where it is a few hours nearer
# A month is 202601, a day 100000000 + 20260117: the two never meet, whatever the year.
DAYS: Final = 100_000_000
UNKNOWN: Final = 0  # the span of clips whose start nobody knows
EVERYBODY: Final = ""  # all clips, of whomever
MARKED, DAMAGED, LATE, QUARANTINED, LINKED = 1, 2, 4, 8, 16
_KEY: Final = ("whose", "span", "unit_id", "kind", "state")
_READ: Final = (
    "SELECT clip, officer_id, recorder_id, unit_id, kind, start_us, marked, damaged, late, quarantined,"
    " cases <> '[]' FROM clips"
)


class Cell(NamedTuple):
    """What is counted together."""

    whose: str
    span: int
    unit_id: str
    kind: str
    state: int


def officers(id_: str) -> str:
    """Whose an officer's cells are."""
    return f"officer:{id_}"


def recorders(id_: str) -> str:
    """Whose a recorder's cells are."""
    return f"recorder:{id_}"


def day_of(start_us: int) -> int:
    """The day of a moment, as a span."""
    if start_us == UNKNOWN_START:
        return UNKNOWN
    return day_since((start_us + SINCE) // DAY_US)


def day_since(days: int | None) -> int:
    """The day of a moment's (start + SINCE) / DAY_US, as a span."""
    if days is None:
        return UNKNOWN
    day = _EPOCH + timedelta(days=min(days - _DAYS_BEFORE, _LAST_DAY))
    return DAYS + day.year * 10_000 + day.month * 100 + day.day


def month_of(day: int) -> int:
    """The month of a day's span."""
    return UNKNOWN if day == UNKNOWN else (day - DAYS) // 100


def state_of(*, marked: Any, damaged: Any, late: Any, quarantined: Any, linked: Any) -> int:
    """The five states of a clip as one number."""
    return (
        (MARKED if marked else 0)
        | (DAMAGED if damaged else 0)
        | (LATE if late else 0)
        | (QUARANTINED if quarantined else 0)
        | (LINKED if linked else 0)
    )


def touched(rows: Rows) -> list[str]:
    """The clips of which a stretch of the ledger says what may move them to another cell."""
    found = [str(row["clip"]) for row in rows.clips]
    found += [str(row["the_clip"]) for row in (*rows.examined, *rows.owned)]
    found += [str(row["clip"]) for row in rows.links]
    return list(dict.fromkeys(found))


def counted(connection: Writer, clips: Iterable[str]) -> Counter[Cell]:
    """The cells in which these clips lie now."""
    found: Counter[Cell] = Counter()
    for chunk in chunks(clips):
        rows = connection.exec_driver_sql(f"{_READ} WHERE clip IN ({marks(chunk)})", tuple(chunk))
        for row in rows:
            found.update(cells_of(row))
    return found


def cells_of(row: tuple[Any, ...]) -> Iterable[Cell]:
    """The cells of one clip: by day and month among everybody's, by month among its officer's and recorder's."""
    _, officer, recorder, unit, kind, start_us, marked, damaged, late, quarantined, linked = row
    state = state_of(
        marked=marked, damaged=damaged, late=late, quarantined=quarantined, linked=linked
    )
    day = day_of(start_us)
    rest = (unit or "", kind or "", state)
    yield Cell(EVERYBODY, month_of(day), *rest)
    if day != UNKNOWN:
        yield Cell(EVERYBODY, day, *rest)
    if officer:
        yield Cell(officers(officer), month_of(day), *rest)
    if recorder:
        yield Cell(recorders(recorder), month_of(day), *rest)


def write_tallies(connection: Writer, before: Mapping[Cell, int], now: Mapping[Cell, int]) -> None:
    """Move clips from the cells in which they lay to those in which they lie."""
    moved = [(cell, now.get(cell, 0) - before.get(cell, 0)) for cell in sorted({*before, *now})]
    rows: list[Row] = [{**cell._asdict(), "clips": n} for cell, n in moved if n]
    key = ", ".join(_KEY)
    run(
        connection,
        f"{insertion('tallies', (*_KEY, 'clips'))} ON CONFLICT ({key})"
        " DO UPDATE SET clips = tallies.clips + excluded.clips",
        rows,
    )
    same = " AND ".join(f"{name} = :{name}" for name in _KEY)
    fewer = [cell._asdict() for cell, n in moved if n < 0]
    run(connection, f"DELETE FROM tallies WHERE {same} AND clips = 0", fewer)  # noqa: S608 - names of this file


def count_all(connection: Writer) -> None:
    """Count every clip there is, into an empty table: for a catalogue that was made before it was kept."""
    found: Counter[Cell] = Counter()
    for row in connection.exec_driver_sql(_READ):
        found.update(cells_of(row))
    write_tallies(connection, {}, found)
