"""Finds pictures and frames of sound in media that no index describes.

Walks a range of the file: at each place it asks whether a NAL unit, a frame of sound or a block of
telemetry fits there, as the healthy relative's configuration has them. Where nothing fits it looks
for the next two units in a row, and what lies between is dropped with a reason. Reads each byte a
bounded number of times. Decides nothing about times.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.media.repair.errors import RepairError
from ingest.media.repair.movie import MAX_SAMPLES
from ingest.media.repair.nal import HEAD, LONG_HEAD, Pictures, Slice, Unit
from ingest.media.repair.reading import PIECE, Source
from ingest.media.repair.sound import Sound

MAX_UNIT = 8 << 20  # bytes of a NAL unit; level 6.2 has larger ones, recorders do not
_TELEMETRY = b"DEVC"  # the outermost key of a GoPro sample
_LONG_KINDS = re.compile(rb"[\x06\x27\x47\x67\x28\x48\x68\x40\x42\x44\x4e\x50]", re.DOTALL)
# A length of at most 16 MiB, then the header of some NAL unit of either codec
_CANDIDATE = re.compile(rb"(?=\x00[\x00-\x7f][\x00-\xff]{2}[\x01-\x68])", re.DOTALL)
_NEVER_INSIDE = (b"\0\0\0", b"\0\0\1", b"\0\0\2")  # H.264 7.4.1, H.265 7.4.2
_ZEROS = 64  # in a row; no codec here writes so many
_SHORT = 2048  # bytes at the end that may be the beginning of a frame of sound
_HARMLESS = 256  # bytes between pictures that are too few to have been a picture
_BETWEEN = 1024  # bytes of unknown tracks that are searched for a frame of sound
_SOUND_SEARCH = 64 << 10  # bytes of a file of sound alone that are searched for the next frame


@dataclass(slots=True, kw_only=True)
class Picture:
    """One coded picture."""

    at: int
    size: int
    slice: Slice
    key: bool
    after_loss: bool  # a picture before it may be missing
    fields: int = 1
    slices: int = 1


@dataclass(slots=True, kw_only=True)
class Scan:
    """What a range held, in its order."""

    pictures: list[Picture] = field(default_factory=list)
    sounds: list[tuple[int, int, int]] = field(
        default_factory=list
    )  # place, size, pictures before it
    telemetry: list[tuple[int, int]] = field(default_factory=list)
    dropped: list[tuple[int, int, str]] = field(default_factory=list)
    resumed: int = 0  # times that something was found again after a loss


class Scanner:
    """Scans one file.

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
        sound: Sound | None,
        *,
        telemetry: bool = False,
        fillers: Sequence[tuple[bytes, int]] = (),
        strict: bool = True,
    ) -> None:
        self._source, self._pictures, self._sound = source, pictures, sound
        self._telemetry, self._fillers, self._strict = telemetry, fillers, strict
        self._scan = Scan()
        self._open: Picture | None = None
        self._lead: tuple[int, bool] | None = None  # where units before a picture begin; an entry?
        self._lost = False
        self._usual = 1  # slices of the last whole picture

    def run(self, start: int, end: int) -> Scan:
        """Scan a range.

        Raises:
            RepairError: it holds more samples than are repaired.
        """
        at = start
        while at < end:
            size = self._take(at, end)
            if size:
                at += size
            else:
                at = self._resume(at, end)
            if len(self._scan.pictures) + len(self._scan.sounds) > MAX_SAMPLES:
                raise RepairError("more samples than are repaired")
        self._close()
        return self._scan

    def _take(self, at: int, end: int) -> int:
        unit = self.unit(at, end)
        if unit is not None:
            self._add(at, *unit)
            return unit[1]
        size = self._block(at, end)
        if size:
            self._close()
            self._add_block(at, size)
            return size
        size = self._filler(at, end)
        if size:
            self._close()
            self._drop(at, at + size, "other_track")
            return size
        size = self._sound_at(at, end)
        if size:
            self._close()
            self._scan.sounds.append((at, size, len(self._scan.pictures)))
        return size

    def unit(self, at: int, end: int, *, whole: bool = True) -> tuple[Unit, int] | None:
        """Return the NAL unit that fits at a place, with its size; or None.

        `whole` also looks at all of its bytes.
        """
        if self._pictures is None:
            return None
        prefix = self._pictures.length_size
        head = self._source.read(at, prefix + HEAD)
        length = int.from_bytes(head[:prefix])
        if not 0 < length <= min(MAX_UNIT, end - at - prefix):
            return None
        if length > HEAD and _LONG_KINDS.match(head, prefix):
            head = self._source.read(at, prefix + min(length, LONG_HEAD))
        try:
            unit = self._pictures.unit(head[prefix : prefix + length], length)
        except RepairError:
            return None
        if whole and self._strict and not self._clean(at + prefix, length):
            return None
        return unit, prefix + length

    def _clean(self, at: int, length: int) -> bool:
        data = self._source.read(at, length)
        return data[-1] != 0 and not any(never in data for never in _NEVER_INSIDE)

    def _add(self, at: int, unit: Unit, size: int) -> None:
        found = unit.slice
        if found is None:
            if unit.leads:
                begun, entry = self._lead or (at, False)
                self._close()
                self._lead = begun, entry or unit.entry
                self._learn(at, size)
            elif self._open is not None:
                self._open.size += size
            return
        if self._open is not None and (not found.starts or _is_second(self._open, found)):
            self._open.size += size
            self._open.fields += found.starts
            self._open.slices += 1
            return
        begun, entry = self._lead or (at, False)
        self._close()
        if not found.starts:  # its first slice is lost
            self._drop(begun, at + size, "unknown")
            self._lost = True
            return
        self._open = Picture(
            at=begun,
            size=at + size - begun,
            slice=found,
            key=found.key or entry,
            after_loss=self._lost,
        )
        self._lost = False

    def _learn(self, at: int, size: int) -> None:
        """Take a parameter set in that lies in the stream: later pictures may be by it."""
        if self._pictures is not None and size <= LONG_HEAD:
            self._pictures.learn(self._source.read(at, size)[self._pictures.length_size :])

    def _close(self) -> None:
        if self._open is not None:
            self._usual = self._open.slices
            self._scan.pictures.append(self._open)
        self._open = self._lead = None

    def _add_block(self, at: int, size: int) -> None:
        blocks = self._scan.telemetry
        if blocks and sum(blocks[-1]) == at:  # one sample: of several devices
            blocks[-1] = blocks[-1][0], blocks[-1][1] + size
        else:
            blocks.append((at, size))

    def _filler(self, at: int, end: int) -> int:
        for begins, size in self._fillers:
            if size <= end - at and self._source.read(at, len(begins)) == begins:
                return size
        return 0

    def _block(self, at: int, end: int) -> int:
        """Return the size of a block of GoPro telemetry at a place (GPMF: key, type, size, repeat)."""
        if not self._telemetry:
            return 0
        head = self._source.read(at, 8)
        if head[:4] != _TELEMETRY or head[4]:
            return 0
        size = 8 + -(-head[5] * int.from_bytes(head[6:8]) // 4) * 4
        return size if 8 < size <= end - at else 0

    def _resume(self, at: int, end: int) -> int:
        """Drop what is no media from `at` on; return where media begin again."""
        zeros = self._source.zeros_end(at, end)
        zeros = zeros if zeros - at >= _ZEROS else at
        # a length before a unit begins with zeros that belong to it
        found = self._next(max(at + 1, zeros - 3), end)
        cut = found == end and zeros == at and self._is_cut(at, end)
        if self._open is not None and self._breaks(self._open, at):
            at, self._open = self._open.at, None
        elif self._lead is not None:
            at = self._lead[0]
        self._close()
        self._drop_between(at, found, cut=cut)
        self._lost = self._lost or found - at >= _HARMLESS or self._pictures is None
        self._scan.resumed += found < end and found - at >= _HARMLESS
        return found

    def _next(self, start: int, end: int) -> int:
        """Return the first place at which media begin, as two units in a row say; `end` if none."""
        found = next(self._units_from(start, end), end)
        # What is between two frames of sound is short; a longer search belongs to files of sound.
        reach = _SOUND_SEARCH if self._pictures is None else _BETWEEN
        return next(self._others_from(start, min(found, start + reach), end), found)

    def _units_from(self, start: int, end: int) -> Iterator[int]:
        if self._pictures is None:
            return
        for place, piece in self._source.pieces(start, end, 8):
            for match in _CANDIDATE.finditer(piece):
                at = place + match.start()
                unit = self.unit(at, end, whole=False) if match.start() < PIECE else None
                if unit and self._goes_on(at + unit[1], end) and self.unit(at, end):
                    yield at

    def _others_from(self, start: int, stop: int, end: int) -> Iterator[int]:
        for at in range(start, stop):
            size = self._block(at, end) or self._filler(at, end) or self._sound_at(at, end)
            if size and self._goes_on(at + size, end):
                yield at

    def _goes_on(self, at: int, end: int) -> bool:
        if at == end or self.unit(at, end, whole=False) or self._block(at, end):
            return True
        if self._filler(at, end):
            return True
        return self._sound_at(at, end) > 0

    def _sound_at(self, at: int, end: int) -> int:
        return self._sound.size(self._source, at, end) if self._sound else 0

    def _is_cut(self, at: int, end: int) -> bool:
        """Whether a unit begins at `at` that the file ends inside."""
        rest_of_sound = end - at < _SHORT
        if self._pictures is None:
            return rest_of_sound
        prefix = self._pictures.length_size
        head = self._source.read(at, prefix + HEAD)
        length = int.from_bytes(head[:prefix])
        if at + prefix + length <= end or length > MAX_UNIT:
            return rest_of_sound
        try:
            self._pictures.unit(head[prefix:], length)
        except RepairError:
            return rest_of_sound
        return True

    def _breaks(self, picture: Picture, at: int) -> bool:
        """Whether what does not fit at `at` was a part of the picture before it."""
        if self._pictures is None:
            return False
        prefix = self._pictures.length_size
        try:
            unit = self._pictures.unit(self._source.read(at, prefix + HEAD)[prefix:], MAX_UNIT)
        except RepairError:  # too little to tell: by how many slices the others have
            return picture.slices < self._usual
        return unit.slice is not None and not unit.slice.starts

    def _drop_between(self, at: int, end: int, *, cut: bool) -> None:
        begun = at
        for low, high in self._source.zero_runs(at, end, _ZEROS):
            self._drop(at, low, "cut_off")  # what the zeros took the end of
            self._drop(low, high, "zero_filled")
            at = high
        self._drop(at, end, "cut_off" if cut and at == begun else "unknown")

    def _drop(self, start: int, end: int, why: str) -> None:
        if end > start:
            self._scan.dropped.append((start, end, why))


def _is_second(picture: Picture, found: Slice) -> bool:
    """Whether a slice begins the second field of a picture (H.264 7.4.1.2.4)."""
    first = picture.slice
    return (
        picture.fields == 1
        and {first.field, found.field} == {1, 2}
        and first.number == found.number
    )
