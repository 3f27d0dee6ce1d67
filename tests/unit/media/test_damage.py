"""Broken clips: each kind of damage is named, and nothing whole is accused."""

import hashlib
import struct
from pathlib import Path

import pytest

from ingest.media.child import MediaChild
from ingest.media.facts import Damage

FAST, LAST, FRAGMENTED = "faststart.mp4", "whole.mp4", "fragmented.mp4"


def _damage(child: MediaChild, file: Path, content: bytes) -> tuple[Damage, ...]:
    file.write_bytes(content)
    facts = child.probe(file, name=file.name)
    assert facts.damaged is bool(facts.damage)
    return facts.damage


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (LAST, ("no_index", "cut_off")),
        (FAST, ("cut_off",)),
        (FRAGMENTED, ("cut_off",)),
        ("hevc.mp4", ("no_index", "cut_off")),
        ("whole.mov", ("no_index", "cut_off")),
        ("whole.avi", ("cut_off",)),
        ("whole.mkv", ("cut_off",)),
        ("whole.wav", ("cut_off",)),
        ("whole.m4a", ("no_index", "cut_off")),
        ("whole.jpg", ("cut_off",)),
    ],
)
def test_a_cut_clip_is_cut_off(
    clips: Path, child: MediaChild, tmp_path: Path, name: str, found: tuple[Damage, ...]
) -> None:
    content = (clips / name).read_bytes()

    for tenths in (5, 7):
        cut = content[: len(content) * tenths // 10]
        assert _damage(child, tmp_path / name, cut) == found


@pytest.mark.parametrize("name", [LAST, FAST, FRAGMENTED, "whole.avi", "whole.mkv", "whole.jpg"])
def test_one_missing_byte_is_enough(
    clips: Path, child: MediaChild, tmp_path: Path, name: str
) -> None:
    assert "cut_off" in _damage(child, tmp_path / name, (clips / name).read_bytes()[:-1])


def test_a_transport_stream_that_ends_inside_a_packet_is_cut_off(
    clips: Path, child: MediaChild, tmp_path: Path
) -> None:
    content = (clips / "whole.ts").read_bytes()

    assert _damage(child, tmp_path / "cut.ts", content[:-100]) == ("cut_off",)


@pytest.mark.parametrize("name", [LAST, FAST, FRAGMENTED, "whole.ts", "whole.mkv", "whole.avi"])
def test_a_tail_of_zeros_is_found(
    clips: Path, child: MediaChild, tmp_path: Path, name: str
) -> None:
    content = (clips / name).read_bytes()
    kept = len(content) * 6 // 10

    found = _damage(child, tmp_path / name, content[:kept] + bytes(len(content) - kept))

    assert "zero_filled" in found


def test_a_hole_in_the_middle_is_found(clips: Path, child: MediaChild, tmp_path: Path) -> None:
    content = bytearray((clips / FAST).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8192] = bytes(8192)

    assert _damage(child, tmp_path / FAST, bytes(content)) == ("zero_filled",)


def test_a_cut_faststart_clip_keeps_its_poster(
    clips: Path, child: MediaChild, tmp_path: Path
) -> None:
    content = (clips / FAST).read_bytes()
    clip = tmp_path / FAST
    clip.write_bytes(content[: len(content) // 2])

    examined = child.examine(clip, name=FAST, out=tmp_path / "poster.jpg")

    assert examined.poster is not None
    assert examined.facts.plays_in_browser


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", ("cut_off",)),
        (bytes(300_000), ("zero_filled",)),
        (hashlib.shake_128(b"noise").digest(300_000), ("undecodable",)),
        (b"this is not a film\n" * 50, ("undecodable",)),
        (b"#EXTM3U\n", ("undecodable",)),
    ],
    ids=["empty", "zeros", "random", "text", "playlist"],
)
def test_what_is_a_film_by_name_only_is_damaged(
    child: MediaChild, tmp_path: Path, content: bytes, found: tuple[Damage, ...]
) -> None:
    assert _damage(child, tmp_path / "MOVI0001.mp4", content) == found


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _moov(stbl: bytes) -> bytes:
    hdlr = _box(b"hdlr", bytes(8), b"vide", bytes(12))
    track = _box(b"trak", _box(b"mdia", hdlr, _box(b"minf", _box(b"stbl", stbl))))
    return _box(b"ftyp", b"isom", bytes(4)) + _box(b"moov", track)


@pytest.mark.parametrize(
    "stbl",
    [
        _box(b"stsz", bytes(8), b"\xff\xff\xff\xff"),
        _box(b"stco", bytes(4), b"\xff\xff\xff\xff"),
        _box(b"co64", bytes(4), b"\xff\xff\xff\xff"),
        _box(b"stsz", bytes(4), b"\0\0\0\1", b"\xff\xff\xff\xff")
        + _box(b"stsc", bytes(4), b"\xff\xff\xff\xff"),
        _box(b"stsz", bytes(8), b"\0\0\0\x0a", bytes(12)),
    ],
    ids=["sizes", "offsets", "wide offsets", "chunks", "three rows of ten"],
)
def test_a_table_with_absurd_counts_is_undecodable_and_costs_nothing(
    child: MediaChild, tmp_path: Path, stbl: bytes
) -> None:
    needed = b"" if b"stsz" in stbl else _box(b"stsz", bytes(12))

    assert _damage(child, tmp_path / "x.mp4", _moov(needed + stbl)) == ("undecodable",)


@pytest.mark.parametrize(
    "size", [b"\0\0\0\2", b"\0\0\0\7"], ids=["shorter than a header", "one byte short"]
)
def test_a_box_shorter_than_its_header_is_undecodable(
    child: MediaChild, tmp_path: Path, size: bytes
) -> None:
    content = _box(b"ftyp", b"isom", bytes(4)) + size + b"moov" + bytes(64)

    assert _damage(child, tmp_path / "x.mp4", content) == ("undecodable",)


def test_a_box_of_exabytes_is_cut_off(child: MediaChild, tmp_path: Path) -> None:
    content = _box(b"ftyp", b"isom", bytes(4)) + b"\0\0\0\1mdat" + b"\x7f" + b"\xff" * 7 + b"x" * 99

    assert _damage(child, tmp_path / "x.mp4", content) == ("no_index", "cut_off")


def test_a_picture_of_gigapixels_is_not_decoded(
    clips: Path, child: MediaChild, tmp_path: Path
) -> None:
    content = bytearray((clips / "whole.jpg").read_bytes())
    frame = content.index(b"\xff\xc0")  # ITU-T T.81, B.2.2: SOF0, length, precision, lines, samples
    content[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    photo = tmp_path / "huge.jpg"
    photo.write_bytes(bytes(content))

    examined = child.examine(photo, name="huge.jpg", out=tmp_path / "poster.jpg")

    assert examined.poster is None
    assert "parser_crashed" not in examined.facts.damage
