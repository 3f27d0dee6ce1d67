"""Which decisions are major: the catalogue (重大执法决定法制审核目录) that is in force, held against a case's file.

What always holds: what the file does not say counts for the catalogue, not against it: a case that may fall under a
row does, until it is said that it does not. Pure functions of the list, the file and the subjects.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from archive.catalogue.file_queries import FileRow
from archive.opening import Archive
from oversight.errors import ListFileError

LIST: Final = "review"  # kind of the list
_MOST: Final = 64 << 20  # bytes
Fact = Literal["act", "matter", "measure", "amount", "subject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorRow:
    """One row of the catalogue; None: whatever it is."""

    id: str
    name: str
    basis: str
    act: str
    matter: str | None
    measure: str | None
    subject: str | None  # person, organisation
    at_least: int | None  # 分
    documents: str | None  # what is submitted, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Major:
    """Why a decision is major, or may be."""

    row: MajorRow
    unknown: tuple[Fact, ...]  # what the file would have to say to take it out of the row

    @property
    def is_sure(self) -> bool:
        """Whether the file says all that the row asks for."""
        return not self.unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorList:
    """The version of the catalogue that is in force."""

    index: int  # of its entry
    version: int
    rows: tuple[MajorRow, ...]


def list_on(archive: Archive, day: str) -> MajorList | None:
    """The catalogue in force on a day (`YYYY-MM-DD`); None: the agency has none then.

    Raises:
        ListFileError: the object is no such list.
        ArchiveError, OSError: it cannot be read.
    """
    found = archive.catalogue.list_in_force(LIST, day)
    if found is None:
        return None
    rows = _rows(archive.store.read(found.sha256, most=_MOST))
    return MajorList(index=found.index, version=found.version, rows=rows)


def major(
    rows: tuple[MajorRow, ...], file: FileRow | None, subjects: frozenset[str]
) -> Major | None:
    """The row by which a decision is major, or may be; None: none.

    Args:
        rows: of the catalogue.
        file: what the case's file says.
        subjects: kinds of the subjects that it names.
    """
    found = [match for row in rows if (match := _match(row, file, subjects)) is not None]
    return min(found, key=lambda match: len(match.unknown), default=None)


def _match(row: MajorRow, file: FileRow | None, subjects: frozenset[str]) -> Major | None:
    act = None if file is None else file.act
    matter = None if file is None else file.matter
    said = file is not None and file.intended_index is not None
    measure = file.measure if file is not None and said else None
    amount = file.amount if file is not None and said else None
    unknown: list[Fact] = []
    asked: tuple[tuple[Fact, bool, bool, bool], ...] = (
        # What it is, whether the row asks for it, whether the file says it, whether that agrees.
        ("act", True, act is not None, act == row.act),
        ("matter", row.matter is not None, matter is not None, matter == row.matter),
        ("measure", row.measure is not None, said, measure == row.measure),
        ("amount", row.at_least is not None, said, (amount or 0) >= (row.at_least or 0)),
        ("subject", row.subject is not None, bool(subjects), row.subject in subjects),
    )
    for name, asks, is_said, agrees in asked:
        if not asks:
            continue
        if not is_said:
            unknown.append(name)
        elif not agrees:
            return None
    return Major(row=row, unknown=tuple(unknown))


@lru_cache(maxsize=16)
def _rows(data: bytes) -> tuple[MajorRow, ...]:
    try:
        found = json.loads(data)
        rows = tuple(_row(row) for row in found["rows"])
        kind = found["kind"]
    except (ValueError, KeyError, TypeError) as e:
        raise ListFileError("list", ((1, f"no catalogue of major decisions: {e}"),)) from e
    if kind != LIST:
        raise ListFileError("list", ((1, f"kind: it is a list of kind {kind}"),))
    return rows


def _row(row: dict[str, Any]) -> MajorRow:
    return MajorRow(
        id=row["id"],
        name=row["name"],
        basis=row["basis"],
        act=row["act"],
        matter=row.get("matter"),
        measure=row.get("measure"),
        subject=row.get("subject"),
        at_least=row.get("at_least"),
        documents=row.get("documents"),
    )
