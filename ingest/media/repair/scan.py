"""Finds pictures and frames of sound in media that no index describes.

Walks a range of the file: at each place it asks whether a NAL unit, a frame of sound or a block of
telemetry fits there, as the healthy relative's configuration has them. Where nothing fits it looks
for the next two units in a row, and what lies between is dropped with a reason. Reads each byte a
bounded number of times. Decides nothing about times.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.media.repair.errors import RepairError
from ingest.media.repair.fitting import MAX_UNIT, Fitting
from ingest.media.repair.movie import MAX_SAMPLES
from ingest.media.repair.nal import LONG_HEAD, Slice, Unit

# A length of at most 16 MiB, then the header of some NAL unit of either codec
_CANDIDATE = re.compile(rb"(?=\x00[\x00-\x7f][\x00-\xff]{2}[\x01-\x68])", re.DOTALL)
_ZEROS = 64  # in a row; no codec here writes so many
_NEAR = 32 << 10  # bytes that are searched first
_SHORT = 2048  # bytes at the end that may be the beginning of a frame of sound
HARMLESS = 256  # bytes between pictures that are too few to have been a picture
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
    """Scans the file that `fitting` is of."""

    def __init__(self, fitting: Fitting) -> None:
        self._fits, self._source = fitting, fitting.source
        self.found = Scan()
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
            if len(self.found.pictures) + len(self.found.sounds) > MAX_SAMPLES:
                raise RepairError("more samples than are repaired")
        self._close()
        return self.found

    def _take(self, at: int, end: int) -> int:
        unit = self._fits.unit(at, end)
        if unit is not None:
            self._add(at, *unit)
            return unit[1]
        size = self._fits.block(at, end)
        if size:
            self._close()
            self._add_block(at, size)
            return size
        size = self._fits.filler(at, end)
        if size:
            self._close()
            self._drop(at, at + size, "other_track")
            return size
        size = self._fits.frame(at, end)
        if size:
            self._close()
            self.found.sounds.append((at, size, len(self.found.pictures)))
        return size

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
        if self._fits.pictures is not None and size <= LONG_HEAD:
            self._fits.pictures.learn(
                self._source.read(at, size)[self._fits.pictures.length_size :]
            )

    def _close(self) -> None:
        if self._open is not None:
            self._usual = self._open.slices
            self.found.pictures.append(self._open)
        self._open = self._lead = None

    def _add_block(self, at: int, size: int) -> None:
        blocks = self.found.telemetry
        if blocks and sum(blocks[-1]) == at:  # one sample: of several devices
            blocks[-1] = blocks[-1][0], blocks[-1][1] + size
        else:
            blocks.append((at, size))

    def _resume(self, at: int, end: int) -> int:
        """Drop what is no media from `at` on; return where media begin again."""
        zeros = self._source.zeros_end(at, end)
        zeros = zeros if zeros - at >= _ZEROS else at
        # a length before a unit begins with zeros that belong to it
        found = self._next(max(at + 1, zeros - 3), end)
        cut = found == end and zeros == at and self._is_cut(at, end)
        if self._open is not None and self._breaks(self._open, at, end):
            at, self._open = self._open.at, None
        elif self._lead is not None:
            at = self._lead[0]
        self._close()
        self._drop_between(at, found, cut=cut)
        self._lost = self._lost or found - at >= HARMLESS or self._fits.pictures is None
        self.found.resumed += found < end and found - at >= HARMLESS
        return found

    def _next(self, start: int, end: int) -> int:
        """Return the first place at which media begin, as two units in a row say; `end` if none."""
        found = next(self._units_from(start, end), end)
        # What is between two frames of sound is short; a longer search belongs to files of sound.
        reach = _SOUND_SEARCH if self._fits.pictures is None else _BETWEEN
        return next(self._others_from(start, min(found, start + reach), end), found)

    def _units_from(self, start: int, end: int) -> Iterator[int]:
        if self._fits.pictures is None:
            return
        near = min(start + _NEAR, end)  # what is between two pictures is short as a rule
        for low, high in ((start, near), (near, end)):
            for place, piece in self._source.pieces(low, min(high + 8, end), 8):
                for match in _CANDIDATE.finditer(piece):
                    at = place + match.start()
                    unit = self._fits.unit(at, end, whole=False) if at < high else None
                    if unit and self._is_next(at, end, *unit) and self._fits.unit(at, end):
                        yield at

    def _is_next(self, at: int, end: int, unit: Unit, size: int) -> bool:
        """Whether a unit that fits at a place is media: by what follows it, or by its number."""
        if self._fits.anything(at + size, end):
            return True
        found, last = unit.slice, self._open or next(reversed(self.found.pictures), None)
        if self._fits.sound is not None or found is None or not found.starts or last is None:
            return False
        if found.number is None or last.slice.number is None:
            return False
        # unknown sound follows each picture, so nothing fits behind one; H.264 numbers them
        return (found.number - last.slice.number) % found.number_wrap <= 1 or found.reset

    def _others_from(self, start: int, stop: int, end: int) -> Iterator[int]:
        for at in range(start, stop):
            size = (
                self._fits.block(at, end) or self._fits.filler(at, end) or self._fits.frame(at, end)
            )
            if size and self._fits.anything(at + size, end):
                yield at

    def _is_cut(self, at: int, end: int) -> bool:
        """Whether something begins at `at` that the file ends inside."""
        begun = self._fits.begins(at, end)
        if begun is not None and end - at < begun[1] <= MAX_UNIT:
            return True
        return end - at < _SHORT

    def _breaks(self, picture: Picture, at: int, end: int) -> bool:
        """Whether what does not fit at `at` was a part of the picture before it."""
        begun = self._fits.begins(at, end)
        if begun is None:  # too little to tell: by how many slices the others have
            return picture.slices < self._usual
        return begun[0].slice is not None and not begun[0].slice.starts

    def _drop_between(self, at: int, end: int, *, cut: bool) -> None:
        begun = at
        for low, high in self._source.zero_runs(at, end, _ZEROS):
            self._drop(at, low, "cut_off")  # what the zeros took the end of
            self._drop(low, high, "zero_filled")
            at = high
        self._drop(at, end, "cut_off" if cut and at == begun else "unknown")

    def _drop(self, start: int, end: int, why: str) -> None:
        if end > start:
            self.found.dropped.append((start, end, why))


def _is_second(picture: Picture, found: Slice) -> bool:
    """Whether a slice begins the second field of a picture (H.264 7.4.1.2.4)."""
    first = picture.slice
    return (
        picture.fields == 1
        and {first.field, found.field} == {1, 2}
        and first.number == found.number
    )
