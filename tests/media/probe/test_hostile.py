"""Files that mean harm: each gives facts and a word on what is wrong, within bounds, and the parser goes on living."""

import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.media.child import MediaChild
from ingest.media.facts import Examined
from tests.media.probe.conftest import Look
from tests.media.probe.hostile import (
    FTYP,
    box,
    moved,
    mvhd,
    nested,
    patched,
    png,
    sparse,
    track,
    tracks_in_tracks,
    without_packets,
)

GIB = 1 << 30
SECONDS = 20.0  # a third of what is allowed: machines are shared


def _words(found: Examined) -> set[tuple[object, object]]:
    damage = found.document["damage"]
    assert isinstance(damage, list)
    assert {fault["code"] for fault in damage} == set(found.facts.damage)
    return {(fault["code"], fault["detail"]) for fault in damage}


def _memory(child: MediaChild) -> int:
    """Most bytes that the parser ever had in memory."""
    assert child._process is not None
    status = Path(f"/proc/{child._process.pid}/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


BYTES: dict[str, tuple[Callable[[], bytes], tuple[str, str | None]]] = {
    "nothing": (lambda: b"", ("cut_off", None)),
    "text": (lambda: b"this is not a film\n" * 50, ("undecodable", None)),
    "a short index": (lambda: FTYP + box(b"moov", bytes(92)), ("undecodable", None)),
    "no streams": (lambda: FTYP + box(b"moov", mvhd()), ("undecodable", None)),
    "samples past the end": (
        lambda: FTYP + box(b"moov", mvhd(), track(place=1 << 31)) + box(b"mdat", bytes(64)),
        ("cut_off", None),
    ),
    "samples in the index": (
        lambda: FTYP + box(b"moov", mvhd(), track(place=20)) + box(b"mdat", b"x" * 64),
        ("bad_tables", "places"),
    ),
    "two tables, two counts": (
        lambda: FTYP + box(b"moov", mvhd(), track(place=700, times=9)) + box(b"mdat", b"x" * 900),
        ("bad_tables", "counts"),
    ),
    "four thousand streams": (
        lambda: FTYP + box(b"moov", mvhd(), *[track()] * 4000),
        ("bad_tables", "streams"),
    ),
    "thousands of boxes deep": (lambda: FTYP + nested(20_000), ("undecodable", None)),
    "tracks in tracks": (lambda: FTYP + tracks_in_tracks(5000), ("undecodable", None)),
    "a billion samples": (
        lambda: FTYP + box(b"moov", mvhd(), track(samples=1 << 30, size=1)),
        ("cut_off", None),
    ),
    "sixteen thousand pixels square": (lambda: png(16_384, 16_384), ("undecodable", "pixels")),
    "a Matroska head": (lambda: b"\x1aE\xdf\xa3" + bytes(500), ("undecodable", None)),
    "packets of nothing": (lambda: (b"\x47" + bytes(187)) * 5000, ("undecodable", None)),
}


@pytest.mark.parametrize("case", BYTES)
def test_a_file_made_of_nothing_is_described_and_costs_little(
    look: Look, child: MediaChild, case: str
) -> None:
    child.warm()
    running, (content, word) = child._process, BYTES[case]

    begun = time.monotonic()
    found = look(content(), "MOVI0001.mp4")

    assert word in _words(found)
    assert found.facts.damaged
    assert time.monotonic() - begun < SECONDS
    assert child._process is running
    assert _memory(child) < GIB
    # what cannot be read is not asked for anything but a repair
    assert set(found.due) <= {"repair"}


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", {("zero_filled", None)}),
        (FTYP, {("no_index", None), ("zero_filled", None)}),
    ],
)
def test_a_gigabyte_of_holes_is_described_in_seconds(
    look: Look, child: MediaChild, tmp_path: Path, head: bytes, words: set[tuple[object, object]]
) -> None:
    path = tmp_path / "holes"
    sparse(path, head, GIB)

    begun = time.monotonic()
    found = look(path, "MOVI0001.mp4")

    assert _words(found) == words
    assert time.monotonic() - begun < SECONDS
    assert _memory(child) < GIB


@pytest.mark.parametrize("duration", [2**31 - 1, 3_900_000])
def test_a_length_that_the_samples_do_not_have_is_told_and_not_believed(
    clips: Path, look: Look, duration: int
) -> None:
    content = patched((clips / "plain.mp4").read_bytes(), b"mvhd", 16, duration)

    found = look(content, "plain.mp4")

    assert _words(found) == {("bad_tables", "duration")}
    assert found.facts.duration == pytest.approx(4.0)
    assert found.document["declared_us"] == duration * 1000
    assert "strip" in found.due


@pytest.mark.parametrize("by", [7, -9000])
def test_tables_that_point_beside_the_samples_are_told(clips: Path, look: Look, by: int) -> None:
    content = moved((clips / "plain.mp4").read_bytes(), lambda place: max(100, place + by))

    assert ("bad_tables", "lengths") in _words(look(content, "plain.mp4"))


def test_lost_packets_of_a_transport_stream_are_counted_with_their_place_and_time(
    clips: Path, look: Look
) -> None:
    content = (clips / "plain.ts").read_bytes()
    pids = {
        n: struct.unpack_from(">H", content, 188 * n + 1)[0] & 0x1FFF for n in range(1000, 1100)
    }
    gone = sorted(n for n, pid in pids.items() if pid == 0x100)[:3]
    assert gone[2] - gone[0] == 2  # so that they are one gap

    found = look(without_packets(content, set(gone)), "plain.ts")

    damage = found.document["damage"]
    assert isinstance(damage, list)
    [fault] = damage
    assert (fault["code"], fault["pid"], fault["count"]) == ("lost_packets", 0x100, 3)
    assert fault["from"] == (gone[0] - 1) * 188
    assert fault["to"] == gone[0] * 188
    at = gone[0] * 188 / len(content) * 4_000_000
    assert abs(fault["from_us"] - at) < 1_000_000
    assert fault["from_us"] < fault["to_us"] < fault["from_us"] + 500_000
    assert found.due == ("poster", "stream", "strip", "waveform", "quality", "repair")


def test_bytes_between_packets_are_told(clips: Path, look: Look) -> None:
    content = (clips / "plain.ts").read_bytes()
    middle = len(content) // 376 * 188

    found = look(content[:middle] + b"not a packet" * 19 + content[middle:], "plain.ts")

    assert _words(found) == {("lost_packets", "sync")}


def test_zeros_are_told_with_their_bytes_and_their_time(clips: Path, look: Look) -> None:
    content = bytearray((clips / "fast.mp4").read_bytes())
    start, end = len(content) // 2, len(content) // 2 + 20_000
    content[start:end] = bytes(end - start)

    damage = look(bytes(content), "fast.mp4").document["damage"]

    assert isinstance(damage, list)
    [fault] = damage
    assert fault["code"] == "zero_filled"
    # sound between the pictures is no part of it at the edges, nor a zero that was there before
    assert start - 8 <= fault["from"] <= start + 2000
    assert end - 2000 <= fault["to"] <= end + 8
    assert 1_000_000 < fault["from_us"] < fault["to_us"] < 3_000_000


def test_a_cut_is_told_with_what_is_missing(clips: Path, look: Look) -> None:
    content = (clips / "fast.mp4").read_bytes()
    kept = len(content) * 48 // 100

    found = look(content[:kept], "fast.mp4")

    damage = found.document["damage"]
    assert isinstance(damage, list)
    [fault] = damage
    assert (fault["code"], fault["from"], fault["to"]) == ("cut_off", kept, len(content))
    # the container still says four seconds
    assert found.document["declared_us"] == 4_000_000
    assert 1_500_000 < fault["from_us"] < 2_500_000
    assert fault["to_us"] == 4_000_000
    assert found.facts.duration == fault["from_us"] / 1_000_000
    assert "repair" in found.due


def test_a_claim_of_exabytes_is_told_without_a_number_that_json_has_not(look: Look) -> None:
    huge = FTYP + b"\0\0\0\1mdat" + b"\x7f" + b"\xff" * 7 + b"x" * 99

    damage = look(huge, "MOVI0001.mp4").document["damage"]

    assert isinstance(damage, list)
    assert [(fault["code"], fault["to"]) for fault in damage] == [
        ("no_index", None),
        ("cut_off", None),
    ]


def test_an_avi_that_was_never_finished_is_shown_as_far_as_it_decodes(
    clips: Path, look: Look
) -> None:
    content = bytearray((clips / "plain.avi").read_bytes())
    content[4:8] = bytes(4)

    found = look(bytes(content), "plain.avi")

    assert _words(found) == {("no_index", None)}
    assert found.due == ("poster", "strip", "waveform", "quality", "repair", "proxy")


def test_samples_that_a_recorder_fills_up_with_zeros_are_whole(clips: Path, look: Look) -> None:
    content = (clips / "fast.mp4").read_bytes()
    # the last of a sample's units is made shorter, and what is left of it is zeros
    at = content.index(b"mdat") + 4
    changed = bytearray(content)
    while True:
        length: int = struct.unpack_from(">I", content, at)[0]
        kind = content[at + 4] & 0x1F  # ISO/IEC 14496-10, 7.4.1: 5 is a key frame's slice
        if kind == 5:
            break
        at += 4 + length
    struct.pack_into(">I", changed, at, length - 40)
    changed[at + 4 + length - 40 : at + 4 + length] = bytes(40)

    assert _words(look(bytes(changed), "fast.mp4")) == set()
