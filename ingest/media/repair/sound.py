"""Where a frame of sound ends: asked of the decoder, because raw AAC frames do not say their length.

ISO/IEC 14496-3, 4.4.2.1: a `raw_data_block` ends where its elements end. The decoder refuses a
frame that is cut by a single byte, so the shortest piece that it takes is the frame. Runs in the
confined child only, as every decoder does.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

import av

from ingest.media.boxes import child, number
from ingest.media.errors import BoxError
from ingest.media.repair.errors import RepairError
from ingest.media.repair.movie import Track
from ingest.media.repair.reading import Source
from ingest.media.repair.tables import PCM

_FRAME = 768  # bytes for each channel: 6144 bits, ISO/IEC 14496-3, 4.5.3.1
_SIZES = 32  # of pieces of plain sound that are tried
_LEARNT = 2048  # frames of a healthy clip that say how frames begin
_ENCODER = 0xDE >> 1  # a fill element before the first frame, in which encoders name themselves
_LENGTHS = frozenset({960, 1024, 1920, 2048})  # samples of a frame, without and with SBR
_REFUSED_AT_ONCE = "avcodec_send_packet()"  # the decoder did not take the first frame of a piece


class Sound(Protocol):
    """Finds frames of one kind of sound."""

    def size(self, source: Source, at: int, end: int) -> int:
        """Return the size of the whole frame that begins at `at`, 0 where none does."""

    def whole(self, data: bytes) -> bool:
        """Return whether `data` is exactly one frame."""


class Aac:
    """Finds raw AAC frames of one configuration.

    Args:
        configuration: AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
        channels: how many, as the sample entry says.
        begins: the first seven bits that its frames have: an element's kind and number.

    Raises:
        RepairError: the decoder does not take the configuration.
    """

    def __init__(self, configuration: bytes, channels: int, begins: frozenset[int]) -> None:
        self._starts = begins
        self._most = _FRAME * max(1, min(channels, 8))
        # Created by name: a decoder, so what comes back has `decode`.
        self._decoder = av.CodecContext.create("aac", "r")
        self._decoder.extradata = configuration
        self._decoder.thread_count = 1
        try:
            self._decoder.open()
        except (av.FFmpegError, ValueError) as error:
            raise RepairError("a sound configuration that no decoder takes") from error

    def size(self, source: Source, at: int, end: int) -> int:
        """Return the size of the whole frame that begins at `at`, 0 where none does."""
        data = source.read(at, min(self._most, end - at))
        if not data or data[0] >> 1 not in self._starts or not any(data[:16]):
            return 0
        if not self._begins(data):
            return 0
        low, high = 0, len(data)  # a piece of `low` is too short, one of `high` is not
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._begins(data[:middle]) else (middle, high)
        return high if self.whole(data[:high]) else 0

    def whole(self, data: bytes) -> bool:
        """Return whether `data` is exactly one frame."""
        try:
            frames = self._decode(data)
        except av.FFmpegError:
            return False
        return len(frames) == 1 and frames[0].samples in _LENGTHS

    def _begins(self, data: bytes) -> bool:
        try:
            self._decode(data)
        except av.FFmpegError as error:
            return error.filename != _REFUSED_AT_ONCE
        return True

    def _decode(self, data: bytes) -> list[av.AudioFrame]:
        decoded = self._decoder.decode(av.Packet(data)) if data else []
        return [frame for frame in decoded if isinstance(frame, av.AudioFrame)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """Sound that is not encoded: nothing says where it ends but what follows, and how much there is at a time.

    Attributes:
        sizes: of the pieces in which a healthy relative holds it, the most frequent first.
    """

    sizes: tuple[int, ...]

    def size(self, source: Source, at: int, end: int) -> int:  # noqa: ARG002 - as all of `Sound`
        """Return 0: no frame can be told by its own bytes."""
        return 0

    def whole(self, data: bytes) -> bool:
        """Return whether there is anything."""
        return bool(data)


def sound_of(track: Track | None, source: Source | None) -> Sound | None:
    """Return what finds the frames of a track's sound, None where its frames cannot be told.

    Args:
        track: a track with sound.
        source: the file that its samples are in, where they are to be believed.

    Raises:
        RepairError: the track says what its sound is, and is wrong.
    """
    if track is not None and track.codec in PCM and source is not None:
        counted = Counter(sample.size for sample in track.samples)
        return Plain(sizes=tuple(size for size, _ in counted.most_common(_SIZES)))
    if track is None or track.codec != "mp4a":
        return None
    entry = memoryview(track.entry)
    if len(entry) < 28:
        raise RepairError("a sample entry that is too short")
    try:
        configuration = _configuration(entry)
    except BoxError as error:
        raise RepairError("a sample entry of sound that is malformed") from error
    channels = number(entry, 16, 2)
    seen = {
        source.read(sample.at, 1)[0] >> 1
        for sample in track.samples[:_LEARNT]
        if source is not None and 0 < sample.size <= source.size - sample.at
    }
    # 4.4.2.1: two channels are one pair (1), others begin with a single one (0)
    begins = frozenset(seen) or frozenset({0x10 if channels == 2 else 0x00, _ENCODER})
    return Aac(configuration, channels, begins) if configuration else None


def _configuration(entry: memoryview) -> bytes:
    # ISO/IEC 14496-12, 12.2.3; QuickTime's versions 1 and 2 put 16 and 36 bytes more before the boxes
    boxes = entry[28 + {1: 16, 2: 36}.get(number(entry, 8, 2), 0) :]
    esds = child(boxes, b"esds")
    if esds is None:
        esds = child(boxes, b"wave", b"esds")
    if esds is None:
        raise RepairError("a sample entry without a decoder configuration")
    # ISO/IEC 14496-1, 7.2.6: ES_Descriptor, in it DecoderConfigDescriptor, in it the configuration
    at = _inside(esds, 4, 3)
    flags = number(esds, at + 2, 1)
    at += 3 + 2 * bool(flags & 0x80) + 2 * bool(flags & 0x20)
    if flags & 0x40:
        at += 1 + number(esds, at, 1)
    at = _inside(esds, at, 4)
    if number(esds, at, 1) != 0x40:  # table 5: ISO/IEC 14496-3
        return b""
    at = _inside(esds, at + 13, 5)
    length = number(esds, at - 1, 1) & 0x7F
    return bytes(esds[at : at + length])


def _inside(data: memoryview, at: int, tag: int) -> int:
    # ISO/IEC 14496-1, 8.3.3: a tag, and a length of one to four bytes
    if number(data, at, 1) != tag:
        raise RepairError(f"a descriptor that is not {tag}")
    for width in range(1, 5):
        if not number(data, at + width, 1) & 0x80:
            return at + width + 1
    raise RepairError("a descriptor whose length does not end")
