"""Bytes of CSV or JSON as rows with the line on which each stands. Understands no cell.

What always holds: the bytes are wholly of one encoding, and which is said; what is of none is refused with the line of
the first wrong byte. A row that is malformed is a mistake of that row, the file goes on.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from archive.tables import Mistake
from oversight.linking.errors import ImportFileError

MOST: Final = 64 * 1024 * 1024  # bytes
MOST_ROWS: Final = 100_000
ENCODINGS: Final = ("utf-8", "gb18030", "utf-16")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
_WHITE: Final = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One row as it was written."""

    line: int
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as it was written."""

    form: str
    encoding: str
    columns: tuple[str, ...]
    rows: list[SourceRow]
    mistakes: list[Mistake]


def read_source(data: bytes, encoding: str | None) -> Source:
    """The rows of a file; JSON begins with a bracket, all else is CSV. Raises ImportFileError."""
    if len(data) > MOST:
        raise _wrong(1, f"it has {len(data)} bytes; {MOST} is the most")
    text, found = decoded(data, encoding)
    if (control := _CONTROLS.search(text)) is not None:
        raise _wrong(text.count("\n", 0, control.start()) + 1, "a control character")
    if text.lstrip()[:1] in {"[", "{"}:
        return _json(text, found)
    return _csv(text, found)


def decoded(data: bytes, encoding: str | None) -> tuple[str, str]:
    """The text of a file, and its encoding. Raises ImportFileError."""
    if encoding is None:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            encoding = "utf-16"
        else:
            encoding = "utf-8" if _first_wrong(data, "utf-8-sig") is None else "gb18030"
            if encoding == "gb18030" and (at := _first_wrong(data, encoding)) is not None:
                # Of the two the one that came further is the one that was meant.
                first = max(at, _first_wrong(data, "utf-8-sig") or 0)
                raise _wrong(data.count(b"\n", 0, first) + 1, "neither UTF-8 nor GB18030")
    if encoding not in ENCODINGS:
        raise _wrong(1, f"an encoding is one of {', '.join(ENCODINGS)}")
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        return data.decode(codec), encoding
    except UnicodeDecodeError as e:
        raise _wrong(data.count(b"\n", 0, e.start) + 1, f"it is not {encoding}: {e.reason}") from e


def _first_wrong(data: bytes, codec: str) -> int | None:
    try:
        data.decode(codec)
    except UnicodeDecodeError as e:
        return e.start
    return None


def _wrong(line: int, said: str) -> ImportFileError:
    return ImportFileError(((line, said),))


def _csv(text: str, encoding: str) -> Source:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: tuple[str, ...] = ()
    rows: list[SourceRow] = []
    mistakes: list[Mistake] = []
    line = 1
    try:
        for cells in reader:
            at, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = tuple(cells)
                if len(set(columns)) < len(columns):
                    raise _wrong(at, "a column is there twice")
                continue
            if len(rows) > MOST_ROWS:
                raise _wrong(at, f"{MOST_ROWS} rows is the most")
            if len(cells) != len(columns):
                mistakes.append((at, f"{len(cells)} cells; the first line names {len(columns)}"))
                continue
            rows.append(SourceRow(line=at, cells=dict(zip(columns, cells, strict=True))))
    except csv.Error as e:
        raise _wrong(reader.line_num, str(e)) from e
    if not columns:
        raise _wrong(1, "there is nothing in it")
    return Source(form="csv", encoding=encoding, columns=columns, rows=rows, mistakes=mistakes)


def _json(text: str, encoding: str) -> Source:
    """A list of objects, or an object with nothing but `rows`."""
    decoder = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_no_number)
    at = _white(text, 0)
    head = re.compile(r'\{\s*"rows"\s*:\s*(?=\[)').match(text, at)
    at = at if head is None else head.end()
    if text[at : at + 1] != "[":
        raise _wrong(1, "it has to be a list of objects, or an object with rows alone")
    rows: list[SourceRow] = []
    line, seen = 1, 0
    at = _white(text, at + 1)
    columns: dict[str, None] = {}
    while text[at : at + 1] != "]":
        line, seen = line + text.count("\n", seen, at), at
        value, at = _value(decoder, text, at, line)
        if not isinstance(value, dict):
            raise _wrong(line, "a row has to be an object")
        if len(rows) > MOST_ROWS:
            raise _wrong(line, f"{MOST_ROWS} rows is the most")
        rows.append(SourceRow(line=line, cells=value))
        columns |= dict.fromkeys(value)
        at = _white(text, at)
        sign = text[at : at + 1]
        if sign not in {",", "]"} or (sign == "," and text.startswith("]", _white(text, at + 1))):
            raise _wrong(line + text.count("\n", seen, at), "a comma between two rows, none after")
        at = _white(text, at + 1) if sign == "," else at
    rest = text[at + 1 :].strip()
    if rest != ("" if head is None else "}"):
        raise _wrong(text.count("\n", 0, at) + 1, "there is something after the rows")
    return Source(form="json", encoding=encoding, columns=tuple(columns), rows=rows, mistakes=[])


def _value(decoder: json.JSONDecoder, text: str, at: int, line: int) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, at)
    except json.JSONDecodeError as e:
        raise _wrong(e.lineno, e.msg) from e
    except (ValueError, RecursionError) as e:
        raise _wrong(line, str(e)) from e


def _white(text: str, at: int) -> int:
    found = _WHITE.match(text, at)
    return at if found is None else found.end()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice in one row")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")
