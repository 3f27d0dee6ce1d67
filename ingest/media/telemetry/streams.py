"""Telemetry inside a clip: its `gpmd` data stream or subtitles that hold positions, demuxed with PyAV.

Only those streams are read; nothing is decoded. Keeps the payloads as they are, within bounds.
"""

from __future__ import annotations  # PyAV's classes take their parameters in annotations only

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Stream

from ingest.media.probe.opening import packets
from ingest.media.telemetry.gpmd import GpmdLook
from ingest.media.telemetry.points import Point, Sieve
from ingest.media.telemetry.srt import position
from ingest.media.telemetry.texts import decoded

MOST_KEPT: Final = 6 << 20  # bytes of payloads; in base64 they and the track fit one answer
_LARGEST: Final = 16 << 20  # bytes of a payload that is looked at; GPMF's length cannot say more
_NEST: Final = b"DEVC"


@dataclass(slots=True, kw_only=True)
class Originals:
    """Payloads as they were: all of them, or where they are too large only their streams with positions.

    Attributes:
        left_out: bytes of payloads that are not in `raw`.
    """

    left_out: int = 0
    _all: bytearray | None = field(default_factory=bytearray)
    _positions: bytearray = field(default_factory=bytearray)
    _seen: int = 0

    def add(self, payload: bytes, positions: list[memoryview]) -> None:
        """Keep a payload and the parts of it that hold positions."""
        self._seen += len(payload)
        if self._all is not None:
            self._all += payload
            if len(self._all) > MOST_KEPT:
                self._all = None
        for part in positions:
            if len(self._positions) + len(part) <= MOST_KEPT:
                self._positions += part

    @property
    def raw(self) -> bytes:
        """What was kept."""
        kept = bytes(self._positions if self._all is None else self._all)
        self.left_out = self._seen - len(kept)
        return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What one stream says."""

    source: str
    stream: int
    kind: str | None  # gpmd: which of its streams
    points: list[Point]
    sieve: Sieve
    broken: int  # payloads that were none
    raw: bytes
    left_out: int
    device: dict[str, str]


def read_streams(container: InputContainer) -> list[Inside]:
    """Look at every data and then every subtitle stream of an open clip, which may end early."""
    wanted = [stream for stream in container.streams if stream.type in {"data", "subtitle"}]
    _only(container, wanted)
    looks = {stream.index: GpmdLook() for stream in wanted if stream.type == "data"}
    titles = {stream.index: Sieve() for stream in wanted if stream.type == "subtitle"}
    kept = {stream.index: Originals() for stream in wanted}
    for packet in _packets(container, wanted):
        index, payload = packet.stream.index, bytes(packet)
        if index in titles:
            _take_title(titles[index], kept[index], packet, payload)
        elif payload[:4] == _NEST:
            looks[index].take(_ms(packet, packet.pts), _ms(packet, packet.duration), payload)
            kept[index].add(payload, looks[index].positions)
    found = [_of_gpmd(index, look, kept[index]) for index, look in looks.items()]
    return found + [_of_titles(index, sieve, kept[index]) for index, sieve in titles.items()]


def glance(container: InputContainer, *, least: int, most: int) -> GpmdLook:
    """Look at the GoPro telemetry of an open clip: `least` payloads, and on until there is a place or `most`."""
    wanted = [stream for stream in container.streams if stream.type == "data"]
    look, seen = GpmdLook(), 0
    _only(container, wanted)
    for packet in _packets(container, wanted):
        payload = bytes(packet)
        if payload[:4] == _NEST:
            look.take(_ms(packet, packet.pts), _ms(packet, packet.duration), payload)
            seen += 1
        if (look.kind is not None and seen >= least) or seen >= most:
            break
    return look


def _only(container: InputContainer, wanted: list[Stream]) -> None:
    for stream in container.streams:
        stream.discard = Discard.default if stream in wanted else Discard.all


def _packets(container: InputContainer, wanted: list[Stream]) -> Iterator[Packet[Stream]]:
    if not wanted:
        return
    try:
        for packet in packets(container, wanted):
            if packet.pts is not None and 0 < packet.size <= _LARGEST:
                yield packet
    except av.FFmpegError:
        return


def _ms(packet: Packet[Stream], ticks: int | None) -> float:
    return float((ticks or 0) * packet.time_base * 1000)


def _take_title(sieve: Sieve, kept: Originals, packet: Packet[Stream], payload: bytes) -> None:
    # 3GPP TS 26.245, 5.17: timed text begins with its length in two bytes; SubRip in Matroska does not
    length = int.from_bytes(payload[:2])
    timed = packet.stream.name == "mov_text" and length <= len(payload) - 2
    text = payload[2 : 2 + length] if timed else payload
    point = position(decoded(text[:4096]), ms=round(_ms(packet, packet.pts)))
    if point is not None:
        sieve.take(point)
        kept.add(payload, [])


def _of_gpmd(index: int, look: GpmdLook, kept: Originals) -> Inside:
    points, raw = look.points(), kept.raw
    return Inside(
        source="gpmd",
        stream=index,
        kind=look.kind,
        points=points,
        sieve=look.sieve,
        broken=look.broken,
        raw=raw,
        left_out=kept.left_out,
        device=look.device,
    )


def _of_titles(index: int, sieve: Sieve, kept: Originals) -> Inside:
    raw = kept.raw
    return Inside(
        source="subtitle",
        stream=index,
        kind=None,
        points=sieve.points(),
        sieve=sieve,
        broken=0,
        raw=raw,
        left_out=kept.left_out,
        device={},
    )
