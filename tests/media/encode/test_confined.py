"""What a clip cannot make ffmpeg do: other files, the network, other processes, outliving us, eating the machine."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.media import landlock
from ingest.media.encode import EncodingError, plan, run
from ingest.media.encode.running import Limits, Listening, run_confined
from ingest.media.errors import MediaChildError
from tests.fakes.kernel import WITHOUT_LANDLOCK
from tests.media.encode.films import FFMPEG, facts_of

ROOT = Path(__file__).parents[3]
LIMITS = Limits(processor=20, file=1 << 20)
SHELL = "/bin/sh"  # in ffmpeg's place: a program that can try things
needs_landlock = pytest.mark.skipif(
    not landlock.version(), reason="this kernel has no Landlock: the file system is not refused"
)
TRY = """
try:
    {what}
    print("done")
except OSError as e:
    print(type(e).__name__)
"""


def attempt(*whats: str, out: int = -1, prelude: str = "") -> list[str]:
    """What comes of lines of Python in a process that has confined itself as it does for ffmpeg."""
    numbers = f"memory=1 << 31, processor=20, file=1 << 20, out={out}"
    program = (
        f"{prelude}\nimport os, resource, _socket\n"
        "from ingest.media.encode.confined import confine\n"
        f"confine('/usr/bin/env', {numbers})\n" + "".join(TRY.format(what=what) for what in whats)
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        pass_fds=() if out < 0 else (out,),
        check=True,
        text=True,
    )
    return ended.stdout.split()


def shell(
    script: str,
    limits: Limits = LIMITS,
    heard: list[bytes] | None = None,
) -> list[bytes]:
    """Run a script in ffmpeg's place; the lines that it said."""
    heard = [] if heard is None else heard
    with Path(os.devnull).open("rb") as clip:
        run_confined(
            (SHELL, "-c", script),
            clip=clip,
            out=None,
            limits=limits,
            listening=Listening(output=heard.append),
        )
    return heard


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that must see nobody."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        yield server


def test_what_ffmpeg_does_not_need_is_refused() -> None:
    whats = (
        "_socket.socket()",
        "_socket.socketpair()",
        f"os.kill({os.getpid()}, 0)",
        "os.pidfd_open(os.getppid()); os.kill(os.getpid(), 0)",
    )
    assert attempt(*whats) == ["PermissionError"] * 4


@pytest.mark.parametrize("prelude", ["", WITHOUT_LANDLOCK], ids=["this kernel", "filter"])
def test_no_file_is_removed_or_changed_but_by_writing_and_no_process_made(
    tmp_path: Path, prelude: str
) -> None:
    clip, new = tmp_path / "clip", tmp_path / "new"
    clip.write_bytes(b"of another case")
    whats = (
        f"os.unlink({str(clip)!r})",
        f"os.rename({str(clip)!r}, {str(new)!r})",
        f"os.symlink({str(clip)!r}, {str(new)!r})",
        f"os.mkdir({str(new)!r})",
        f"os.truncate({str(clip)!r}, 0)",
        f"os.chmod({str(clip)!r}, 0o777)",
        f"os.utime({str(clip)!r})",
        "os.fork() or os._exit(0)",
        "resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))",
    )
    assert attempt(*whats, prelude=prelude) == ["PermissionError"] * len(whats)
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]
    assert clip.read_bytes() == b"of another case"


@needs_landlock
def test_no_file_is_opened_made_or_run_but_what_was_given(tmp_path: Path) -> None:
    secret, out = tmp_path / "secret", tmp_path / "out"
    secret.write_bytes(b"of another case")
    with out.open("xb+") as file:
        whats = (
            f"open({str(secret)!r})",
            f"os.listdir({str(tmp_path)!r})",
            f"open({str(tmp_path / 'new')!r}, 'w')",
            f"open({str(secret)!r}, 'r+')",
            f"os.rename({str(secret)!r}, {str(tmp_path / 'moved')!r})",
            f"os.unlink({str(secret)!r})",
            "os.execv('/bin/true', ['true'])",
            f"open('/proc/self/fd/{file.fileno()}', 'wb').write(b'yes')",
        )
        assert attempt(*whats, out=file.fileno()) == [*["PermissionError"] * 7, "done"]
    assert out.read_bytes() == b"yes"
    assert {path.name for path in tmp_path.iterdir()} == {"secret", "out"}


def test_nothing_of_our_environment_is_handed_on() -> None:
    said = shell("export -p")
    assert said[0] == b"export LC_ALL='C.UTF-8'"
    assert all(b"PWD" in line for line in said[1:])  # the shell's own


@pytest.mark.parametrize(
    ("script", "limits", "why"),
    [
        ("while :; do :; done", Limits(processor=1), "timeout"),
        ("exit 244", LIMITS, "out_of_memory"),  # ffmpeg ends with a negative errno
        ("exit 228", LIMITS, "no_space"),
        ("exit 1", LIMITS, "not_encoded"),
    ],
)
def test_a_run_that_does_not_end_well_says_why(script: str, limits: Limits, why: str) -> None:
    with pytest.raises(EncodingError) as caught:
        shell(script, limits)
    assert caught.value.why == why


def test_who_stops_a_service_does_not_make_a_failure_of_its_encoding() -> None:
    # a plain `kill` goes to every process of a service; ffmpeg would end as if the clip were bad
    program = (
        "import os\nfrom ingest.media.encode.confined import confine\n"
        "confine('/bin/sh', memory=1 << 31, processor=20, file=0, out=-1)\n"
        "print('deaf', flush=True)\n"
        "os.execv('/bin/sh', ['sh', '-c', 'read x; echo still here'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "deaf\n"
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            process.send_signal(number)
        process.stdin.write("go on\n")
        process.stdin.flush()
        assert process.stdout.readline() == "still here\n"


def test_a_program_that_is_not_there_is_no_fault_of_the_clip() -> None:
    with Path(os.devnull).open("rb") as clip, pytest.raises(MediaChildError):
        run_confined(
            ("/nowhere/ffmpeg",), clip=clip, out=None, limits=LIMITS, listening=Listening()
        )


def test_what_floods_both_outputs_does_not_hang() -> None:
    script = """x=xxxxxxxxxxxxxxxx; x=$x$x$x$x; x=$x$x$x$x; x=$x$x$x$x$x$x$x$x; n=0
        while [ $n -lt 200 ]; do n=$((n+1)); printf %s $x; printf %s $x >&2; done"""
    heard = shell(script)
    assert sum(map(len, heard)) == 200 * 2048
    assert max(map(len, heard)) <= 2 << 16


@pytest.mark.slow
def test_a_file_that_grows_too_large_is_given_up(films: Path, tmp_path: Path) -> None:
    clip, out = films / "motion.avi", tmp_path / "out"
    command = ["-nostdin", "-loglevel", "error", "-y", "-f", "avi", "-i", "fd:", "-c", "copy"]
    with clip.open("rb") as original, out.open("xb+") as file:
        place = f"/proc/self/fd/{file.fileno()}"
        with pytest.raises(EncodingError) as caught:
            run_confined(
                (FFMPEG, *command, "-f", "matroska", place),
                clip=original,
                out=file.fileno(),
                limits=Limits(processor=20, file=100_000),
                listening=Listening(),
            )
    assert caught.value.why == "too_large"
    assert out.stat().st_size <= 100_000


@pytest.mark.slow
def test_ffmpeg_dies_with_its_parent_also_when_that_is_killed_and_it_stands_still() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert parent.stdout is not None
        with parent.stdout:
            child = int(parent.stdout.readline())
        until(lambda: state(child) == "T")
    finally:
        parent.kill()
        parent.wait()
    until(lambda: state(child) in {"", "Z"})


PARENT = """
from pathlib import Path
from ingest.media.encode.running import Limits, Listening, run_confined
told = []
def hear(line):
    told.append(line)
    print(line.decode(), flush=True)
with Path("/dev/null").open("rb") as clip:
    run_confined(("/bin/sh", "-c", "echo $$; while :; do :; done"), clip=clip, out=None,
        limits=Limits(processor=20), listening=Listening(output=hear, pause=lambda: bool(told)))
"""


def state(process: int) -> str:
    """One letter, proc_pid_stat(5); none where it is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    """Wait."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def bare(*arguments: str) -> bytes:
    """An ffmpeg without limits that may open everything: what a clip names is really there."""
    return subprocess.run(
        [FFMPEG, "-nostdin", "-loglevel", "error", *arguments, "-c", "copy", "-f", "md5", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    ).stdout


def referring(clip: Path, other: Path) -> bytes:
    """A MOV whose samples are in another file: its data reference is an alias (QTFF, "Data reference atoms")."""
    data = bytearray(clip.read_bytes())
    name, path = other.name.encode(), str(other).encode()
    folder = other.parent.name.encode()
    record = struct.pack(">4xHH", 0, 2) + struct.pack(">H", 0)
    record += bytes([len(folder)]) + folder.ljust(27, b"\0") + bytes(12)
    record += bytes([len(name)]) + name.ljust(63, b"\0") + bytes(16)
    record += struct.pack(">HH", 1, 1) + bytes(16)
    record += struct.pack(">HH", 2, len(path)) + path + bytes(len(path) % 2)
    record += struct.pack(">HH", 18, len(path)) + path + bytes(len(path) % 2)
    record += struct.pack(">HH", 0xFFFF, 0)
    alias = struct.pack(">I4sI", 12 + len(record), b"alis", 0) + record
    at = data.find(b"url \0\0\0\1") - 4
    assert at > 0
    grown = len(alias) - 12
    data[at : at + 12] = alias
    for parent in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        place = data.rfind(parent, 0, at) - 4
        size = int.from_bytes(data[place : place + 4], "big")
        data[place : place + 4] = (size + grown).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.slow
def test_a_track_that_lies_in_another_file_is_not_fetched(films: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mov"
    # moov last: the samples keep their places
    bare_command = [FFMPEG, "-nostdin", "-loglevel", "error", "-i", str(films / "late.mkv")]
    subprocess.run([*bare_command, "-map", "0:0", "-c", "copy", str(other)], check=True)
    clip = tmp_path / "clip.mov"
    whole = referring(other, other)
    mdat = whole.find(b"mdat")
    size = int.from_bytes(whole[mdat - 4 : mdat], "big")
    clip.write_bytes(whole[: mdat + 4] + bytes(size - 8) + whole[mdat - 4 + size :])
    assert bare("-enable_drefs", "1", "-use_absolute_path", "1", "-i", str(clip)) == bare(
        "-i", str(other)
    )

    encoding = plan(facts_of(other), "stream")
    assert encoding is not None
    with pytest.raises(EncodingError):
        run(encoding, clip, tmp_path / "out", duration_us=None, progress=None, cancelled=None)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_playlist_under_a_film_name_opens_neither_files_nor_addresses(
    films: Path, tmp_path: Path, listener: socket.socket
) -> None:
    film = films / "whole.ts"
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/part.ts"
    lists = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{film}\n#EXTINF:4,\n{address}\n"
        "#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{film}'\n",
    }
    for demuxer, text in lists.items():
        clip = tmp_path / f"{demuxer}.mp4"
        clip.write_text(text)
        if demuxer == "concat":
            assert bare("-safe", "0", "-f", demuxer, "-i", str(clip))
        for name in ("whole.ts", "late.mkv", "phone.mov", "motion.avi"):
            encoding = plan(facts_of(films / name), "proxy")
            assert encoding is not None
            out = tmp_path / "out"
            with pytest.raises(EncodingError):
                run(encoding, clip, out, duration_us=None, progress=None, cancelled=None)
            assert not out.exists()
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_process_that_is_told_to_end_by_a_dead_parent_does_not_begin() -> None:
    launcher = ROOT / "ingest" / "media" / "encode" / "confined.py"
    numbers = ("1", str(1 << 31), "9", "0", "-1")  # somebody else's child
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-B", str(launcher), *numbers, "/bin/true"], check=False
    )
    assert ended.returncode == 126
