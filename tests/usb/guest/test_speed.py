"""How fast we are beside libmtp, and side by side with ourselves. Figures, no gates by time: an emulated processor
shared with others tells ratios, and not every time the same.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.mtp.recorder import MtpRecorder
from tests.usb import shelf
from tests.usb.guest.conftest import Cable

ROUNDS = 2
OTHERS = ("cam0", "cam1", "huge", shelf.LIVE)
Say = Callable[[str, object], None]


def fetched(opened: Callable[..., MtpRecorder], serial: str, to: Path) -> float:
    """Seconds for opening, finding, reading and writing the clip."""
    started = time.monotonic()
    recorder = opened(serial)
    [clip] = recorder.list().clips
    room = memoryview(bytearray(2 * shelf.MEGABYTE))
    total = 0
    with recorder.open(clip) as reader, to.open("wb", buffering=0) as file:
        while count := reader.read_into(room):
            total += file.write(room[:count])
    recorder.close()
    assert total == shelf.LARGE
    to.unlink()
    return time.monotonic() - started


def fetched_by_libmtp(to: Path) -> float:
    """Seconds of the whole mtp-getfile; object 2 is the only clip there is."""
    started = time.monotonic()
    said = subprocess.run(["mtp-getfile", "2", to], check=True, capture_output=True, text=True)
    seconds = time.monotonic() - started
    assert to.stat().st_size == shelf.LARGE, said.stdout
    to.unlink()
    return seconds


def test_one_recorder_beside_libmtp(
    opened: Callable[..., MtpRecorder],
    cable: Callable[[str], Cable],
    tmp_path: Path,
    record_property: Say,
) -> None:
    for name in (*OTHERS, *shelf.FAST[1:]):
        cable(name).unplug()  # libmtp asks every device that it finds
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(fetched(opened, "FAST0", tmp_path / "clip.mp4"))
        theirs.append(fetched_by_libmtp(tmp_path / "clip.mp4"))
    megabytes = shelf.LARGE / 1e6
    record_property("muniment, 200 MB", f"{megabytes / min(ours):.0f} MB/s")
    record_property("mtp-getfile, 200 MB", f"{megabytes / min(theirs):.0f} MB/s")
    record_property("muniment : mtp-getfile", f"{min(theirs) / min(ours):.2f} x")
    for name, rounds in (("muniment", ours), ("mtp-getfile", theirs)):
        record_property(f"{name}, each round", " ".join(f"{megabytes / s:.1f}" for s in rounds))


def test_four_recorders_beside_one(
    opened: Callable[..., MtpRecorder], record_property: Say
) -> None:
    recorders = [opened(name.upper()) for name in shelf.FAST]
    problems: list[BaseException] = []

    def pull(recorder: MtpRecorder) -> None:
        room = memoryview(bytearray(2 * shelf.MEGABYTE))
        try:
            [clip] = recorder.list().clips
            with recorder.open(clip) as reader:
                while reader.read_into(room):
                    pass
        except BaseException as e:
            problems.append(e)
            raise

    speeds: dict[int, float] = {}
    for number in (1, 4):
        threads = [threading.Thread(target=pull, args=(each,)) for each in recorders[:number]]
        started, idle = time.monotonic(), _idle()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - started
        speeds[number] = number * shelf.LARGE / 1e6 / seconds
        busy = f"{100 * (1 - (_idle() - idle) / seconds):.0f} % of the guest's one processor"
        record_property(f"{number} at once", f"{speeds[number]:.0f} MB/s, {busy}")
    if problems:
        pytest.fail(repr(problems))
    record_property("4 at once : 1", f"{speeds[4] / speeds[1]:.2f} x")


def _idle() -> float:
    """Seconds for which the guest's processor had nothing to do (proc(5), uptime)."""
    return float(Path("/proc/uptime").read_text().split()[1])
