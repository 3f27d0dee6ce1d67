"""What a browser needs to check entries itself: their exact bytes, their proofs, and the keys to believe.

What always holds: an entry's bytes are those of the ledger, never written anew; what cannot be proven now says so
beside the entry instead of failing all of them. Whether the visitor may know of the subject was asked before. Nothing
is checked here: whoever asks does that.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from typing import Any, Final

from api import integrity, proofs
from api.errors import NotReadyError
from api.service import Service
from archive.errors import LedgerDamagedError, ProofError
from archive.keys.errors import KeyHistoryError
from archive.opening import Archive

MOST: Final = 200
Document = dict[str, Any]


async def document(
    service: Service, subject: str, indexes: Sequence[int], *, more: bool
) -> Document:
    """Entries of one history, oldest first, each with its proof, and the keys that may sign.

    Raises:
        ArchiveError: an entry cannot be read.
    """
    entries = [await one(service, index) for index in indexes]
    return {
        "subject": subject,
        **await asyncio.to_thread(keys, service.archive),
        "entries": entries,
        "next": indexes[-1] if more and indexes else None,
    }


async def one(service: Service, index: int) -> Document:
    """One entry: exact bytes, tlog-proof, or a word why there is none ("later", "damaged")."""
    entry = await asyncio.to_thread(service.archive.reader.entry, index)
    found: Document = {"index": index, "entry": base64.b64encode(entry.raw).decode()}
    try:
        text = await proofs.proof(service, index)
    except NotReadyError:
        return found | {"proof": None, "why": "later"}
    except (LedgerDamagedError, ProofError):
        return found | {"proof": None, "why": "damaged"}
    return found | {"proof": text.decode("utf-8", "replace"), "why": None}


def keys(archive: Archive) -> Document:
    """The ledger's keys, each with the size up to which it is believed; and the witnesses' of the settings."""
    policy = archive.settings.witnesses
    try:
        found = [(p.verifier.vkey(), p.until) for p in integrity.periods(archive)]
    except KeyHistoryError:
        found = []  # nothing may then be believed, and the page says so
    return {
        "keys": [{"vkey": vkey, "until": until} for vkey, until in found],
        "witnesses": [witness.vkey for witness in policy.witnesses],
        "quorum": policy.quorum if policy.witnesses else 0,
    }
