"""A station that may not set attributes itself, and the sealer that does it for it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.attributes import APPEND_ONLY, IMMUTABLE, attributes, set_attributes
from archive.audit import audit
from archive.opening import create_archive
from archive.store.sealing.asking import SocketSealer
from archive.store.sealing.flags import Flags, Sealed, unsealed
from archive.store.sealing.serving import SealerService
from tests.fakes.stores import objects

PLAIN = ["setpriv", "--bounding-set=-linux_immutable", "--inh-caps=-linux_immutable"]


def of(path: Path) -> int:
    fd = os.open(path, os.O_RDONLY)
    try:
        return attributes(fd)
    finally:
        os.close(fd)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """An archive whose station asks a sealer. Where the medium has no attributes, conftest.py leaves these out."""
    if shutil.which("setpriv") is None:
        pytest.skip("needs the Debian package util-linux (setpriv)")
    path = tmp_path / "archive"
    create_archive(path, origin="station.example/1")
    with (path / "muniment.toml").open("a") as settings:
        settings.write(f'\n[store]\nimmutable = true\nsealer = "{tmp_path / "socket"}"\n')
    yield path
    for item in path.rglob("*"):
        if not item.is_symlink() and (item.is_file() or item.is_dir()):
            fd = os.open(item, os.O_RDONLY)
            set_attributes(fd, attributes(fd) & ~(IMMUTABLE | APPEND_ONLY))
            os.close(fd)


@contextmanager
def sealer(root: Path) -> Iterator[Path]:
    path = root.parent / "socket"
    service = SealerService(root, path, told=lambda _: None)
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        yield path
    finally:
        service.stop()
        thread.join()


def station(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line of somebody without the right."""
    command = [sys.executable, "-m", "muniment", f"--root={root}", "--lang=en", *words]
    return subprocess.run(
        [*PLAIN, *command], capture_output=True, text=True, check=False, timeout=120
    )


def dock(root: Path, recorder: Path) -> None:
    done = station(root, "dock", str(recorder), "--no-derive")
    assert done.returncode == 0, done.stderr


def wait_until_sealed(root: Path) -> None:
    deadline = time.monotonic() + 20
    while any(unsealed(root)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_a_station_without_the_right_takes_in_is_sealed_and_beyond_its_reach(
    root: Path, recorder: Path
) -> None:
    (recorder / "a.mp4").write_bytes(b"a" * 5000)
    with sealer(root):
        dock(root, recorder)
        assert list(unsealed(root)) == []
        clip = next(p for p in objects(root / "store").values() if p.stat().st_size == 5000)
        entries = next((root / "ledger" / "entries").iterdir())
        assert of(entries) & APPEND_ONLY
        tries = (
            f"rm -f {clip}",
            f"mv {clip} {root}/elsewhere",
            f"echo x >> {clip}",
            f"chattr -i {clip}",
            f"mv {clip.parent} {root}/elsewhere",
            f"chattr -a {clip.parent}",
            f"truncate -s 0 {entries}",
            f"mv {entries} {root}/elsewhere",
            f"chattr -a {entries}",
        )
        for line in tries:
            done = subprocess.run([*PLAIN, "sh", "-c", line], capture_output=True, check=False)
            assert done.returncode != 0, line
        for words in (("rebuild",), ("audit",), ("dock", str(recorder), "--reread")):
            assert station(root, *words).returncode == 0, words
    assert audit(root).findings == ()


def test_nobody_waits_for_a_sealer_that_is_away_and_what_waits_is_sealed_when_it_is_back(
    root: Path, recorder: Path
) -> None:
    (recorder / "a.mp4").write_bytes(b"a" * 5000)
    dock(root, recorder)
    waiting = list(unsealed(root))
    assert len(waiting) > 2
    assert audit(root).findings == ()
    told = station(root, "doctor").stdout
    assert f"{len(waiting)} objects wait: start" in told
    with sealer(root):
        wait_until_sealed(root)
        dock(root, recorder)
    notes = [p for p in (root / "store" / "incoming").rglob("*") if p.suffix == ".keep"]
    assert notes == []


def test_with_neither_right_nor_sealer_nothing_is_opened_to_write(root: Path) -> None:
    settings = root / "muniment.toml"
    lines = [x for x in settings.read_text().splitlines() if not x.startswith("sealer")]
    settings.write_text("\n".join(lines) + "\n")
    done = station(root, "case", "open", "1")
    assert done.returncode == 5
    assert "CAP_LINUX_IMMUTABLE" in done.stderr


def test_a_sealer_without_the_right_does_not_start(root: Path) -> None:
    done = station(root, "sealer", f"--socket={root.parent / 'socket'}")
    assert done.returncode == 5
    assert "CAP_LINUX_IMMUTABLE" in done.stderr
    assert not (root.parent / "socket").exists()


def test_a_link_in_an_objects_place_leads_the_sealer_nowhere(root: Path) -> None:
    outside = root.parent / "outside"
    outside.write_text("mine")
    digest = "ab" * 32
    folder = root / "store" / "sha256" / "ab" / "ab"
    folder.mkdir(parents=True)
    (folder / digest).symlink_to(outside)
    with sealer(root) as path:
        assert not SocketSealer(path).object(digest)
        (root / "store" / "sha256" / "cd").symlink_to(root.parent)
        assert not SocketSealer(path).object("cd" * 32)
    assert not of(outside) & IMMUTABLE
    assert not of(root.parent) & APPEND_ONLY


def test_what_has_two_names_waits(root: Path) -> None:
    digest = "ab" * 32
    folder = root / "store" / "sha256" / "ab" / "ab"
    folder.mkdir(parents=True)
    (folder / digest).write_bytes(b"x")
    other = root / "store" / "incoming" / "x"
    other.hardlink_to(folder / digest)
    flags = Flags(root)
    assert flags.seal_object(digest) is Sealed.WAITS
    other.unlink()
    assert flags.seal_object(digest) is Sealed.SEALED
    assert flags.seal_object("cd" * 32) is Sealed.MISSING


@given(request=st.one_of(st.binary(max_size=200), st.text(max_size=70).map(str.encode)))
def test_a_sealer_does_nothing_for_any_other_words(request: bytes) -> None:
    if request in {b"hello", b"entries"}:
        return
    service = object.__new__(SealerService)
    service._flags = Flags(Path("/nonexistent"))
    service._told = lambda _: None
    assert service._do(request).split(b":")[0] in {b"refused", b"missing"}


@pytest.mark.parametrize("answer", [b"", b"Sealed", b"x" * 64, b"refused: no", b"\xff\xfe"])
def test_an_answer_that_is_none_is_not_taken_for_a_seal(answer: bytes) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        theirs.send(answer)
        assert not SocketSealer(Path("x"), connect=lambda: ours).object("ab" * 32)


def test_a_sealer_for_somebody_else_is_said() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        theirs.send(b"refused: another user")
        with pytest.raises(PermissionError, match="another user"):
            SocketSealer(Path("x"), connect=lambda: ours).is_there()
