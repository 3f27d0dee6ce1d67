"""Few descriptors and little memory: a clear line and exit 5, or the whole work; a server that goes on afterwards."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.fault.lab.promises import Promises
from tests.fault.lab.runs import Lab
from tests.fault.space.commands import fresh
from tests.fault.space.template import CASE, Template, judge

GIBIBYTE = 1 << 30
LIMITED = frozenset({1, 3, 5})


@pytest.mark.slow
def test_too_few_descriptors_stop_a_docking_with_a_clear_line(
    lab: Lab, tmp_path: Path, template: Template
) -> None:
    how = "RLIMIT_NOFILE, each number from 8 to 56"
    with lab.row(area="space", fault="descriptors exhausted", how=how) as row:
        for n in lab.sample(49, short=1):
            root = tmp_path / "root"
            root.mkdir()
            promises = template.placed(root)
            ended = fresh(
                root, "dock", str(template.recorder), limits={resource.RLIMIT_NOFILE: n + 8}
            )
            print(f"{n + 8} descriptors: {ended.status} {ended.err}")
            judge(row, promises, ended, allowed=LIMITED)
            promises.settle(template.recorder)
            shutil.rmtree(root)


@pytest.mark.slow
def test_a_gibibyte_of_address_space_is_enough_or_said_to_be_too_little(
    lab: Lab, tmp_path: Path, template: Template
) -> None:
    root, recorder = tmp_path / "root", tmp_path / "large"
    root.mkdir()
    recorder.mkdir()
    template.placed(root)
    size = 3 * GIBIBYTE if lab.long else 48 << 20
    with (recorder / "long.mp4").open("wb") as clip:
        clip.truncate(size)
        clip.write(b"\0\0\0\x18ftypisom")
    limits = {resource.RLIMIT_AS: GIBIBYTE}
    package = tmp_path / "p.zip"
    commands: tuple[tuple[str, ...], ...] = (
        ("dock", str(recorder), "--case", CASE),
        ("audit",),
        ("rebuild",),
        ("package", CASE, "--out", str(package)),
        ("verify", str(package)),
    )
    how = f"RLIMIT_AS 1 GiB, a clip of {size >> 20} MiB"
    with lab.row(area="space", fault="little memory", how=how) as row:
        for words in commands if lab.long else commands[:2]:
            ended = fresh(root, *words, limits=limits)
            print(words[0], ended.status, ended.err)
            assert "Traceback" not in ended.err, ended.err
            assert ended.status in {0, 5}, ended
            row.saw(f"{words[0]}: exit {ended.status} {ended.err[-80:].strip()}".strip())
            if words[0] == "dock":
                assert ended.status == 0, ended
        Promises(root, {}).check()


@pytest.mark.slow
def test_a_server_without_descriptors_neither_spins_nor_dies(
    lab: Lab, tmp_path: Path, template: Template
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    template.placed(root)
    how = "RLIMIT_NOFILE 96, 200 connections held for two seconds"
    with (
        lab.row(area="space", fault="descriptors exhausted, server", how=how) as row,
        _serving(root, descriptors=96) as (process, port),
    ):
        for _ in range(3 if lab.long else 1):
            with ExitStack() as held:
                for _ in range(200):
                    with suppress(OSError):
                        held.enter_context(socket.create_connection(("127.0.0.1", port), 2))
                before = _processor_seconds(process.pid)
                time.sleep(2)
                used = _processor_seconds(process.pid) - before
                assert process.poll() is None
                assert used < 1, f"{used} s of processor in 2 s: it spins"
            assert _answers(port, within=10)
            row.saw("no answer meanwhile, no spinning; answered again afterwards")


@contextmanager
def _serving(root: Path, *, descriptors: int) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    muniment = str(Path(sys.executable).with_name("muniment"))
    process = subprocess.Popen(
        [muniment, "--root", str(root), "serve", "--port", str(port)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=limit,  # noqa: PLW1509 - this process has no thread then
    )
    try:
        assert _answers(port, within=60)
        yield process, port
    finally:
        process.terminate()
        assert process.wait(30) is not None


def _answers(port: int, *, within: float) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as peer:
            peer.settimeout(2)
            peer.sendall(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            if b"200" in peer.recv(64):
                return True
        time.sleep(0.1)
    return False


def _processor_seconds(process: int) -> float:
    """User and system time (proc_pid_stat(5))."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
