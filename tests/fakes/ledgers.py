"""Small ledgers with a key that everybody knows, and what has to hold of each at any moment."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.durable import Disk
from archive.ledger.entry import Draft
from archive.ledger.note import Ed25519KeySigner
from archive.ledger.reader import LedgerReader
from archive.ledger.writer import Ledger, create
from tests.fakes.outsider import SeenLog, check_log

ORIGIN = "test.invalid/ledger"


def signer(seed: int = 0) -> Ed25519KeySigner:
    """A signer with a fixed key."""
    return Ed25519KeySigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def new_ledger(root: Path, disk: Disk | None = None) -> Path:
    """An empty ledger under `root`, with a folder `kept` beside it for a CutDisk."""
    (root / "keys").mkdir(parents=True)
    (root / "kept").mkdir()
    (root / "keys" / "ledger.vkey").write_text(signer().verifier.vkey() + "\n")
    create(root, signer(), disk=disk)
    return root


def draft(number: int, subject: str | None = None) -> Draft:
    """A draft that can be told from every other."""
    return Draft(
        type="test.done",
        subject=subject or f"clip-{number % 3}",
        actor="local-0",
        data={"number": number},
    )


def numbers(root: Path) -> list[int]:
    """The drafts that are committed, in order."""
    return [entry.data["number"] for entry in LedgerReader(root).entries()]


def outside(root: Path) -> SeenLog:
    """What a stranger sees, checked."""
    return check_log(root / "ledger", signer().verifier.vkey())


def check_ledger(root: Path, acknowledged: list[int]) -> list[int]:
    """Reopen, append, publish; everything acknowledged is there once. Returns what is there.

    The stranger is asked before and after.
    """
    seen = outside(root)
    with Ledger(root, signer()) as ledger:
        there = numbers(root)
        assert [n for n in there if n in set(acknowledged)] == acknowledged
        assert len(set(there)) == len(there)
        ledger.append([draft(1_000_000 + len(there))])
        ledger.publish()
    after = outside(root)
    assert after.size == len(there) + 1
    assert after.entries[: seen.size] == seen.entries
    return there
