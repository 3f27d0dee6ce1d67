"""A ledger that the first version wrote is read, proven and appended to by this one."""

from __future__ import annotations

import shutil
from pathlib import Path

from archive.ledger.merkle import check_inclusion
from archive.ledger.reader import LedgerReader
from archive.ledger.writer import Ledger
from tests.fakes.ledgers import draft, outside, signer

GOLDEN = Path(__file__).parent / "ledger-format-1"
ROOT_HASH = "f7c5986a87fba0d8506300487520c00609fccd568841cbd01aedea5177e22fb6"


def test_it_is_read_whole() -> None:
    reader = LedgerReader(GOLDEN)
    entries = list(reader.entries())
    assert [e.data["number"] for e in entries] == list(range(260))
    assert [e.index for e in entries] == list(range(260))
    assert entries[9].prev == entries[8].leaf.hex()
    assert entries[9].chain == {"count": 2, "index": 2, "prev": entries[2].leaf.hex()}
    assert reader.size() == 260
    assert reader.root(260).hex() == ROOT_HASH
    assert [e.index for e in reader.entries(250, 258)] == list(range(250, 258))


def test_its_proofs_lead_to_its_root() -> None:
    log = LedgerReader(GOLDEN).published()
    for index in (0, 4, 5, 255, 256, 259):
        leaf = LedgerReader(GOLDEN).entry(index).leaf
        check_inclusion(leaf=leaf, index=index, size=260, path=log.path(index), root=log.root)


def test_a_stranger_accepts_it() -> None:
    seen = outside(GOLDEN)
    assert (seen.size, seen.root.hex()) == (260, ROOT_HASH)


def test_it_is_appended_to(tmp_path: Path) -> None:
    root = shutil.copytree(GOLDEN, tmp_path / "a")
    with Ledger(root, signer()) as ledger:
        assert ledger.size == 260
        (entry,) = ledger.append([draft(260, "clip-0")])
    assert (entry.index, entry.chain["count"], entry.chain["index"]) == (260, 39, 259)
    assert outside(root).size == 261
    old = (GOLDEN / "ledger/entries/000000000000").read_bytes()
    assert (root / "ledger/entries/000000000000").read_bytes().startswith(old)
