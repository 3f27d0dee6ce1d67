"""Proofs out of the published files, by one reader that lives as long as a service does."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.errors import ProofError
from archive.ledger.entry import Draft
from archive.ledger.note import Ed25519KeySigner
from archive.ledger.reader import LedgerReader
from archive.ledger.writer import Ledger, create


def drafts(count: int) -> list[Draft]:
    return [
        Draft(type="clip.verified", subject=f"clip-{n}", actor="local-0", data={})
        for n in range(count)
    ]


@pytest.fixture
def ledger(tmp_path: Path) -> tuple[Path, Ed25519KeySigner]:
    signer = Ed25519KeySigner("station.example/proofs", Ed25519PrivateKey.generate())
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "ledger.vkey").write_text(signer.verifier.vkey())
    create(tmp_path, signer)
    return tmp_path, signer


def test_one_reader_proves_every_entry_against_each_newer_checkpoint(
    ledger: tuple[Path, Ed25519KeySigner],
) -> None:
    root, signer = ledger
    reader = LedgerReader(root)
    for count in (300, 1, 899):
        with Ledger(root, signer) as writer:
            writer.append(drafts(count))
            writer.publish()
        note = reader.checkpoint()
        size = reader.published().size
        # A path that does not lead to the signed root is an error here.
        assert all(reader.proof(index).endswith(note) for index in range(size))
    assert size == 1200
    with pytest.raises(IndexError):
        reader.proof(size)


def test_a_changed_hash_above_the_leaves_gives_no_proof(
    ledger: tuple[Path, Ed25519KeySigner],
) -> None:
    root, signer = ledger
    with Ledger(root, signer) as writer:
        writer.append(drafts(1024))
        writer.publish()
    tile = root / "ledger" / "tile" / "1" / "000.p" / "4"
    changed = bytearray(tile.read_bytes())
    changed[40] ^= 1
    tile.chmod(0o600)
    tile.write_bytes(changed)
    with pytest.raises(ProofError):
        LedgerReader(root).proof(0)
