"""A witness answers exactly as C2SP tlog-witness says, and keeps its word over power cuts and kills."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.durable import Disk
from archive.errors import ArchiveBusyError
from archive.ledger.merkle import EMPTY_ROOT
from archive.ledger.note import (
    Checkpoint,
    Ed25519KeySigner,
    Note,
    Signature,
    Verifier,
    parse_note,
)
from archive.ledger.witness.errors import WitnessFolderError
from archive.ledger.witness.folder import WatchedLogs, open_keys, read_logs
from archive.ledger.witness.request import MOST_BYTES, write_request
from archive.ledger.witness.service import Witness
from tests.fakes.disk import SteppedDisk, power_cut
from tests.fakes.ledgers import ORIGIN, signer
from tests.fakes.logs import MemoryLog
from tests.fakes.witnesses import cosigner, new_witness, serving

ROOT = Path(__file__).resolve().parents[3]
LOG = MemoryLog()
FORK = MemoryLog(branch="b", fork=4)
SIZE = "text/x.tlog.size"


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    with closing(new_witness(tmp_path / "w", signer().verifier)) as witness:
        yield witness


def kept(folder: Path) -> int:
    """Entries that a witness remembers, asked as at its next start."""
    with closing(new_witness(folder, signer().verifier)) as witness:
        return int(witness.add_checkpoint(LOG.request(999, 999)).body)


def lines(note: bytes, body: bytes) -> Note:
    return parse_note(note + body)


def test_the_sequence_of_answers_that_other_witnesses_give(tmp_path: Path) -> None:
    """200 403 403 422 422 200 409 200 409, over HTTP, as litewitness is tested."""
    other = MemoryLog(seed=9)
    unsigned = parse_note(LOG.note(5)).text.encode() + "\n— somebody.else AAAAAAAA\n".encode()
    steps = [
        (LOG.request(0, 3), 200),
        (other.request(3, 5), 403),
        (write_request(old=3, path=LOG.consistency(3, 5), note=unsigned), 403),
        (write_request(old=3, path=[], note=LOG.note(5)), 422),
        (write_request(old=3, path=[bytes(32)], note=LOG.note(5)), 422),
        (LOG.request(3, 5), 200),
        (LOG.request(3, 5), 409),
        (LOG.request(5, 5), 200),
        (LOG.request(0, 9), 409),
    ]
    witness = new_witness(tmp_path / "w", signer().verifier)
    with closing(witness), serving(witness) as url, httpx.Client() as client:
        answers = [client.post(f"{url}/add-checkpoint", content=body) for body, _ in steps]
        assert [a.status_code for a in answers] == [status for _, status in steps]
        for answer in (answers[6], answers[8]):
            assert (answer.content, answer.headers["content-type"]) == (b"5\n", SIZE)
        cosigned = lines(LOG.note(5), answers[7].content)
        assert cosigner().verifier.check(cosigned) is not None
        name = sha256(ORIGIN.encode()).hexdigest()
        newest = client.get(f"{url}/{name}/checkpoint")
        assert newest.headers["content-type"] == "text/plain; charset=utf-8"
        assert signer().verifier.check(parse_note(newest.content)).size == 5
        assert cosigner().verifier.check(parse_note(newest.content)) is not None
        for path in (f"{'0' * 64}/checkpoint", f"{name}x/checkpoint", "../w/checkpoint", ""):
            assert client.get(f"{url}/{path}").status_code == 404
        assert client.get(f"{url}/add-checkpoint").status_code == 405
        huge = client.post(f"{url}/add-checkpoint", content=b"old 0\n" * MOST_BYTES)
        assert huge.status_code == 413


def test_an_unknown_origin_is_404_before_its_signature_is_looked_at(witness: Witness) -> None:
    note = signer().sign(Checkpoint(origin="else.invalid/l", size=1, root=bytes(32)))
    assert witness.add_checkpoint(write_request(old=0, path=[], note=note)).status == 404


def test_an_old_size_beyond_the_checkpoint_is_400_and_not_409(witness: Witness) -> None:
    assert witness.add_checkpoint(LOG.request(0, 3)).status == 200
    assert witness.add_checkpoint(write_request(old=6, path=[], note=LOG.note(5))).status == 400
    assert witness.add_checkpoint(b"old 3\n").status == 400


def test_a_first_checkpoint_comes_without_a_proof(witness: Witness) -> None:
    for path in ([bytes(32)], LOG.consistency(1, 3)):
        body = write_request(old=0, path=path, note=LOG.note(3))
        assert witness.add_checkpoint(body).status == 422
    assert witness.add_checkpoint(LOG.request(0, 3)).status == 200


def test_the_empty_tree_has_one_root(witness: Witness) -> None:
    wrong = signer().sign(Checkpoint(origin=ORIGIN, size=0, root=bytes(32)))
    assert witness.add_checkpoint(write_request(old=0, path=[], note=wrong)).status == 422
    empty = signer().sign(Checkpoint(origin=ORIGIN, size=0, root=EMPTY_ROOT))
    for note in (empty, empty, LOG.note(7)):
        assert witness.add_checkpoint(write_request(old=0, path=[], note=note)).status == 200
    assert witness.add_checkpoint(write_request(old=0, path=[], note=empty)).status == 409


def test_another_history_is_never_cosigned_and_is_kept_as_evidence(tmp_path: Path) -> None:
    with closing(new_witness(tmp_path / "w", signer().verifier)) as witness:
        assert witness.add_checkpoint(LOG.request(0, 6)).status == 200
        assert witness.add_checkpoint(FORK.request(6, 6)).status == 422
        assert witness.add_checkpoint(FORK.request(6, 9)).status == 422
        for _ in range(2):
            assert witness.add_checkpoint(FORK.request(6, 6)).status == 422
        assert witness.add_checkpoint(LOG.request(6, 9)).status == 200
    notes = {path.read_bytes() for path in (tmp_path / "w").rglob("refused/*")}
    assert notes == {FORK.note(6), FORK.note(9)}


def test_what_is_kept_as_evidence_is_bounded(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(LOG.request(0, 6))
    for size in range(7, 60):
        assert witness.add_checkpoint(FORK.request(6, size)).status == 422
    assert len(list((tmp_path / "w").rglob("refused/*"))) == 20


class FullDisk(Disk):
    """Full from a moment on."""

    full = False

    def create(self, path: Path, *, direct: bool = False) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "no space left")
        return super().create(path, direct=direct)

    def make_dirs_synced(self, path: Path) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "no space left")
        super().make_dirs_synced(path)


def test_a_fork_is_answered_as_one_when_its_evidence_has_no_room(tmp_path: Path) -> None:
    disk = FullDisk()
    with closing(new_witness(tmp_path / "w", signer().verifier, disk=disk)) as witness:
        assert witness.add_checkpoint(LOG.request(0, 6)).status == 200
        disk.full = True
        with serving(witness) as url:
            answer = httpx.post(f"{url}/add-checkpoint", content=FORK.request(6, 9))
        assert (answer.status_code, b"space" in answer.content) == (422, False)
        with pytest.raises(OSError, match="space"):
            witness.add_checkpoint(LOG.request(6, 9))
        disk.full = False
        assert witness.add_checkpoint(LOG.request(6, 9)).status == 200


def test_others_signatures_are_neither_judged_nor_kept(witness: Witness, tmp_path: Path) -> None:
    stranger = Signature(name="else.invalid", key_id=bytes(4), value=b"x" * 64).line()
    body = write_request(old=0, path=[], note=LOG.note(3) + stranger.encode())
    assert witness.add_checkpoint(body).status == 200
    (there,) = (tmp_path / "w").rglob("logs/*/checkpoint")
    names = [line.name for line in parse_note(there.read_bytes()).signatures]
    assert names == [ORIGIN, "witness.invalid/0"]


def test_either_key_of_an_origin_is_believed_while_it_changes(tmp_path: Path) -> None:
    logs = [signer(0).verifier, signer(9).verifier]
    folder = tmp_path / "w"
    with closing(Witness(folder, cosigners=[cosigner()], logs=logs)) as witness:
        assert witness.add_checkpoint(LOG.request(0, 3)).status == 200
        assert witness.add_checkpoint(MemoryLog(seed=9).request(3, 5)).status == 200


def test_both_kinds_of_keys_cosign(tmp_path: Path) -> None:
    keys = open_keys(tmp_path / "w", name="witness.invalid/both")
    watched = [signer().verifier]
    with closing(Witness(tmp_path / "w", cosigners=keys, logs=watched)) as witness:
        reply = witness.add_checkpoint(LOG.request(0, 3))
    note = lines(LOG.note(3), reply.body)
    assert all(key.verifier.check(note) is not None for key in keys)
    assert [key.verifier.kind for key in keys] == [4, 6]


class SlowDisk(Disk):
    """Takes its time, so that others come in between."""

    def create(self, path: Path, *, direct: bool = False) -> int:
        time.sleep(0.02)
        return super().create(path, direct=direct)


def test_of_many_at_once_one_is_first(tmp_path: Path) -> None:
    """The race of the specification: nobody rolls the state back."""
    replies = []
    witness = new_witness(tmp_path / "w", signer().verifier, disk=SlowDisk())

    def ask(size: int) -> None:
        replies.append((witness.add_checkpoint(LOG.request(0, size)).status, size))

    threads = [threading.Thread(target=ask, args=(size,)) for size in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (first,) = [size for status, size in replies if status == 200]
    assert _size(witness) == first
    witness.close()


@pytest.mark.parametrize("lose", [False, True], ids=["all survives", "unsynced is lost"])
def test_a_power_cut_before_any_call_forgets_no_cosignature(tmp_path: Path, lose: bool) -> None:
    def two(folder: Path, disk: SteppedDisk, granted: list[int]) -> None:
        with closing(new_witness(folder, signer().verifier, disk=disk)) as witness:
            for old, size in ((0, 3), (3, 8)):
                assert witness.add_checkpoint(LOG.request(old, size)).status == 200
                granted.append(size)

    whole = SteppedDisk()
    two(_folder(tmp_path / "whole"), whole, [])
    assert whole.calls > 15
    for n in range(whole.calls):
        folder, granted = _folder(tmp_path / str(n)), [0]
        with power_cut(n, lose=lose) as disk:
            two(folder, disk, granted)
        assert kept(folder) >= granted[-1]
        if kept(folder) < 8:
            with closing(new_witness(folder, signer().verifier)) as witness:
                again = witness.add_checkpoint(LOG.request(kept_size := _size(witness), 8))
                assert (again.status, kept_size >= granted[-1]) == (200, True)


def _folder(place: Path) -> Path:
    """A witness's folder, with the one beside it that a CutDisk needs."""
    (place / "kept").mkdir(parents=True)
    (place / "w").mkdir()
    return place / "w"


def _size(witness: Witness) -> int:
    return int(witness.add_checkpoint(LOG.request(999, 999)).body)


def test_a_killed_witness_remembers_what_it_answered(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "muniment", "witness"]
    folder = ["--folder", str(tmp_path / "w"), "--name", "witness.invalid/k"]
    log = ["--log", signer().verifier.vkey(), "--port", "0"]
    with subprocess.Popen(
        [*command, "serve", *folder, *log], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().partition("http://")[2].partition("/;")[0]
        answer = httpx.post(f"http://{url}/add-checkpoint", content=LOG.request(0, 3))
        assert answer.status_code == 200
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / "w" / "witness.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "w" / "witness-mldsa.key").stat().st_mode & 0o777 == 0o600
    keys = open_keys(tmp_path / "w", name="another")
    watched = [signer().verifier]
    with closing(Witness(tmp_path / "w", cosigners=keys, logs=watched)) as witness:
        assert _size(witness) == 3
    assert keys[0].verifier.check(lines(LOG.note(3), answer.content)) is not None


def test_one_process_at_a_time_has_a_witness_s_folder(tmp_path: Path, witness: Witness) -> None:
    del witness
    with pytest.raises(ArchiveBusyError):
        new_witness(tmp_path / "w", signer().verifier)


def test_damaged_memory_is_no_memory_of_nothing(tmp_path: Path, witness: Witness) -> None:
    witness.add_checkpoint(LOG.request(0, 3))
    (there,) = (tmp_path / "w").rglob("logs/*/checkpoint")
    good = there.read_bytes()
    unsigned = LOG.note(2)
    for bad in (b"", good[:-5], good.replace(b"\n3\n", b"\n2\n"), unsigned):
        there.write_bytes(bad)
        with pytest.raises(WitnessFolderError):
            witness.add_checkpoint(LOG.request(0, 5))
    with serving(witness) as url:
        answer = httpx.post(f"{url}/add-checkpoint", content=LOG.request(0, 5))
        assert (answer.status_code, b"logs/" in answer.content) == (500, False)
    there.write_bytes(good)
    assert witness.add_checkpoint(LOG.request(3, 5)).status == 200


def test_a_witness_s_keys_are_made_once(tmp_path: Path) -> None:
    first = [key.verifier for key in open_keys(tmp_path / "w", name="witness.invalid/a")]
    again = [key.verifier for key in open_keys(tmp_path / "w", name="witness.invalid/b")]
    assert first == again
    vkeys = tmp_path / "w" / "witness.vkeys"
    new_witness(tmp_path / "w", signer().verifier).close()
    text = vkeys.read_text()
    vkeys.unlink()
    with pytest.raises(WitnessFolderError, match="put it back"):
        open_keys(tmp_path / "w", name="witness.invalid/a")
    vkeys.write_text(text)
    (tmp_path / "w" / "witness.key").write_bytes(
        (tmp_path / "w" / "witness-mldsa.key").read_bytes()
    )
    with pytest.raises(WitnessFolderError, match="not the key"):
        open_keys(tmp_path / "w", name="witness.invalid/a")


def test_a_key_that_is_written_into_the_file_counts_without_a_new_start(tmp_path: Path) -> None:
    old, new = signer().verifier.vkey(), Ed25519KeySigner("x", Ed25519PrivateKey.generate())
    path = tmp_path / "logs.vkeys"
    path.write_text(f"{old}\n")
    told: list[str] = []
    watched = WatchedLogs(tmp_path, told=told.append)
    assert watched() == [signer().verifier]
    path.write_text(f"{old}\n{new.verifier.vkey()}\n")
    assert watched() == [signer().verifier, new.verifier]
    path.write_text("half a li")
    assert watched() == [signer().verifier, new.verifier], "the keys of before count"
    assert watched()
    assert len(told) == 1
    assert "half a li" in told[0]
    path.write_text(f"{new.verifier.vkey()}\n")
    assert watched() == [new.verifier]


def test_a_witness_knows_a_log_from_the_moment_on_at_which_it_is_named(tmp_path: Path) -> None:
    logs: list[Verifier] = []
    keys = open_keys(tmp_path / "w", name="witness.invalid/a")
    with closing(Witness(tmp_path / "w", cosigners=keys, logs=[], more=lambda: logs)) as witness:
        body = LOG.request(0, 3)
        assert witness.add_checkpoint(body).status == 404
        logs.append(signer().verifier)
        assert witness.add_checkpoint(body).status == 200


def test_ledgers_to_watch_stand_in_a_file_with_remarks(tmp_path: Path) -> None:
    assert read_logs(tmp_path) == []
    vkey = signer().verifier.vkey()
    (tmp_path / "logs.vkeys").write_text(f"# ours\n\n{vkey}  # 第一站\n")
    assert read_logs(tmp_path) == [signer().verifier]
