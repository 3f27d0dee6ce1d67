"""What a case hands over, put together from the catalogue: one record for the case, each document and each clip.

What always holds: a clip's record says of its bytes what `clip.ingested` said; events are those of the ledger, oldest
first, in the order of their indexes. Reads only, and no original.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from archive.catalogue.casefile_queries import DocumentRow
from archive.catalogue.rows import CaseRow, ClipRow, CustodyRow
from archive.catalogue.search import FindQuery
from archive.opening import Archive
from oversight.transfer.numbering import Term

MOST = 20_000  # clips, as of a volume catalogue

Kind = Literal["case", "document", "clip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One entry of the ledger about a record."""

    index: int
    type: str
    at: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the metadata say of one thing."""

    kind: Kind
    id: str
    code: str
    title: str
    creator: str
    date: str | None  # None: nobody knows
    format: str
    size: int | None = None  # bytes; None: of the case
    duration_us: int | None = None
    sha256: str | None = None
    location: str | None = None  # in the folder
    disposed: bool = False  # lawfully, so that its bytes are not here
    events: tuple[Happening, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All of one case."""

    case: CaseRow
    code: str
    fonds: str | None
    term: Term
    secrecy: str | None
    unit: str | None
    clips: tuple[ClipRow, ...]
    documents: tuple[DocumentRow, ...]
    happened: tuple[CustodyRow, ...]  # to the case


def clips_of(archive: Archive, case: CaseRow) -> tuple[ClipRow, ...]:
    """The clips that are linked to a case, in the order in which they came in."""
    if case.number is None:
        return ()
    found = archive.catalogue.find(FindQuery(case=case.number, limit=MOST)).clips
    return tuple(sorted(found, key=lambda clip: clip.ingested_index))


def records_of(
    archive: Archive, dossier: Dossier, originals: dict[str, str], files: dict[str, str]
) -> tuple[Record, ...]:
    """The records.

    Args:
        archive: its catalogue is at the ledger's end.
        dossier: the case.
        originals: where in the folder a clip's original is, by clip.
        files: the same of documents, by document.
    """
    case, unit = dossier.case, dossier.unit or archive.settings.origin
    records = [
        Record(
            kind="case",
            id=case.id,
            code=dossier.code,
            title=case.title or case.number or case.id,
            creator=unit,
            date=case.opened_at,
            format="muniment-transfer-1",
            events=_happened(dossier.happened),
        )
    ]
    records += [
        Record(
            kind="document",
            id=row.id,
            code=f"{dossier.code}-{number}",
            title=row.title or row.name or row.id,
            creator=row.actor_name or unit,
            date=row.added_at,
            format=row.media_type,
            size=row.size,
            sha256=row.sha256,
            location=files.get(row.id),
            events=_happened(r for r in dossier.happened if r.data.get("document") == row.id),
        )
        for number, row in enumerate(dossier.documents, 1)
    ]
    first = len(dossier.documents) + 1
    records += [
        Record(
            kind="clip",
            id=row.clip,
            code=f"{dossier.code}-{number}",
            title=row.path or row.clip,
            creator=row.officer or row.unit or unit,
            date=row.start,
            format=_format(row),
            size=row.size,
            duration_us=None if row.duration is None else round(row.duration * 1_000_000),
            sha256=row.sha256,
            location=originals.get(row.clip),
            disposed=row.disposed_at is not None,
            events=_happened(archive.catalogue.custody(row.clip)),
        )
        for number, row in enumerate(dossier.clips, first)
    ]
    return tuple(records)


def _format(row: ClipRow) -> str:
    said: Sequence[str | None] = (row.container, row.video, row.audio)
    return " ".join(part for part in said if part) or row.kind or "unknown"


def _happened(rows: Iterable[CustodyRow]) -> tuple[Happening, ...]:
    return tuple(
        Happening(index=row.index, type=row.type, at=row.time, agent=row.actor) for row in rows
    )
