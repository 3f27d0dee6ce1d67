"""Dispatch and case data out of the bytes of a file: CSV (RFC 4180) or JSON (RFC 8259), every mistake with its line.

What always holds: of which encoding and form the file was is said with the rows, never silently supposed; the same
bytes are read the same way again; a number is there once, or its second row is a mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from archive.catalogue.words import number_key
from archive.tables import Mistake
from oversight.linking import cells
from oversight.linking.cells import CellError, is_empty
from oversight.linking.errors import ImportFileError
from oversight.linking.model import ImportKind, Point, Record
from oversight.linking.source import Source, SourceRow, read_source

MOST_ROWS: Final = 100_000
_MOST_MISTAKES: Final = 1_000
# What a column is called, apart from its own name. In case data the number is that of the case.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("编号", "警情编号", "派单编号", "任务编号", "接警编号"),
    "case": ("案号", "案件编号", "案件号"),
    "from": ("开始时间", "接报时间", "派单时间", "立案时间", "起始时间"),
    "to": ("结束时间", "处置完毕时间", "终止时间"),
    "officers": ("执法人员", "警号", "出动人员", "办案人员", "officer"),
    "recorders": ("记录仪", "记录仪编号", "设备编号", "recorder"),
    "unit": ("单位", "执法单位", "办案单位"),
    "place": ("地点", "地址", "案发地点"),
    "lat": ("纬度", "latitude"),
    "lon": ("经度", "longitude"),
    "title": ("事由", "简要内容", "案由"),
    "subject": ("当事人", "执法对象"),
}
COLUMNS: Final = tuple(_NAMES)
_COLUMN_OF: Final = {alias: key for key, names in _NAMES.items() for alias in (key, *names)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a file holds."""

    kind: ImportKind
    form: str  # csv, json
    encoding: str  # utf-8, utf-16, gb18030
    records: tuple[Record, ...]
    mistakes: tuple[Mistake, ...]  # of rows that were left out


def read_import(
    data: bytes,
    kind: ImportKind,
    zone: ZoneInfo,
    *,
    encoding: str | None = None,
    skip_bad: bool = False,
) -> Brought:
    """The rows of a file.

    Args:
        data: the file.
        kind: what its rows are.
        zone: of times without an offset.
        encoding: as its sender says; None: UTF-8, and where it is not, GB18030.
        skip_bad: leave rows with a mistake out; else there is none to be.

    Raises:
        ImportFileError: there is a mistake, in a row or in the whole.
    """
    source = read_source(data, encoding)
    keys = _keys(source, kind)
    found: list[Record] = []
    mistakes: list[Mistake] = list(source.mistakes)
    seen: dict[str, int] = {}
    for row in source.rows:
        wrong = len(mistakes)
        record = _record(row, keys, kind, zone, mistakes)
        if record is not None and len(mistakes) == wrong:
            there = seen.setdefault(number_key(record.number), row.line)
            if there == row.line:
                found.append(record)
                continue
            mistakes.append((row.line, f"number: {record.number} is there twice, line {there}"))
        if len(mistakes) > _MOST_MISTAKES:
            raise ImportFileError(tuple(mistakes))
    rows = len(source.rows)
    if not 1 <= rows <= MOST_ROWS:
        raise ImportFileError(((1, f"it has {rows} rows; 1 to {MOST_ROWS} it may"),))
    if mistakes and not (skip_bad and found):
        raise ImportFileError(tuple(sorted(mistakes)))
    return Brought(
        kind=kind,
        form=source.form,
        encoding=source.encoding,
        records=tuple(found),
        mistakes=tuple(sorted(mistakes)),
    )


def _keys(source: Source, kind: ImportKind) -> Mapping[str, str]:
    """By the name that is written: the column."""
    names = (
        _COLUMN_OF if kind == "dispatch" else _COLUMN_OF | dict.fromkeys(_NAMES["case"], "number")
    )
    found = {written: names.get(cells.narrow(written).lower(), "") for written in source.columns}
    if unknown := [written for written, key in found.items() if not key]:
        said = ", ".join(written[:40] for written in unknown[:5])
        raise ImportFileError(((1, f"no such column: {said}"),))
    if kind == "case" and "case" in found.values():
        raise ImportFileError(((1, "case: in case data, number is that of the case"),))
    if len(set(found.values())) < len(found):
        raise ImportFileError(((1, "a column is there twice"),))
    if "number" not in found.values():
        raise ImportFileError(((1, "number: there has to be a column of numbers"),))
    return found


def _record(
    row: SourceRow,
    keys: Mapping[str, str],
    kind: ImportKind,
    zone: ZoneInfo,
    mistakes: list[Mistake],
) -> Record | None:
    written = {keys[name]: value for name, value in row.cells.items() if not is_empty(value)}
    found: dict[str, object] = {}
    for key, value in written.items():
        try:
            found[key] = _cell(key, value, zone)
        except CellError as e:
            mistakes.append((row.line, f"{key}: it has to be {e}"))
    if "number" not in written:
        mistakes.append((row.line, "number: is missing"))
    if kind == "dispatch" and "from" not in written:
        mistakes.append((row.line, "from: is missing; a dispatch has a time"))
    if ("lat" in written) != ("lon" in written):
        mistakes.append((row.line, "lat and lon: there are both, or none"))
    since, until = found.get("from"), found.get("to")
    if isinstance(since, int) and isinstance(until, int) and until < since:
        mistakes.append((row.line, "to: lies before from"))
    number = found.get("number")
    return _made(row.line, kind, number, found) if isinstance(number, str) else None


def _made(line: int, kind: ImportKind, number: str, found: Mapping[str, object]) -> Record:
    def text(key: str) -> str | None:
        value = found.get(key)
        return value if isinstance(value, str) else None

    def whole(key: str) -> int | None:
        value = found.get(key)
        return value if isinstance(value, int) else None

    def several(key: str) -> tuple[str, ...]:
        value = found.get(key)
        return value if isinstance(value, tuple) else ()

    lat, lon = whole("lat"), whole("lon")
    return Record(
        line=line,
        kind=kind,
        number=number,
        case=number if kind == "case" else text("case"),
        title=text("title"),
        subject=text("subject"),
        place=text("place"),
        point=None if lat is None or lon is None else Point(lat=lat, lon=lon),
        unit=text("unit"),
        officers=several("officers"),
        recorders=several("recorders"),
        from_us=whole("from"),
        to_us=whole("to"),
    )


def _cell(key: str, value: object, zone: ZoneInfo) -> object:
    if key in {"from", "to"}:
        return cells.moment(value, zone)
    if key in {"officers", "recorders"}:
        return cells.names(value)
    if key in {"lat", "lon"}:
        return cells.degrees(value, 90 if key == "lat" else 180)
    return cells.name(value) if key in {"number", "case", "unit"} else cells.words(value)
