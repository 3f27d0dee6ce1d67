"""Spoilt files in each parser of our own: a value or the parser's one error. `make fuzz` draws more."""

import io
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.media.errors import MediaError
from ingest.media.layout import read_layout
from ingest.media.probe import ebml, transport
from ingest.media.repair import opening
from ingest.media.repair.avc import Avc
from ingest.media.repair.errors import RepairError
from ingest.media.repair.hevc import Hevc
from ingest.media.repair.reading import Source
from ingest.media.stills import ofd
from ingest.media.telemetry.atoms import read_atoms
from ingest.media.telemetry.gpmd import GpmdLook
from ingest.media.telemetry.gpx import read_gpx
from ingest.media.telemetry.nmea import read_nmea
from ingest.media.telemetry.sides import read_side
from ingest.media.telemetry.srt import read_srt
from tests.media.fuzz import seeds

Parser = Callable[[bytes], Any]


def _gpmd(data: bytes) -> Any:
    look = GpmdLook()
    look.take(0, 1000, data)
    return look.points()


def _matroska(data: bytes) -> Any:
    return ebml.segment_end(io.BytesIO(data)), ebml.encrypted(io.BytesIO(data))


def _movie(data: bytes) -> Any:
    with os.fdopen(os.memfd_create("clip"), "w+b") as file:
        file.write(data)
        file.flush()
        return opening.read_movie(Source(file))


def _avc(data: bytes) -> Any:
    pictures = Avc.configured(data)
    with suppress(RepairError):
        pictures.learn(data[8:])
    with suppress(RepairError):
        pictures.unit(data[:64], len(data))
    return pictures


def _hevc(data: bytes) -> Any:
    pictures = Hevc.configured(data)
    with suppress(RepairError):
        pictures.learn(data[8:])
    with suppress(RepairError):
        pictures.unit(data[:64], len(data))
    return pictures


def _side(data: bytes) -> Any:
    return read_side(io.BytesIO(data), start_ms=1_700_000_000_000, duration_ms=60_000)


# what is parsed, by what, from which seeds
PARSERS: dict[str, tuple[Parser, tuple[str, ...] | bytes]] = {
    "layout": (lambda d: read_layout(io.BytesIO(d)), ("a.mp4", "fast.mp4", "parts.mp4", "a.heic")),
    "movie": (_movie, ("a.mp4", "fast.mp4", "parts.mp4", "h265.mp4")),
    "transport": (lambda d: transport.count_packets(io.BytesIO(d)), ("a.ts",)),
    "matroska": (_matroska, ("a.mkv",)),
    "avc": (_avc, ("avcC",)),
    "hevc": (_hevc, ("hvcC",)),
    "atoms": (lambda d: read_atoms(io.BytesIO(d)), seeds.ATOMS),
    "gpmd": (_gpmd, seeds.GPMD),
    "gpx": (read_gpx, seeds.GPX),
    "nmea": (read_nmea, seeds.NMEA),
    "srt": (read_srt, seeds.SRT),
    "sides": (_side, seeds.GPX),
    "ofd": (lambda d: ofd.pages(io.BytesIO(d)), seeds.ofd()),
}


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_a_spoilt_file_gives_a_value_or_the_parsers_own_error(
    healthy: dict[str, bytes], name: str, data: st.DataObject
) -> None:
    parse, kept = PARSERS[name]
    seed = kept if isinstance(kept, bytes) else healthy[data.draw(st.sampled_from(kept))]
    with suppress(MediaError):
        parse(data.draw(seeds.spoilt(seed)))


@pytest.mark.parametrize("name", PARSERS)
def test_a_healthy_file_is_read(healthy: dict[str, bytes], name: str) -> None:
    parse, kept = PARSERS[name]
    for seed in [kept] if isinstance(kept, bytes) else [healthy[one] for one in kept]:
        found = parse(seed)
        assert found is not None
        assert found != []
