"""Go's own note and tlog packages take our published log, and notice every byte that is changed."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from archive.ledger.witness.submitting import submit
from archive.opening import create_archive, open_archive
from archive.settings.model import WitnessPolicy, WitnessSettings
from tests.fakes.ledgers import draft
from tests.fakes.witnesses import cosigner, new_witness, serving
from tests.interop.building import build_logcheck, run
from tests.interop.vectors import write


@pytest.fixture(scope="module")
def logcheck() -> Path:
    return build_logcheck()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose log goes over the ends of tiles, cosigned by two witnesses a while ago."""
    folder = tmp_path_factory.mktemp("go")
    create_archive(folder / "a", origin="test.invalid/ledger")
    with open_archive(folder / "a", write=True) as archive, ExitStack() as stack:
        archive.ledger.append([draft(n) for n in range(700)])
        archive.ledger.publish()
        witnesses = []
        for number in range(2):
            witness = new_witness(folder / str(number), archive.reader.verifier, seed=number)
            url = stack.enter_context(serving(stack.enter_context(closing(witness))))
            vkey = cosigner(number).verifier.vkey()
            witnesses.append(WitnessSettings(url=url, vkey=vkey))
        policy = WitnessPolicy(quorum=2, witnesses=tuple(witnesses))
        archive.settings = replace(archive.settings, witnesses=policy)
        assert submit(archive).reached
        archive.ledger.append([draft(n) for n in range(100)])
        archive.ledger.publish()
        vkeys = [*(w.vkey for w in witnesses), cosigner(2, post_quantum=True).verifier.vkey()]
        (folder / "witnesses.vkeys").write_text("".join(f"{v}\n" for v in vkeys))
    return folder


def check(logcheck: Path, folder: Path, ledger: Path | None = None) -> str:
    """What it says of a ledger: its last line."""
    vkeys, witnesses = folder / "a" / "keys" / "ledger.vkey", folder / "witnesses.vkeys"
    done = run(logcheck, "log", ledger or folder / "a" / "ledger", vkeys, witnesses)
    assert (done.returncode != 0) == bool(done.stderr)
    return (done.stderr or done.stdout).splitlines()[-1]


def test_a_published_log_is_whole_and_its_cosigned_checkpoint_is_a_part_of_it(
    logcheck: Path, published: Path
) -> None:
    assert check(logcheck, published) == "cosigned: 702 entries by 2"


@pytest.mark.parametrize(
    "name",
    [
        "checkpoint",
        "checkpoint.cosigned",
        "tile/0/000",
        "tile/0/003.p/34",
        "tile/1/000.p/3",
        "tile/entries/001",
        "tile/entries/003.p/34",
    ],
)
def test_one_changed_byte_of_the_log_is_noticed(
    logcheck: Path, published: Path, tmp_path: Path, name: str
) -> None:
    ledger = tmp_path / "ledger"
    shutil.copytree(published / "a" / "ledger", ledger)
    data = bytearray((ledger / name).read_bytes())
    data[len(data) // 2] ^= 1
    (ledger / name).write_bytes(data)
    assert check(logcheck, published, ledger).startswith("WRONG: ")


def test_anothers_key_is_not_ours(logcheck: Path, published: Path, tmp_path: Path) -> None:
    create_archive(tmp_path / "b", origin="test.invalid/ledger")
    shutil.copy(published / "witnesses.vkeys", tmp_path)
    (tmp_path / "b").rename(tmp_path / "a")
    assert "WRONG" in check(logcheck, tmp_path, published / "a" / "ledger")


def test_go_and_we_agree_on_every_vector(logcheck: Path, tmp_path: Path) -> None:
    count = write(tmp_path / "vectors")
    done = run(logcheck, "vectors", tmp_path / "vectors")
    assert (done.returncode, done.stdout) == (0, f"vectors: {count}\n")
