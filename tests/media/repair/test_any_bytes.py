"""Whatever the bytes are, the parsers of this folder give a value or their one error, and the task refuses."""

from __future__ import annotations

import random
import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.media.errors import BoxError, TaskRefusedError
from ingest.media.repair.avc import Avc
from ingest.media.repair.bits import Bits
from ingest.media.repair.errors import RepairError
from ingest.media.repair.fitting import Fitting
from ingest.media.repair.hevc import Hevc
from ingest.media.repair.nal import Slice
from ingest.media.repair.opening import read_movie
from ingest.media.repair.order import places
from ingest.media.repair.reading import Source
from ingest.media.repair.rebuilding import pictures_of
from ingest.media.repair.riff import read_avi
from ingest.media.repair.scan import Scanner
from ingest.media.repair.sound import sound_of
from tests.media.repair.conftest import Pair
from tests.media.repair.damage import repair


@given(
    st.binary(max_size=40), st.lists(st.sampled_from(["take", "unsigned", "signed"]), max_size=20)
)
def test_bits_end_in_the_one_error(data: bytes, asked: list[str]) -> None:
    bits = Bits(data)
    for what in asked:
        try:
            number = bits.take(7) if what == "take" else getattr(bits, what)()
        except RepairError:
            return
        assert abs(number) < 1 << 33


@given(st.binary(max_size=200), st.binary(max_size=100), st.integers(1, 1 << 24))
def test_parameter_sets_and_slices_end_in_the_one_error(
    record: bytes, head: bytes, size: int
) -> None:
    for parser, start in ((Avc, b"\1\x64\0\x1f\xff\xe1"), (Hevc, b"\1" + bytes(21) + b"\3")):
        for data in (record, start + record):
            try:
                pictures = parser.configured(data)
            except RepairError:
                pictures = parser()
            for nal in (head, b"\x67" + head, b"\x68" + head, b"\x42\1" + head, b"\x44\1" + head):
                try:
                    pictures.learn(nal)
                    pictures.unit(nal, size)
                except RepairError:
                    continue


slices = st.builds(
    Slice,
    starts=st.just(True),
    reset=st.booleans(),
    key=st.booleans(),
    anchor=st.booleans(),
    count=st.integers(0, 15),
    wrap=st.sampled_from([0, 16]),
    number=st.none(),
)


@given(st.lists(slices, max_size=60))
def test_no_picture_is_shown_before_it_is_decoded_and_no_two_are_decoded_at_once(
    found: list[Slice],
) -> None:
    order = places(found)
    decoded = [place for place, _ in order]
    assert len(order) == len(found)
    assert decoded == sorted(set(decoded))
    assert all(place <= shown for place, shown in order)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 32), hits=st.integers(1, 40))
def test_a_clip_with_any_bytes_changed_is_read_or_refused(
    pair: Pair, tmp_path_factory: pytest.TempPathFactory, seed: int, hits: int
) -> None:
    whole, _ = pair("h264-baseline", "stereo")
    data = bytearray(whole.read_bytes())
    chance = random.Random(seed)  # noqa: S311 - where to hit, not a secret
    index = data.rfind(b"moov")
    for _ in range(hits):
        at = chance.randrange(index, len(data)) if chance.random() < 0.8 else chance.randrange(64)
        data[at] = chance.choice([0, 1, 0x7F, 0xFF, chance.randrange(256)])
    path = tmp_path_factory.mktemp("any") / "clip"
    path.write_bytes(data)
    with path.open("rb") as file:
        try:
            movie = read_movie(Source(file))
        except BoxError:
            return
    for track in movie.tracks if movie else []:
        for ask in (pictures_of, lambda track: sound_of(track, None)):
            try:
                ask(track)
            except RepairError:
                continue


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_a_scan_covers_its_range_once_whatever_is_in_it(
    pair: Pair, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    whole, healthy = pair("h264-b", "stereo")
    data = bytearray(whole.read_bytes())
    chance = random.Random(seed)  # noqa: S311
    for _ in range(chance.randrange(1, 6)):
        at, length = chance.randrange(len(data)), chance.randrange(1, 3000)
        fill = bytes(length) if chance.random() < 0.5 else chance.randbytes(length)
        data[at : at + length] = fill[: len(data) - at]
    path = tmp_path_factory.mktemp("scan") / "clip"
    path.write_bytes(data)
    with healthy.open("rb") as known, path.open("rb") as file:
        like = read_movie(Source(known))
        assert like is not None
        video, audio = like.track("vide"), like.track("soun")
        source = Source(file)
        fitting = Fitting(source, pictures_of(video), sound_of(audio, Source(known)))
        scan = Scanner(fitting).run(48, source.size)
    taken = [(one.at, one.at + one.size) for one in scan.pictures]
    taken += [(at, at + size) for at, size, _ in scan.sounds]
    taken += [(low, high) for low, high, _ in scan.dropped]
    end = 48
    for low, high in sorted(taken):
        assert low >= end
        assert high > low
        end = high
    assert end == source.size


HEADER = (
    b"LIST\x50\0\0\0hdrlLIST\x44\0\0\0strlstrh\x38\0\0\0vidsMJPG"
    + bytes(48)
    + b"LIST\x40\0\0\0movi"
)
chunks = st.builds(
    lambda name, size, data: name + struct.pack("<I", size) + data,
    st.sampled_from([b"00dc", b"01wb", b"LIST", b"ix00", b"07db", b"JUNK"]),
    st.integers(0, 40) | st.integers(0, (1 << 32) - 1),
    st.binary(max_size=40),
)


@given(
    st.binary(max_size=300) | st.lists(chunks, max_size=8).map(lambda all: HEADER + b"".join(all))
)
def test_any_riff_is_read_or_refused(data: bytes) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"RIFF\0\0\0\0AVI " + data)
        file.flush()
        try:
            avi = read_avi(Source(file))
        except RepairError:
            return
    assert avi.chunks


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_the_task_refuses_noise_behind_a_true_beginning(
    pair: Pair, tmp_path: Path, seed: int
) -> None:
    _, healthy = pair("h264-b", "stereo")
    noise = random.Random(seed).randbytes(300_000)  # noqa: S311
    head = struct.pack(">I4s8sI4s", 16, b"ftyp", b"isom\0\0\0\0", 0, b"mdat")
    with pytest.raises(TaskRefusedError):
        repair(tmp_path, head + noise, beside=[healthy])


def test_a_relative_is_not_believed_either(pair: Pair, tmp_path: Path) -> None:
    _, healthy = pair("h264-b", "stereo")
    bad = bytearray(healthy.read_bytes())
    at = bad.rfind(b"avcC")
    bad[at + 4 : at + 40] = bytes(36)
    relative = tmp_path / "relative.mp4"
    relative.write_bytes(bad)
    head = struct.pack(">I4s8sI4s", 16, b"ftyp", b"isom\0\0\0\0", 0, b"mdat")
    with pytest.raises(TaskRefusedError):
        repair(tmp_path, head + bytes(range(256)) * 100, beside=[relative])
