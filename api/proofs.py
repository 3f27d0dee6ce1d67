"""Inclusion proofs for the page and for download, checked here before they are shown."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from api.errors import NotReadyError
from api.service import Service
from archive.errors import LedgerDamagedError, ProofError, ReadOnlyArchiveError
from archive.ledger.note import parse_checkpoint, parse_note


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a page says about a proof."""

    state: Literal["good", "bad", "later"]
    index: int
    size: int | None = None  # entries that the checkpoint covers
    root: str | None = None  # hex
    checkpoint: str = ""  # the signed note
    why: str = ""


async def proof(service: Service, index: int) -> bytes:
    """The tlog-proof of an entry; publishes a checkpoint first when the newest does not cover it yet.

    Raises:
        NotReadyError: no checkpoint covers it, and none can be signed here.
        LedgerDamagedError, ProofError: the published log is damaged.
    """
    return await asyncio.to_thread(_proof, service, index)


def _proof(service: Service, index: int) -> bytes:
    archive = service.archive
    try:
        return archive.reader.proof(index)
    except IndexError:
        pass
    try:
        archive.ledger.publish()
        return archive.reader.proof(index)
    except (IndexError, ReadOnlyArchiveError) as e:
        raise NotReadyError("the newest checkpoint does not cover this entry yet") from e


async def shown(service: Service, index: int) -> Shown:
    """Prove an entry and say how that went. The path is recomputed from the tiles up to the signed root."""
    try:
        text = await proof(service, index)
    except NotReadyError:
        return Shown(state="later", index=index)
    except (LedgerDamagedError, ProofError) as e:
        return Shown(state="bad", index=index, why=str(e))
    note = text.partition(b"\n\n")[2]
    checkpoint = parse_checkpoint(parse_note(note).text)
    return Shown(
        state="good",
        index=index,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        checkpoint=note.decode("utf-8", "replace"),
    )
