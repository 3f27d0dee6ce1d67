"""Items of the signed feed (docs/formats/feed.md): what is said of a publication, step by step.

What always holds: the n-th step of all has the number n, so nothing is missing unnoticed and nothing counts twice. An
item of what was withdrawn or expired since carries no record any more, and names the item that ended it: whoever reads
the feed late is not told what is no longer public. Making an item decides nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from archive.canonical import encode
from archive.catalogue.publication_queries import FeedStep, PublicationRow
from archive.ledger.note import FeedItem, Signer
from archive.opening import Archive

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item, and the note by which it is signed."""

    number: int
    document: dict[str, Any]
    note: str

    def to_data(self) -> dict[str, Any]:
        """As it is served and pushed."""
        return {"item": self.document, "note": self.note}


def digest_of(document: dict[str, Any]) -> str:
    """What the note of an item signs. Raises CanonicalError: it is no item of ours."""
    return hashlib.sha256(encode(document)).hexdigest()


def signed(origin: str, document: dict[str, Any], signer: Signer) -> Item:
    """An item with its note. Raises ArchiveError: the key cannot be used now."""
    number = int(document["number"])
    told = FeedItem(origin=origin, number=number, digest=digest_of(document))
    return Item(number=number, document=document, note=signer.tell(told).decode())


def document_of(
    archive: Archive, step: FeedStep, number: int, row: PublicationRow, ended_by: int | None
) -> dict[str, Any]:
    """What an item says.

    Args:
        archive: it is of.
        step: of the publication.
        number: of the item.
        row: the publication as it is now.
        ended_by: number of the item that ended what this one published; None: it is public.

    Raises:
        ArchiveError, ValueError: the record is gone, or is none.
    """
    entry = archive.reader.entry(step.index)
    shown = step.step == "published" and ended_by is None
    withdrawn = step.step == "withdrawn"
    return {
        "format": FORMAT,
        "origin": archive.settings.origin,
        "number": number,
        "step": step.step,
        "publication": step.publication,
        "of": row.feed,
        "kind": row.kind,
        "at": entry.time,
        "record": json.loads(archive.store.read(row.record)) if shown else None,
        "expires": row.expires if shown else None,
        "ended_by": ended_by,
        "why": entry.data.get("why") if withdrawn else None,
        "reason": row.withdrawn_reason if withdrawn else None,
    }
