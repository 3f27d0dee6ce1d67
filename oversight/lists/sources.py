"""A file of a list, TOML, JSON or CSV, as rows with the line on which each stands. Understands no cell.

What always holds: the bytes are UTF-8, UTF-16 with its mark, or GB18030, and what is none of them is refused with the
line of the first wrong byte; every mistake of form has a line.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from archive.tables import Mistake, TableError, read_document
from oversight.lists.kinds import COLUMNS, Column, Kind

MOST: Final = 64 * 1024 * 1024  # bytes
_ROWS: Final = "rows"
_WHITE: Final = re.compile(r"[ \t\r\n]*")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class SourceError(ValueError):
    """The bytes are no list at all."""

    def __init__(self, line: int, said: str) -> None:
        super().__init__(f"line {line}: {said}")
        self.mistakes: tuple[Mistake, ...] = ((line, said),)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One row as it was written."""

    line: int
    cells: Mapping[str, object]
    lines: Mapping[str, int] = field(default_factory=dict)  # of cells that stand on their own

    def line_of(self, key: str) -> int:
        """Where a cell stands, or else its row."""
        return self.lines.get(key, self.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A list as it was written."""

    head: SourceRow
    rows: list[SourceRow]


def read_source(data: bytes, name: str, kind: Kind | None) -> Source:
    """The rows of a file; its name says of which form it is.

    Args:
        data: the file.
        name: what it is called; `.toml`, `.json`, else CSV.
        kind: of the list, by whose columns a CSV's first line is read.

    Raises:
        SourceError: it is none.
    """
    if len(data) > MOST:
        raise SourceError(1, f"it has {len(data)} bytes; {MOST} is the most")
    text = decoded(data)
    if (found := _CONTROLS.search(text)) is not None:
        raise SourceError(_line(text, found.start()), "a control character")
    lower = name.lower()
    if lower.endswith(".toml"):
        return _toml(text)
    if lower.endswith(".json"):
        return _json(text)
    if kind is None:
        raise SourceError(1, "a CSV file does not say of which kind it is: name the kind")
    return _csv(text, kind)


def decoded(data: bytes) -> str:
    """The text of a file. Raises SourceError."""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as e:
        if wide:
            raise SourceError(1, f"UTF-16 with a wrong byte: {e.reason}") from e
        first = e.start
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError as e:
        # Of the two the one that came further is the one that was meant.
        line = data.count(b"\n", 0, max(first, e.start)) + 1
        raise SourceError(line, "neither UTF-8 nor GB18030") from e


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _toml(text: str) -> Source:
    try:
        document = read_document(text.encode(), most=2 * MOST, about="docs/formats/lists.md")
    except TableError as e:
        line, said = e.mistakes[0]
        at_end = "end of document" in said
        raise SourceError(len(text.splitlines()) if at_end else line, said) from e
    left, lines = document.left, document.lines
    table, rows = left.pop("list", None), left.pop("row", [])
    if not isinstance(table, dict):
        raise SourceError(1, "[list] has to be there, as a table")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceError(1, "[[row]] has to be a table, as often as needed")
    places: dict[int, dict[str, int]] = {}
    for (name, number, key), line in lines.items():
        if name == "row":
            places.setdefault(number, {})[key] = line
    head = {key: line for (name, _, key), line in lines.items() if name in {"", "list"}}
    return Source(
        head=SourceRow(line=head.get("", 1), cells=table | left, lines=head),
        rows=[
            SourceRow(line=at.get("", 1), cells=row, lines=at)
            for number, row in enumerate(rows)
            for at in (places.get(number, {}),)
        ],
    )


def _json(text: str) -> Source:
    try:
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_number)
    except json.JSONDecodeError as e:
        raise SourceError(e.lineno, e.msg) from e
    except (ValueError, RecursionError) as e:
        raise SourceError(1, str(e)) from e
    if not isinstance(value, dict):
        raise SourceError(1, "it has to be an object")
    rows = value.pop(_ROWS, None)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceError(1, "rows has to be there, a list of objects")
    lines = list(_json_lines(text))
    return Source(
        head=SourceRow(line=1, cells=value),
        rows=[SourceRow(line=at, cells=row) for at, row in zip(lines, rows, strict=True)],
    )


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for n, (key, _) in enumerate(pairs) if key in dict(pairs[:n]))
        raise ValueError(f"{twice} is there twice in one object")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _json_lines(text: str) -> Iterator[int]:
    """The lines on which the rows of a right document begin; the parser itself does not say."""
    decoder = json.JSONDecoder()

    def white(at: int) -> int:
        found = _WHITE.match(text, at)
        return at if found is None else found.end()

    at = white(white(0) + 1)
    while text[at] != "}":
        key, at = decoder.raw_decode(text, at)
        at = white(white(at) + 1)  # past the colon
        if key == _ROWS:
            line, seen, at = _line(text, at), at, white(at + 1)
            while text[at] != "]":
                line, seen = line + text.count("\n", seen, at), at
                yield line
                _, at = decoder.raw_decode(text, at)
                at = white(at)
                at = white(at + 1) if text[at] == "," else at
            return
        _, at = decoder.raw_decode(text, at)
        at = white(at)
        at = white(at + 1) if text[at] == "," else at


def _csv(text: str, kind: Kind) -> Source:
    names = {name: column.key for column in COLUMNS[kind] for name in _names(column)}
    first = text.partition("\n")[0]
    comma = max(",\t;", key=lambda sign: sum(_clean(c) in names for c in first.split(sign)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)
    rows: list[SourceRow] = []
    keys: list[str] = []
    line = 1
    try:
        for cells in reader:
            at, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not keys:
                keys = _keys(cells, names)
                continue
            if len(cells) > len(keys):
                raise SourceError(at, f"{len(cells)} cells; the first line names {len(keys)}")
            rows.append(SourceRow(line=at, cells=dict(zip(keys, cells, strict=False))))
    except csv.Error as e:
        raise SourceError(reader.line_num, str(e)) from e
    if not keys:
        raise SourceError(1, "there is nothing in it")
    return Source(head=SourceRow(line=1, cells={"format": 1, "kind": kind}), rows=rows)


def _names(column: Column) -> tuple[str, ...]:
    return column.key, column.name.zh, column.name.en


def _clean(cell: str) -> str:
    return cell.strip().strip('"').strip()


def _keys(cells: list[str], names: Mapping[str, str]) -> list[str]:
    unknown = [cell for cell in cells if _clean(cell) not in names]
    if unknown:
        raise SourceError(1, f"no such column: {', '.join(unknown)}")
    keys = [names[_clean(cell)] for cell in cells]
    if len(set(keys)) < len(keys):
        raise SourceError(1, "a column is there twice")
    return keys
