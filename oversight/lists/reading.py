"""Reading a list (docs/formats/lists.md), each mistake with its line.

What always holds: one error type leaves here, with the mistakes that were found; a row has no key that its kind lacks,
no id twice, and the bands of one matter of 裁量基准 neither overlap nor leave a gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from archive.tables import Mistake, Words, text
from oversight.errors import ListFileError
from oversight.lists.cells import is_empty, read_cell, said
from oversight.lists.kinds import KIND_NAMES, KINDS, Column, Kind, columns_of
from oversight.lists.model import CENTS, FORMAT, AgencyList, Row
from oversight.lists.sources import Source, SourceError, SourceRow, read_source

MOST_ROWS: Final = 100_000
_MOST_MISTAKES: Final = 1_000
_HEAD: Final = frozenset(
    {
        "format",
        "kind",
        "amounts",
        "title",
        "agency",
        "clause",
        "source",
        "tolerance_seconds",
        "gap_seconds",
    }
)
_NOTHING: Final = Words(zh="", en="")
_MOST_SECONDS: Final = 86_400
_Bands = dict[tuple[object, object], list[tuple[int, int | None, int]]]


def read_list(
    data: bytes, name: str, *, kind: Kind | None = None, title: str | None = None
) -> AgencyList:
    """A list out of a file's bytes.

    Args:
        data: TOML, JSON or CSV.
        name: of the file.
        kind: of which it has to be; a CSV does not say so itself.
        title: instead of the one in the file.

    Raises:
        ListFileError: malformed; every mistake with its line.
    """
    mistakes: list[Mistake] = []
    try:
        source = read_source(data, name, kind)
        found = _list(source, kind, mistakes)
    except SourceError as e:
        raise ListFileError(name, e.mistakes) from e
    if mistakes or found is None:
        raise ListFileError(name, tuple(sorted(mistakes)[:_MOST_MISTAKES]))
    if title is None:
        return found
    return AgencyList(
        **{slot: getattr(found, slot) for slot in AgencyList.__slots__ if slot != "title"},
        title=Words(zh=title, en=title),
    )


def _list(source: Source, wanted: Kind | None, mistakes: list[Mistake]) -> AgencyList | None:
    head = source.head
    if head.cells.get("format") != FORMAT:
        mistakes.append((head.line_of("format"), f"format: this Muniment knows format {FORMAT}"))
        return None
    kind = head.cells.get("kind")
    if kind not in KINDS or (wanted is not None and kind != wanted):
        needed = ", ".join(KINDS) if wanted is None else wanted
        mistakes.append((head.line_of("kind"), f"kind: it has to be {needed}"))
        return None
    mistakes += [
        (head.line_of(key), f"{key}: no such key; docs/formats/lists.md has them all")
        for key in head.cells
        if key not in _HEAD
    ]
    if not 1 <= len(source.rows) <= MOST_ROWS:
        mistakes.append((head.line, f"it has {len(source.rows)} rows; 1 to {MOST_ROWS} it may"))
        return None
    amounts = head.cells.get("amounts")
    if amounts not in {None, CENTS}:
        mistakes.append((head.line_of("amounts"), f'amounts: "{CENTS}", or nothing: yuan'))
    rows = _rows(kind, source.rows, mistakes, cents=amounts == CENTS)
    return AgencyList(
        kind=kind,
        title=_words(head, "title", KIND_NAMES[kind], mistakes),
        agency=_agency(head, mistakes),
        clause=_words(head, "clause", _NOTHING, mistakes),
        source=_words(head, "source", _NOTHING, mistakes),
        tolerance_seconds=_seconds(head, "tolerance_seconds", mistakes),
        gap_seconds=_seconds(head, "gap_seconds", mistakes),
        rows=rows,
    )


def _rows(
    kind: Kind, written: list[SourceRow], mistakes: list[Mistake], *, cents: bool
) -> tuple[Row, ...]:
    columns = columns_of(kind)
    first: dict[object, int] = {}
    rows: list[Row] = []
    for row in written:
        found = _row(columns, row, mistakes, cents=cents)
        rows.append(found)
        there = first.setdefault(found.get("id"), row.line)
        if there != row.line and "id" in found:
            mistakes.append((row.line_of("id"), f"id: {found['id']} is there twice, line {there}"))
        if len(mistakes) > _MOST_MISTAKES:
            break
    if kind == "discretion" and not mistakes:
        _bands(rows, written, mistakes)
    return tuple(rows)


def _row(
    columns: Mapping[str, Column], row: SourceRow, mistakes: list[Mistake], *, cents: bool
) -> Row:
    found: Row = {}
    for key, value in row.cells.items():
        column = columns.get(key)
        if column is None:
            mistakes.append((row.line_of(key), f"{key}: no such column of this kind"))
        elif not is_empty(value):
            cell = read_cell(column, value, cents=cents)
            if cell is None:
                mistakes.append((row.line_of(key), f"{key}: it has to be {said(column)}"))
            else:
                found[key] = cell
    mistakes += [
        (row.line, f"{key}: is missing; it has to be {said(column)}")
        for key, column in columns.items()
        if column.needed and key not in found and is_empty(row.cells.get(key))
    ]
    return found


def _bands(rows: list[Row], written: list[SourceRow], mistakes: list[Mistake]) -> None:
    """Of one matter each amount belongs to one grade. A band takes in its beginning, and its end no more."""
    bands: _Bands = {}
    for row, source in zip(rows, written, strict=True):
        begin, end = row.get("from"), row.get("to")
        if begin is None and end is None:
            continue
        place = bands.setdefault((row["act"], row["matter"]), [])
        place.append((int(begin or 0), None if end is None else int(end), source.line))
        if end is not None and int(end) <= int(begin or 0):
            mistakes.append((source.line_of("to"), "to: it has to be more than from"))
    for found in bands.values():
        for (_, end, line), (begin, _, at) in pairwise(sorted(found, key=lambda b: b[0])):
            if end != begin:
                what = "a gap after" if end is not None and end < begin else "an overlap with"
                mistakes.append((at, f"from: {what} the grade in line {line}"))


def _words(head: SourceRow, key: str, default: Words, mistakes: list[Mistake]) -> Words:
    value = head.cells.get(key)
    if value is None:
        return default
    if isinstance(value, str):
        value = {"zh": value, "en": value}
    if isinstance(value, dict) and value.keys() == {"zh", "en"}:
        both = [v if v == "" else text(v) for v in (value["zh"], value["en"])]
        if both[0] is not None and both[1] is not None:
            return Words(zh=both[0], en=both[1])
    mistakes.append((head.line_of(key), f"{key}: a text of up to 200 characters, or {{ zh, en }}"))
    return default


def _agency(head: SourceRow, mistakes: list[Mistake]) -> str:
    value = head.cells.get("agency", "")
    found = value if value == "" else text(value)
    if found is None:
        mistakes.append((head.line_of("agency"), "agency: a text of up to 200 characters"))
    return "" if found is None else str(found)


def _seconds(head: SourceRow, key: str, mistakes: list[Mistake]) -> int:
    value = head.cells.get(key, 0)
    if type(value) is int and 0 <= value <= _MOST_SECONDS:
        return value
    mistakes.append((head.line_of(key), f"{key}: a whole number from 0 to {_MOST_SECONDS}"))
    return 0
