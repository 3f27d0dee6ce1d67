"""What fits at a place of a file: a NAL unit, a frame of sound, a block of telemetry, a known filler.

A fit is a claim of a few bytes, or with `whole` of all bytes of a unit. Whether media really lie
there is for the scanner to conclude from what follows. Never reads past what it is given as end.
"""

import re
from collections.abc import Sequence

from ingest.media.repair.errors import RepairError
from ingest.media.repair.nal import HEAD, LONG_HEAD, Pictures, Unit
from ingest.media.repair.reading import Source
from ingest.media.repair.sound import Plain, Sound

MAX_UNIT = 8 << 20  # bytes of a NAL unit; level 6.2 has larger ones, recorders do not
_TELEMETRY = b"DEVC"  # the outermost key of a GoPro sample
_LONG_KINDS = re.compile(rb"[\x06\x27\x47\x67\x28\x48\x68\x40\x42\x44\x4e\x50]", re.DOTALL)
_NEVER_INSIDE = (b"\0\0\0", b"\0\0\1", b"\0\0\2")  # H.264 7.4.1, H.265 7.4.2


class Fitting:
    """Says what fits in one file.

    Args:
        source: the file.
        pictures: reads its NAL units; None for a file of sound.
        sound: finds its frames of sound; None where there is none or it cannot be told.
        telemetry: blocks of GoPro telemetry may lie between.
        fillers: how samples of other tracks begin, and their size.
        strict: no unit holds what H.264 and H.265 forbid in one, as encoders have it.
    """

    def __init__(
        self,
        source: Source,
        pictures: Pictures | None,
        sound: Sound | None = None,
        *,
        telemetry: bool = False,
        fillers: Sequence[tuple[bytes, int]] = (),
        strict: bool = True,
    ) -> None:
        self.source, self.pictures, self.sound = source, pictures, sound
        self._telemetry, self._fillers, self._strict = telemetry, fillers, strict

    def unit(self, at: int, end: int, *, whole: bool = True) -> tuple[Unit, int] | None:
        """Return the NAL unit that fits at a place, with its size; or None.

        `whole` also looks at all of its bytes.
        """
        if self.pictures is None:
            return None
        prefix = self.pictures.length_size
        head = self.source.read(at, prefix + HEAD)
        length = int.from_bytes(head[:prefix])
        if not 0 < length <= min(MAX_UNIT, end - at - prefix):
            return None
        if length > HEAD and _LONG_KINDS.match(head, prefix):
            head = self.source.read(at, prefix + min(length, LONG_HEAD))
        try:
            unit = self.pictures.unit(head[prefix : prefix + length], length)
        except RepairError:
            return None
        if whole and self._strict and not self._clean(at + prefix, length):
            return None
        return unit, prefix + length

    def _clean(self, at: int, length: int) -> bool:
        data = self.source.read(at, length)
        return data[-1] != 0 and not any(never in data for never in _NEVER_INSIDE)

    def begins(self, at: int, end: int) -> tuple[Unit, int] | None:
        """Return the NAL unit whose head fits at a place, and the length that it claims; or None."""
        if self.pictures is None:
            return None
        prefix = self.pictures.length_size
        head = self.source.read(at, min(prefix + HEAD, end - at))
        length = int.from_bytes(head[:prefix])
        try:
            return self.pictures.unit(head[prefix:], max(length, HEAD)), length
        except RepairError:
            return None

    def block(self, at: int, end: int) -> int:
        """Return the size of a block of GoPro telemetry at a place (GPMF: key, type, size, repeat)."""
        if not self._telemetry:
            return 0
        head = self.source.read(at, 8)
        if head[:4] != _TELEMETRY or head[4]:
            return 0
        size = 8 + -(-head[5] * int.from_bytes(head[6:8]) // 4) * 4
        return size if 8 < size <= end - at else 0

    def filler(self, at: int, end: int) -> int:
        """Return the size of a sample of another track that fits at a place; or 0."""
        for begins, size in self._fillers:
            if size <= end - at and self.source.read(at, len(begins)) == begins:
                return size
        return 0

    def frame(self, at: int, end: int) -> int:
        """Return the size of the frame of sound that fits at a place; or 0."""
        if isinstance(self.sound, Plain):
            return self._plain(self.sound, at, end)
        return self.sound.size(self.source, at, end) if self.sound else 0

    def _plain(self, sound: Plain, at: int, end: int) -> int:
        """Return the size of a piece of plain sound: a known one, and a picture behind it."""
        if self.begins(at, end) is not None:
            return 0  # rather a picture that is not whole
        return next((size for size in sound.sizes if self.unit(at + size, end)), 0)

    def anything(self, at: int, end: int) -> bool:
        """Whether anything fits at a place, or the range ends there."""
        if at == end or self.unit(at, end, whole=False) is not None:
            return True
        return (self.block(at, end) or self.filler(at, end) or self.frame(at, end)) > 0
