"""The media parser under failure, and what a clip cannot make it do."""

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest

from ingest.media.child import MediaChild
from ingest.media.errors import MediaChildError

READY = "import sys, os, time, json, signal; print('{\"ready\": true}', flush=True); "
FACTS = '{"facts": {"kind": "video", "damage": []}, "poster": null}'


def _stand_in(*program: str) -> list[str]:
    """A child that says it is ready and then misbehaves."""
    return [sys.executable, "-I", "-c", READY + "".join(program)]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two frames of H.264, moov last."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "g": "1"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(2):
            frame = av.VideoFrame(320, 180, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([100]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that must see nobody."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        yield server


def _nobody_came(listener: socket.socket) -> bool:
    try:
        connection, _ = listener.accept()
    except BlockingIOError:
        return True
    connection.close()
    return False


def test_a_parser_that_hangs_is_ended_and_the_next_clip_is_parsed(
    clip: Path, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    program = (
        f"sys.stdin.readline(); first = not os.path.exists({str(seen)!r}); "
        f"open({str(seen)!r}, 'a').close(); "
        f"time.sleep(600) if first else print({FACTS!r}, flush=True)"
    )
    with MediaChild(timeout=1, command=_stand_in(program)) as child:
        begun = time.monotonic()
        facts = child.probe(clip, name="clip.mp4")

        assert facts.damage == ("parser_timeout",)
        assert (facts.kind, facts.container) == ("video", "mp4")
        assert time.monotonic() - begun < 5
        assert child.probe(clip, name="clip.mp4").damage == ()


def test_a_parser_that_crashes_twice_is_said_to_have_crashed(clip: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    program = f"sys.stdin.readline(); open({str(seen)!r}, 'a').write('x'); os.abort()"
    with MediaChild(command=_stand_in(program)) as child:
        facts = child.probe(clip, name="clip.mp4")

    assert facts.damage == ("parser_crashed",)
    assert seen.read_text() == "xx"


def test_a_parser_that_crashes_once_gets_the_clip_again(clip: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    program = (
        f"sys.stdin.readline(); first = not os.path.exists({str(seen)!r}); "
        f"open({str(seen)!r}, 'a').close(); "
        f"os.kill(os.getpid(), 9) if first else print({FACTS!r}, flush=True)"
    )
    with MediaChild(command=_stand_in(program)) as child:
        assert child.probe(clip, name="clip.mp4").damage == ()


@pytest.mark.parametrize(
    "answer",
    [
        "print('nonsense', flush=True)",
        "print('[]', flush=True)",
        'print(\'{"facts": {"kind": "film"}}\', flush=True)',
        "print('{\"facts\": 1}', flush=True)",
        "os.write(1, b'x' * (17 << 20))",
        "os.close(1)",
    ],
)
def test_a_parser_that_talks_nonsense_counts_as_crashed(clip: Path, answer: str) -> None:
    with MediaChild(command=_stand_in(f"sys.stdin.readline(); {answer}; time.sleep(0.2)")) as child:
        assert child.probe(clip, name="clip.mp4").damage == ("parser_crashed",)


def test_a_parser_that_uses_up_its_processor_time_is_a_timeout(clip: Path) -> None:
    program = "sys.stdin.readline(); os.kill(os.getpid(), signal.SIGXCPU)"
    with MediaChild(command=_stand_in(program)) as child:
        assert child.probe(clip, name="clip.mp4").damage == ("parser_timeout",)


def test_a_picture_that_is_no_jpeg_is_not_kept(clip: Path, tmp_path: Path) -> None:
    poster = '{"jpeg": "PHNjcmlwdD4=", "width": 1, "height": 1, "version": "", "parameters": {}}'
    program = f"sys.stdin.readline(); print({FACTS.replace('null', poster)!r}, flush=True)"
    out = tmp_path / "poster.jpg"
    with MediaChild(command=_stand_in(program)) as child:
        assert child.poster(clip, name="clip.mp4", out=out) is None
    assert not out.exists()


@pytest.mark.parametrize("command", [["/nowhere/python"], [sys.executable, "-c", "pass"]])
def test_a_parser_that_cannot_start_is_this_machines_fault(clip: Path, command: list[str]) -> None:
    with MediaChild(command=command) as child, pytest.raises(MediaChildError):
        child.probe(clip, name="clip.mp4")


def test_a_clip_that_is_not_there_is_no_media_damage(tmp_path: Path) -> None:
    with MediaChild() as child, pytest.raises(FileNotFoundError):
        child.probe(tmp_path / "gone.mp4", name="gone.mp4")


def test_a_child_killed_between_clips_is_replaced_unseen(clip: Path) -> None:
    with MediaChild() as child:
        child.warm()
        os.kill(_pid(child), signal.SIGKILL)

        assert child.probe(clip, name="clip.mp4").damage == ()


def test_a_child_outlives_neither_its_owner_nor_its_thread(clip: Path) -> None:
    with MediaChild() as child:
        starter = threading.Thread(target=child.warm)
        starter.start()
        starter.join()
        assert child.probe(clip, name="clip.mp4").damage == ()
        last = _pid(child)
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


def test_threads_share_one_child(clip: Path) -> None:
    damages = []
    with MediaChild() as child:
        threads = [
            threading.Thread(
                target=lambda: damages.append(child.probe(clip, name="clip.mp4").damage)
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert damages == [()] * 4


def _pid(child: MediaChild) -> int:
    process = child._process
    assert process is not None
    return process.pid


def _confined(program: str, *, before: str = "") -> subprocess.CompletedProcess[str]:
    prelude = "import os, socket; from ingest.media.limits import *; confine(); "
    command = [sys.executable, "-I", "-c", before + prelude + program]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_child_cannot_write_a_file(tmp_path: Path) -> None:
    target = tmp_path / "written"
    ended = _confined(f"os.open({str(target)!r}, os.O_WRONLY | os.O_CREAT)")

    assert "PermissionError" in ended.stderr
    assert not target.exists()


def test_the_child_cannot_write_into_a_file_that_is_open_already(tmp_path: Path) -> None:
    target = tmp_path / "written"
    target.touch()
    # Python ignores SIGXFSZ, so that the write fails instead
    opening = f"import os; target = os.open({str(target)!r}, os.O_WRONLY); "
    ended = _confined("os.write(target, b'x')", before=opening)

    assert "File too large" in ended.stderr
    assert target.stat().st_size == 0


def test_the_child_cannot_take_much_memory() -> None:
    assert "MemoryError" in _confined("bytearray(2 << 30)").stderr


def test_the_child_cannot_run_for_ever() -> None:
    ended = _confined("allow_processor(0)\nwhile True: pass")

    assert ended.returncode == -signal.SIGXCPU


def test_the_child_cannot_reach_the_network(listener: socket.socket) -> None:
    ended = _confined(f"socket.create_connection({listener.getsockname()!r}, 2)")

    assert "PermissionError" in ended.stderr
    assert _nobody_came(listener)


def test_the_filter_alone_keeps_the_child_from_the_network(listener: socket.socket) -> None:
    program = (
        "import ctypes; ctypes.CDLL(None).prctl(38, 1, 0, 0, 0); "
        "from ingest.media.syscalls import refuse_system_calls; print(refuse_system_calls()); "
        f"import socket; socket.create_connection({listener.getsockname()!r}, 2)"
    )
    command = [sys.executable, "-I", "-c", program]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert ended.stdout == "True\n"
    assert "PermissionError" in ended.stderr
    assert _nobody_came(listener)


def test_the_child_cannot_run_another_program() -> None:
    ended = _confined("os.execv('/bin/true', ['true'])")

    assert "PermissionError" in ended.stderr


def test_the_child_has_no_capability_whoever_started_it() -> None:
    with MediaChild() as child:
        child.warm()
        status = Path(f"/proc/{_pid(child)}/status").read_text()
    rights = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Cap"))
    assert {int(rights[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}


def test_a_clip_that_only_its_owner_may_read_is_examined_all_the_same(clip: Path) -> None:
    owned = clip.parent / "owned"
    owned.mkdir()
    moved = clip.replace(owned / "clip.mp4")
    if os.geteuid() == 0:  # who may open everything; the child may not
        os.chown(moved, 65534, 65534)
        os.chown(owned, 65534, 65534)
    moved.chmod(0o400)
    owned.chmod(0o700)
    with MediaChild() as child:
        assert child.probe(moved, name="clip.mp4").damage == ()


def _scripts(port: int, secret: Path) -> dict[str, str]:
    address = f"http://127.0.0.1:{port}/x.mp4"
    return {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n"
        f"#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "list.ffconcat": f"ffconcat version 1.0\nfile '{secret}'\nfile '{address}'\n",
        "session.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        f"m=video {port} TCP/RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        "list.mpd": f"<MPD><Period><AdaptationSet><Representation><BaseURL>{address}</BaseURL>"
        "</Representation></AdaptationSet></Period></MPD>",
    }


@pytest.mark.parametrize("name", ["list.m3u8", "list.ffconcat", "session.sdp", "list.mpd"])
@pytest.mark.parametrize("disguise", ["", ".mp4"])
def test_a_file_that_names_others_opens_none_of_them(
    clip: Path, tmp_path: Path, listener: socket.socket, name: str, disguise: str
) -> None:
    script = tmp_path / (name + disguise)
    script.write_text(_scripts(listener.getsockname()[1], clip)[name])

    with MediaChild() as child:
        facts = child.probe(script, name=script.name)

    assert facts.duration is None
    assert facts.video_codec is None
    assert _nobody_came(listener)


@pytest.mark.parametrize(
    ("name", "demuxer"),
    [
        ("list.m3u8", "hls"),
        ("list.ffconcat", "concat"),
        ("session.sdp", "sdp"),
    ],
)
def test_even_a_demuxer_for_playlists_is_refused_what_it_asks_for(
    clip: Path, tmp_path: Path, listener: socket.socket, name: str, demuxer: str
) -> None:
    script = tmp_path / name
    script.write_text(_scripts(listener.getsockname()[1], clip)[name])
    # without limits, so that only the refused protocols stand in the way
    program = (
        "import pathlib; from ingest.media.probe.opening import *; "
        f"file = pathlib.Path({str(script)!r}).open('rb')\n"
        f"forced = Sniffed(kind='video', container=None, demuxer={demuxer!r}, certain=True)\n"
        "with opened(file, forced) as container:\n"
        "    print('opened', sum(1 for packet in container.demux() if packet.size))"
    )
    command = [sys.executable, "-I", "-c", program]
    # one that connects waits for an answer, for ever
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)

    assert ended.stdout in {"", "opened 0\n"}
    assert "Error" in ended.stderr or ended.stdout
    assert _nobody_came(listener)


def test_an_mp4_whose_media_are_said_to_be_elsewhere_opens_nothing_else(
    clip: Path, tmp_path: Path, listener: socket.socket
) -> None:
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.mp4"
    for number, target in enumerate((address, "file:///etc/passwd")):
        pointing = tmp_path / f"{number}.mp4"
        pointing.write_bytes(_repoint(clip.read_bytes(), target))
        with MediaChild() as child:
            facts = child.probe(pointing, name=pointing.name)
        assert facts.container == "mp4"
    assert _nobody_came(listener)


def _repoint(content: bytes, target: str) -> bytes:
    """Rewrite an MP4 whose moov is last so that its data references name `target`."""
    nested = {b"moov", b"trak", b"mdia", b"minf", b"dinf"}
    out, position = [], 0
    while position < len(content):
        size, kind = struct.unpack_from(">I4s", content, position)
        body = content[position + 8 : position + size]
        position += size
        if kind in nested:
            body = _repoint(body, target)
        elif kind == b"dref":
            # ISO/IEC 14496-12, 8.7.2: without flag 1 the entry's location is a URL
            entry = bytes(4) + target.encode() + b"\0"
            entry = struct.pack(">I4s", 8 + len(entry), b"url ") + entry
            body = struct.pack(">II", 0, 1) + entry
        out.append(struct.pack(">I4s", 8 + len(body), kind) + body)
    return b"".join(out)
