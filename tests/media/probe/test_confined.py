"""What the process that parses media is refused, and that it has what its tasks need all the same.

Each attempt is made twice: as this kernel has it, and as a kernel without Landlock has it, where the filter of system
calls stands alone.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import av
import pillow_heif
import pytest
from fpdf import FPDF
from PIL import Image

from ingest.media import landlock
from ingest.media.child import MediaChild
from ingest.media.tasks import TASKS, Asked, task
from tests.fakes.kernel import WITHOUT_LANDLOCK

needs_landlock = pytest.mark.skipif(
    not landlock.version(), reason="this kernel has no Landlock: what may be read is not refused"
)
KERNELS = pytest.mark.parametrize(
    "prelude", [pytest.param("", id="this kernel"), pytest.param(WITHOUT_LANDLOCK, id="filter")]
)
TRY = """
try:
    {what}
    print("done")
except OSError as e:
    print(type(e).__name__)
"""
RAW = """import ctypes; libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall({call}) < 0: raise OSError(ctypes.get_errno(), '')"""
REFUSED = "PermissionError"


def attempt(*whats: str, prelude: str = "", handed: int | None = None) -> list[str]:
    """What comes of lines of Python in a process that has confined itself as the parser does."""
    program = (
        prelude
        + "import os, resource, signal, _socket, threading, time\n"
        + "from ingest.media.limits import confine\n"
        + "parent = os.getppid()\n"
        + "confine(writes=8)\n"
        + "".join(TRY.format(what=what) for what in whats)
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-B", "-c", program],
        stdout=subprocess.PIPE,
        pass_fds=() if handed is None else (handed,),
        check=True,
        text=True,
        timeout=60,
    )
    return ended.stdout.split()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with evidence in it."""
    (tmp_path / "clip").write_bytes(b"evidence")
    (tmp_path / "empty").mkdir()
    return tmp_path


@KERNELS
def test_the_parser_changes_nothing_in_the_file_system(folder: Path, prelude: str) -> None:
    clip, new = str(folder / "clip"), str(folder / "new")
    before = (folder / "clip").stat()
    whats = (
        f"os.unlink({clip!r})",
        f"os.truncate({clip!r}, 0)",
        f"os.rename({clip!r}, {new!r})",
        f"os.link({clip!r}, {new!r})",
        f"os.symlink({clip!r}, {new!r})",
        f"os.mkdir({new!r})",
        f"os.rmdir({str(folder / 'empty')!r})",
        f"os.mkfifo({new!r})",
        f"os.chmod({clip!r}, 0o777)",
        f"os.chown({clip!r}, -1, os.getgid())",
        f"os.utime({clip!r})",
        f"os.setxattr({clip!r}, 'user.a', b'b')",
        f"open({new!r}, 'x')",
        f"open({clip!r}, 'r+b')",
        f"open({clip!r}, 'ab')",
        f"os.open({clip!r}, os.O_RDONLY | os.O_TRUNC)",
        f"os.open({str(folder)!r}, os.O_TMPFILE | os.O_RDWR)",
    )
    assert attempt(*whats, prelude=prelude) == [REFUSED] * len(whats)
    assert {path.name for path in folder.iterdir()} == {"clip", "empty"}
    assert (folder / "clip").read_bytes() == b"evidence"
    after = (folder / "clip").stat()
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)


@KERNELS
def test_the_younger_calls_that_do_the_same_are_refused_as_well(folder: Path, prelude: str) -> None:
    begin = (
        f"d = os.open({str(folder)!r}, os.O_RDONLY); f = os.open('clip', os.O_RDONLY, dir_fd=d); "
    )
    whats = (
        "os.unlink('clip', dir_fd=d)",
        "os.rmdir('empty', dir_fd=d)",
        "os.rename('clip', 'new', src_dir_fd=d, dst_dir_fd=d)",
        "os.link('clip', 'new', src_dir_fd=d, dst_dir_fd=d)",
        "os.symlink('clip', 'new', dir_fd=d)",
        "os.mkdir('new', dir_fd=d)",
        "os.mkfifo('new', dir_fd=d)",
        "os.chmod('clip', 0o777, dir_fd=d)",
        "os.fchmod(f, 0o777)",
        "os.chown('clip', -1, os.getgid(), dir_fd=d)",
        "os.fchown(f, -1, os.getgid())",
        "os.utime('clip', dir_fd=d)",
        "os.setxattr(f, 'user.a', b'b')",
        "os.removexattr(f, 'user.a')",
    )
    told = attempt(*(begin + what for what in whats), prelude=prelude)
    assert told == [REFUSED] * len(whats)
    assert (folder / "clip").read_bytes() == b"evidence"


def test_every_other_call_that_does_such_things_is_refused() -> None:
    # Asked for nonsense, which has another answer where they are allowed: connect, ptrace, rt_sigqueueinfo,
    # setpriority, unshare, rt_tgsigqueueinfo, prlimit64, setns, process_vm_readv, process_vm_writev; lsetxattr,
    # removexattr and its two relatives, renameat2; of x86_64 fork, rename, mkdir, rmdir, creat, link, unlink,
    # symlink, chmod, chown, lchown, utime, mknod, utimes, futimesat
    own = {
        "x86_64": (
            *(42, 101, 129, 141, 272, 297, 302, 308, 310, 311),
            *(189, 197, 198, 199, 316),
            *(57, 82, 83, 84, 85, 86, 87, 88, 90, 92, 94, 132, 133, 235, 261),
        ),
        "aarch64": (203, 117, 138, 140, 97, 240, 261, 268, 270, 271, 6, 14, 15, 16, 276),
    }
    # the same on every processor: pidfd_send_signal, io_uring_setup, openat2, pidfd_getfd, process_madvise,
    # fchmodat2, setxattrat, removexattrat, file_setattr
    numbers = (*own[os.uname().machine], 424, 425, 437, 438, 440, 452, 463, 466, 469)
    what = RAW.format(call="{number}, -1, -1, -1, -1, -1")
    assert attempt(*(what.format(number=number) for number in numbers)) == [REFUSED] * len(numbers)


@needs_landlock
def test_the_parser_reads_its_own_code_and_no_other_file(folder: Path) -> None:
    whats = (
        f"open({str(folder / 'clip')!r})",
        f"os.listdir({str(folder)!r})",
        "open(f'/proc/{parent}/environ')",
        "open('/etc/passwd')",
        "os.listdir('/')",
        "import wave",
    )
    assert attempt(*whats) == [*[REFUSED] * 5, "done"]


@KERNELS
def test_the_parser_leaves_other_processes_alone_and_makes_none(prelude: str) -> None:
    whats = (
        "os.kill(parent, 0)",
        "signal.pidfd_send_signal(os.pidfd_open(parent), 0)",
        "resource.prlimit(parent, resource.RLIMIT_CORE, (0, 0))",
        "os.setpriority(os.PRIO_PROCESS, parent, 19)",
        "os.fork() or os._exit(0)",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.execv('/bin/true', ['true'])",
        "_socket.socket()",
        "_socket.socketpair()",
    )
    assert attempt(*whats, prelude=prelude) == [REFUSED] * len(whats)


@KERNELS
def test_no_process_is_made_and_no_signal_sent_past_the_librarys_ways(prelude: str) -> None:
    numbers = {"x86_64": (56, 234, 200), "aarch64": (220, 131, 130)}[os.uname().machine]
    clone, tgkill, tkill = numbers
    whats = (
        RAW.format(call=f"{clone}, signal.SIGCHLD, 0, 0, 0, 0"),
        RAW.format(call=f"{tgkill}, parent, parent, 0"),
        RAW.format(call=f"{tkill}, parent, 0"),
        RAW.format(call=f"{tgkill}, os.getpid(), os.getpid(), 0"),
    )
    assert attempt(*whats, prelude=prelude) == [*[REFUSED] * 3, "done"]


@KERNELS
def test_the_parser_may_have_threads_and_write_what_it_was_handed(
    tmp_path: Path, prelude: str
) -> None:
    with (tmp_path / "out").open("xb+") as out:
        number = out.fileno()
        whats = (
            "t = threading.Thread(target=lambda: print('thread')); t.start(); t.join()",
            f"os.pwrite({number}, b'12345678', 0)",
            f"os.ftruncate({number}, 4)",
            f"os.pwrite({number}, b'x', 8)",
        )
        assert attempt(*whats, prelude=prelude, handed=number) == [
            *("thread", "done", "done", "done"),
            "OSError",  # past its allowance
        ]
    assert (tmp_path / "out").read_bytes() == b"1234"


def _pdf() -> bytes:
    document = FPDF()
    document.add_page()
    document.set_font("Helvetica", size=48)  # not embedded: the machine's letters are drawn
    document.cell(text="Evidence")
    return bytes(document.output())


def _heic() -> bytes:
    pillow_heif.register_heif_opener()
    file = io.BytesIO()
    Image.effect_mandelbrot((320, 240), (-2, -1, 1, 1), 50).convert("RGB").save(file, "HEIF")
    return file.getvalue()


def _lossy(stream: bytes) -> bytes:
    """A transport stream that lost twenty packets in its middle."""
    at = len(stream) // 376 * 188
    return stream[:at] + stream[at + 20 * 188 :]


GPX = (
    b'<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg><trkpt lat="1" lon="2">'
    b"<time>2026-03-04T05:06:07Z</time></trkpt></trkseg></trk></gpx>"
)
WRITING = frozenset({"repair", "still", "caption"})
Question = tuple[str, str, bytes, tuple[bytes, ...], dict[str, object]]


def _first_frame(film: Path) -> dict[str, object]:
    with av.open(film) as container:
        stream = container.streams.video[0]
        ticks = next(frame.pts for frame in container.decode(stream))
        return {"stream": stream.index, "ticks": ticks, "number": 0}


def _png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (320, 240), "navy").save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def questions(clips: Path) -> list[Question]:
    """One for each task, and for each library that a task imports when it first needs it."""
    film = (clips / "device.mov").read_bytes()
    fast = (clips / "fast.mp4").read_bytes()
    facts: dict[str, object] = {"facts": {"of": "0" * 64}}
    everything = {"strip": True, "waveform": True, "quality": True, "start": "20260304050607"}
    return [
        ("examine", "a.mov", film, (), {"poster": True}),
        ("examine", "a.heic", _heic(), (), {"poster": True}),
        ("examine", "a.pdf", _pdf(), (), {"poster": False}),
        ("verify", "a.mov", film, (), {"digest": True}),
        ("survey", "a.mov", film, (), {"facts": {}, **everything}),
        ("track", "a.mov", film, (GPX,), {**facts, "sides": ["a.gpx"], "start": None}),
        ("page", "a.pdf", _pdf(), (), {}),
        ("document", "a.pdf", _pdf(), (), {}),
        ("still", "a.mov", film, (), _first_frame(clips / "device.mov")),
        ("caption", "a.png", _png(), (), {"rows": [["a", "b"]], "watermark": "w", "chunks": {}}),
        ("repair", "a.mp4", fast[: len(fast) * 3 // 5], (), facts),
        ("repair", "a.ts", _lossy((clips / "plain.ts").read_bytes()), (), facts),
    ]


Opened = Callable[[bytes], BinaryIO]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Files of their contents, open for reading and writing."""
    files: list[BinaryIO] = []

    def opening(content: bytes) -> BinaryIO:
        file = (tmp_path / str(len(files))).open("x+b")
        files.append(file)
        file.write(content)
        file.seek(0)
        return file

    yield opening
    for file in files:
        file.close()


@KERNELS
def test_every_task_answers_in_the_confined_process_what_it_answers_elsewhere(
    questions: list[Question], opened: Opened, prelude: str
) -> None:
    assert {question[0] for question in questions} == TASKS
    started = f"{prelude}\nimport sys\nfrom ingest.media.worker import main\nsys.exit(main())"
    command = (sys.executable, "-I", "-B", "-c", started, str(8 << 20))
    with MediaChild(command=command) as child:
        for name, called, content, sides, arguments in questions:
            clip, others = opened(content), tuple(map(opened, sides))
            out = opened(b"") if name in WRITING else None
            said = child.ask(name, clip, name=called, others=others, out=out, arguments=arguments)
            free = opened(b"") if name in WRITING else None
            for file in (clip, *others):
                file.seek(0)
            asked = Asked(clip=clip, others=others, out=free, name=called, arguments=arguments)
            assert said == task(name)(asked), (name, called)
            if out is not None and free is not None:
                assert _whole(out) == _whole(free) != b""


def _whole(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
