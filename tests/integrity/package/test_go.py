"""The log part of a package is taken by a program that shares nothing with us (tests/interop)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integrity.package.making import Made
from tests.integrity.package.unpacking import members
from tests.interop.building import build_logcheck, run


@pytest.fixture(scope="module")
def logcheck() -> Path:
    return build_logcheck()


@pytest.fixture
def bag(made: Made, tmp_path: Path) -> Path:
    for name, data in members(made.out).items():
        path = tmp_path / "bag" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "bag"


def test_go_takes_signature_proofs_seal_and_timestamped_checkpoints(
    logcheck: Path, bag: Path
) -> None:
    done = run(logcheck, "package", bag)
    assert (done.returncode, done.stderr) == (0, "")
    entries = (bag / "data/ledger/entries.jsonl").read_bytes().count(b"\n")
    stamps = len(list((bag / "data/timestamps").iterdir()))
    assert done.stdout == f"package: {entries} entries, {stamps} timestamps\n"
    assert stamps


def test_go_takes_the_key_that_a_stranger_brings(logcheck: Path, bag: Path, made: Made) -> None:
    own = made.root / "keys" / "ledger.vkey"
    assert run(logcheck, "package", bag, own).returncode == 0
    other = bag / "other.vkeys"
    other.write_text("test.invalid/x+c0ffee00+AAAA\n")
    assert run(logcheck, "package", bag, other).returncode == 1


@pytest.mark.parametrize(
    "name",
    [
        "data/ledger/entries.jsonl",
        "data/timestamps/*/checkpoint",
        "data/timestamps/*/*.tlog-proof",
        "proofs/checkpoint",
        "proofs/package.entry",
        "proofs/package.tlog-proof",
        "proofs/[0-9]*.tlog-proof",
    ],
)
def test_go_notices_a_changed_byte(logcheck: Path, bag: Path, name: str) -> None:
    path = min(bag.glob(name))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    done = run(logcheck, "package", bag)
    assert (done.returncode, done.stderr[:7]) == (1, "WRONG: ")
