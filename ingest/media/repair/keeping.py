"""Keeps the whole samples of a file whose index is there and whose media are not all.

A sample is whole where the file still has all of its bytes, they are not the zeros of blocks that
were never written, and its units fill it. Pictures that cannot be decoded without a lost one are
left out as well. Times stay as the index has them.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace

from ingest.media.repair.errors import RepairError
from ingest.media.repair.fitting import Fitting
from ingest.media.repair.movie import Movie, Sample, Track
from ingest.media.repair.nal import Pictures
from ingest.media.repair.reading import Source
from ingest.media.repair.rebuilding import Rebuilt, is_strict, pictures_of
from ingest.media.repair.sound import Sound, sound_of
from ingest.media.repair.tables import PCM

_ZEROS = 4096  # in a row: more than any codec writes, and less than a block
_PLAIN_ZEROS = 1 << 20  # in a row, in sound that is not encoded: silence has many
_NEAR = 1 << 17  # bytes around a damaged place where samples are looked at closely


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """Decides whether the samples of one track are whole."""

    source: Source
    fitting: Fitting
    strict: bool
    sound: Sound | None
    zeros: list[tuple[int, int]]
    suspect: list[int]  # places near which the bytes themselves are looked at

    def why_not(self, sample: Sample) -> str | None:
        """Return why a sample is not whole, None where it is."""
        end = sample.at + sample.size
        if end > self.source.size:
            return "cut_off"
        index = bisect_right(self.zeros, (end - 1, 1 << 63)) - 1
        if sample.size and index >= 0 and self.zeros[index][1] > sample.at:
            return "zero_filled"
        near = bisect_right(self.suspect, end + _NEAR) - 1
        closely = near >= 0 and self.suspect[near] >= sample.at - _NEAR
        return None if self._fits(sample, closely=closely) else "unknown"

    def _fits(self, sample: Sample, *, closely: bool) -> bool:
        if self.sound is not None:
            return not closely or self.sound.whole(self.source.read(sample.at, sample.size))
        at, end = sample.at, sample.at + sample.size
        while self.fitting.pictures is not None and at < end:
            unit = self.fitting.unit(at, end, whole=closely and self.strict)
            if unit is None:
                return False
            at += unit[1]
        return True


def keep(movie: Movie, source: Source) -> Rebuilt:
    """Return the movie with its whole samples only.

    Raises:
        RepairError: not one sample is whole.
    """
    dropped = list[tuple[int, int, str]]()
    tracks = list[Track]()
    spans = movie.media or [(0, source.size)]
    zeros = [run for span in spans for run in source.zero_runs(*span, _ZEROS)]
    for track in movie.tracks:
        if track.external or not track.samples:
            continue
        own = [(a, b) for a, b in zeros if track.codec not in PCM or b - a >= _PLAIN_ZEROS]
        judge = _judge(track, source, own)
        kept = _kept(track, judge, dropped)
        if kept:
            tracks.append(replace(track, samples=kept))
    if not any(track.handler in {"vide", "soun"} for track in tracks):
        raise RepairError("not one whole sample")
    return Rebuilt(movie=replace(movie, tracks=tracks), dropped=sorted(dropped))


def _judge(track: Track, source: Source, zeros: list[tuple[int, int]]) -> _Judge:
    pictures: Pictures | None = None
    sound: Sound | None = None
    try:
        pictures = pictures_of(track) if track.handler == "vide" else None
        sound = sound_of(track, None) if track.handler == "soun" else None
    except RepairError:
        pictures = sound = None  # judged by its bytes being there
    strict = is_strict(track, source, pictures)
    return _Judge(
        source=source,
        fitting=Fitting(source, pictures),
        strict=strict,
        sound=sound,
        zeros=zeros,
        suspect=sorted({source.size, *(place for run in zeros for place in run)}),
    )


def _kept(track: Track, judge: _Judge, dropped: list[tuple[int, int, str]]) -> list[Sample]:
    kept = list[Sample]()
    waits = False
    for sample in track.samples:
        why = judge.why_not(sample)
        if why is None and waits and not sample.key:
            why = "depends_on_lost"
        waits = why is not None
        if why is None:
            kept.append(sample)
        elif sample.size and sample.at < judge.source.size:
            dropped.append((sample.at, min(sample.at + sample.size, judge.source.size), why))
    return kept
