"""Progress, cancelling, standing still, taking turns, and what is left where it goes wrong: nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archive.durable import Disk
from archive.store.area import Area, new_area, recorder_area
from ingest.media.encode import Encoding, EncodingError, docking_runs, plan, run, slot
from ingest.media.encode.making import ffmpeg_program
from ingest.media.encode.running import Limits, Listening
from ingest.media.encode.verifying import verify
from tests.media.encode.films import facts_of

pytestmark = pytest.mark.slow


@pytest.fixture
def proxy(films: Path) -> Encoding:
    """Of a film that takes a while: it is asked for in its full size."""
    encoding = plan(facts_of(films / "motion.avi"), "proxy")
    assert encoding is not None
    return encoding


@pytest.fixture
def slow(proxy: Encoding) -> Encoding:
    """One that would take minutes."""
    words = {"veryfast": "placebo", "[s0]scale=320:240": "[s0]scale=2560:1920"}
    command = []
    for word in proxy.command:
        for old, new in words.items():
            word = word.replace(old, new)  # noqa: PLW2901 - one word after another
        command.append(word)
    assert tuple(command) != proxy.command
    return replace(proxy, command=tuple(command))


def start(encoding: Encoding, clip: Path, out: Path, **asked: Callable[..., object]) -> None:
    """Run, with a known length."""
    told = {"progress": None, "cancelled": None, **asked}
    run(encoding, clip, out, duration_us=4_000_000, **told)  # type: ignore[arg-type]


def test_progress_goes_from_0_to_1_and_never_back(
    proxy: Encoding, films: Path, tmp_path: Path
) -> None:
    shares: list[float] = []
    start(proxy, films / "motion.avi", tmp_path / "out", progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert shares[0] < 1


def test_a_cancelled_encoding_ends_within_a_second_and_leaves_nothing(
    slow: Encoding, films: Path, tmp_path: Path
) -> None:
    running = threading.Event()
    asked: list[float] = []

    def cancelled() -> bool:
        if running.is_set():
            asked.append(time.monotonic())
        return running.is_set()

    threading.Timer(0.5, running.set).start()
    with pytest.raises(EncodingError) as caught:
        start(slow, films / "motion.avi", tmp_path / "out", cancelled=cancelled)
    assert caught.value.why == "cancelled"
    assert caught.value.why in EncodingError.PASSING
    assert time.monotonic() - asked[0] < 1
    assert not list(tmp_path.iterdir())


def test_an_encoding_that_was_killed_is_begun_once_more(
    slow: Encoding, films: Path, tmp_path: Path
) -> None:
    mine = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    killed: list[str] = []

    def kill_it() -> bool:
        for child in mine.read_text().split():
            if child not in killed and Path(f"/proc/{child}/comm").read_text().startswith("ffmpeg"):
                killed.append(child)
                os.kill(int(child), signal.SIGKILL)
        return False

    with pytest.raises(EncodingError) as caught:
        start(slow, films / "motion.avi", tmp_path / "out", cancelled=kill_it)
    assert caught.value.why == "killed"
    assert len(killed) == 2
    assert not list(tmp_path.iterdir())


def test_while_a_docking_runs_ffmpeg_stands_still_and_then_goes_on(
    slow: Encoding, films: Path, tmp_path: Path
) -> None:
    rounds: list[float] = []
    still, ended = threading.Event(), threading.Event()

    def encode() -> None:
        with pytest.raises(EncodingError):
            start(
                slow,
                films / "motion.avi",
                tmp_path / "out",
                progress=rounds.append,
                cancelled=ended.is_set,
                pause=still.is_set,
            )

    thread = threading.Thread(target=encode)
    thread.start()
    try:
        _wait(lambda: len(rounds) >= 2)
        still.set()
        time.sleep(0.7)  # a round that was under way
        before = len(rounds)
        time.sleep(1.2)
        assert len(rounds) == before  # four were due
        still.clear()
        _wait(lambda: len(rounds) > before)
    finally:
        ended.set()
        thread.join()


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_name_that_exists_is_never_written(proxy: Encoding, films: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        start(proxy, films / "motion.avi", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"somebody's"


def test_what_is_no_film_leaves_nothing(proxy: Encoding, tmp_path: Path) -> None:
    (tmp_path / "clip").write_bytes(b"RIFF" + bytes(5000))
    with pytest.raises(EncodingError) as caught:
        start(proxy, tmp_path / "clip", tmp_path / "out")
    assert caught.value.why == "not_encoded"
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]


@pytest.fixture
def made(proxy: Encoding, films: Path, tmp_path: Path) -> Path:
    """A good proxy."""
    start(proxy, films / "motion.avi", tmp_path / "made")
    return tmp_path / "made"


def checked(encoding: Encoding, path: Path, *, written: int = 100) -> None:
    """Verify a file as `run` does."""
    with path.open("rb") as file:
        verify(
            file,
            encoding,
            program=ffmpeg_program(),
            written=written,
            limits=Limits(processor=60),
            listening=Listening(),
        )


def test_a_proxy_that_is_damaged_short_or_incomplete_is_never_kept(
    proxy: Encoding, made: Path
) -> None:
    checked(proxy, made)
    whole = made.read_bytes()

    def refused(data: bytes, encoding: Encoding = proxy, *, written: int = 100) -> str:
        made.write_bytes(data)
        with pytest.raises(EncodingError) as caught:
            checked(encoding, made, written=written)
        return caught.value.why

    assert refused(whole[: len(whole) * 3 // 4]) == "not_verified"
    middle = len(whole) // 2
    assert refused(whole[:middle] + bytes(2000) + whole[middle + 2000 :]) == "not_verified"
    assert refused(whole[:2000]) == "not_verified"
    assert refused(whole, written=101) == "not_verified"
    assert refused(whole, replace(proxy, frames=150)) == "frames_missing"
    assert refused(whole, replace(proxy, length_us=9_000_000)) == "too_short"
    assert refused(whole, replace(proxy, sound="none")) == "not_verified"
    made.write_bytes(whole)
    checked(replace(proxy, frames=150, length_us=9_000_000, damaged=True), made)


def test_only_so_many_encode_at_once_also_in_other_processes(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom ingest.media.encode.slots import slot\n"
        f"with slot(Path({str(tmp_path)!r}), count=1): print('in', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"in\n"
        asked = iter([False, False, True])
        with (
            pytest.raises(EncodingError),
            slot(tmp_path, count=1, cancelled=lambda: next(asked)),
        ):
            pytest.fail("two at once")
        with slot(tmp_path, count=2):
            pass
        holder.kill()
        holder.wait()
        with slot(tmp_path, count=1):
            pass


def test_a_docking_is_seen_and_nothing_else_is_taken_for_one(tmp_path: Path) -> None:
    assert not docking_runs(tmp_path / "incoming")
    with Area(tmp_path, new_area(), Disk()):
        assert not docking_runs(tmp_path)
    (tmp_path / recorder_area("left behind")).mkdir()
    assert not docking_runs(tmp_path)
    with Area(tmp_path, recorder_area("docked"), Disk()):
        assert docking_runs(tmp_path)
    assert not docking_runs(tmp_path)
