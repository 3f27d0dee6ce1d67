"""A recorder over MTP: listed, read, erased, its clock; with the habits that recorders have."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from devices.clips import FoundClip
from devices.mtp.fetching import BLOCK
from devices.mtp.reader import MtpReader
from devices.mtp.recorder import MtpRecorder
from devices.recorder import Recorder
from tests.fakes.responder import (
    ANDROID,
    MTP,
    PIMA,
    STORE,
    Content,
    Habits,
    Responder,
    tree,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
Docked = Callable[..., MtpRecorder]


def whole(reader: MtpReader, step: int = 700_001) -> bytes:
    """Everything, in steps that fit nothing."""
    buffer, found = memoryview(bytearray(step)), bytearray()
    while count := reader.read_into(buffer):
        found += buffer[:count]
    return bytes(found)


def clip(recorder: MtpRecorder, path: str = "") -> FoundClip:
    clips = recorder.list().clips
    return next(c for c in clips if c.path == path.encode()) if path else clips[0]


FILES = {
    "DCIM/100/a.mp4": b"A" * 5000,
    "DCIM/100/b.mp4": b"",
    "中文/夜巡.mp4": b"n" * 512,
    "x": b"1",
}


def test_it_is_a_recorder(docked: Docked) -> None:
    recorder: Recorder = docked(Responder(tree(FILES)))
    assert recorder.is_there()
    assert recorder.streams == 1


def test_everything_is_listed_by_its_path_with_size_and_date(docked: Docked) -> None:
    listing = docked(Responder(tree(FILES))).list()
    assert [(c.path.decode(), c.size) for c in listing.clips] == sorted(
        (path, len(data)) for path, data in FILES.items()
    )
    assert listing.refused == []
    # 2026-03-01 08:00 in Shanghai
    assert {c.mtime_ns for c in listing.clips} == {1772323200 * 10**9}
    assert {c.dev for c in listing.clips} == {STORE}


@pytest.mark.parametrize("operations", [ANDROID, MTP, PIMA, PIMA - {0x101B}])
@pytest.mark.parametrize("zlp", [True, False])
@pytest.mark.parametrize("unknown", [True, False])
def test_the_bytes_are_the_recorders_bytes_whatever_its_habits(
    docked: Docked, operations: frozenset[int], zlp: bool, unknown: bool
) -> None:
    sizes = [0, 1, 499, 500, 501, 1012, 4096, BLOCK - 12, BLOCK, BLOCK + 500, 2 * BLOCK + 77]
    files = {f"{size}.mp4": Content(size, salt=size)[0:size] for size in sizes}
    habits = Habits(operations=operations, zero_length_packet=zlp, always_unknown=unknown)
    recorder = docked(Responder(tree(files), habits=habits))
    found = recorder.list()
    assert len(found.clips) == len(sizes)
    for entry in found.clips:
        with recorder.open(entry) as reader:
            assert whole(reader) == files[entry.path.decode()]
            assert reader.restat() == (entry.size, entry.mtime_ns)


@pytest.mark.parametrize("operations", [ANDROID, PIMA - {0x101B}])
def test_reading_goes_on_wherever_it_is_sent(docked: Docked, operations: frozenset[int]) -> None:
    data = Content(3 * BLOCK + 5)[0 : 3 * BLOCK + 5]
    recorder = docked(Responder(tree({"a": data}), habits=Habits(operations=operations)))
    with recorder.open(clip(recorder)) as reader:
        for offset in (0, 2 * BLOCK, 100, BLOCK + 1, len(data) - 3, len(data), len(data) + 9, 5):
            reader.seek(offset)
            sample = memoryview(bytearray(1000))
            count = reader.read_into(sample)
            assert sample[:count] == data[offset : offset + count]
            assert count or offset >= len(data)
        reader.seek(BLOCK)
        assert whole(reader) == data[BLOCK:]
