"""The rows of a list of 音像记录事项 as what is required of a case. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from archive.tables import Words
from oversight.lists.model import AgencyList, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One recording that a case of this act and matter has to have."""

    id: str
    act: str
    matter: str | None  # None: of every matter of the act
    name: str
    stage: str
    part: str | None  # of the act, as document.timed names it
    manner: str  # video, audio, photo, any
    full: bool  # from beginning to end; else its key moments
    held: bool  # only where a document says that it took place
    least_us: int
    tolerance_us: int
    gap_us: int
    clause: Words
    source: Words


def requirements_of(found: AgencyList) -> tuple[Requirement, ...]:
    """What a list of 音像记录事项 requires. Raises ValueError: it is a list of something else."""
    if found.kind != "recording":
        raise ValueError(f"a list of kind {found.kind} requires no recordings")
    return tuple(_requirement(found, row) for row in found.rows)


def required_of(
    requirements: tuple[Requirement, ...], act: str, matter: str | None
) -> tuple[Requirement, ...]:
    """Of these what a case of this act and matter needs."""
    return tuple(r for r in requirements if r.act == act and r.matter in {None, matter})


def _requirement(found: AgencyList, row: Row) -> Requirement:
    clause, source = _text(row, "clause"), _text(row, "source") or ""
    return Requirement(
        id=str(row["id"]),
        act=str(row["act"]),
        matter=_text(row, "matter"),
        name=str(row["name"]),
        stage=str(row["stage"]),
        part=_text(row, "part"),
        manner=str(row["manner"]),
        full=row["extent"] == "full",
        held=row.get("when") == "held",
        least_us=_us(row.get("least_seconds", 0)),
        tolerance_us=_us(row.get("tolerance_seconds", found.tolerance_seconds)),
        gap_us=_us(row.get("gap_seconds", found.gap_seconds)),
        clause=found.clause if clause is None else Words(zh=clause, en=clause),
        # A clause of its own does not stand where the list's stands.
        source=found.source if clause is None else Words(zh=source, en=source),
    )


def _text(row: Row, key: str) -> str | None:
    value = row.get(key)
    return None if value is None else str(value)


def _us(seconds: str | int) -> int:
    return int(seconds) * 1_000_000
