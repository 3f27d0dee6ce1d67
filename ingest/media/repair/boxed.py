"""Repairs MP4 and QuickTime files: with their own index where they have one, with a relative's where not.

Which way is taken is decided by the bytes, not by what somebody said of them. Where an index
contradicts its media, both ways are tried and the one that shows more pictures is taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.media.errors import BoxError, TaskRefusedError
from ingest.media.repair.errors import RepairError
from ingest.media.repair.fitting import Fitting
from ingest.media.repair.keeping import keep
from ingest.media.repair.movie import Movie, Sample, Track
from ingest.media.repair.opening import read_movie, unindexed_media
from ingest.media.repair.parameters import movie_from_stream
from ingest.media.repair.reading import Source
from ingest.media.repair.rebuilding import Rebuilt, fillers, is_strict, pictures_of, rebuild
from ingest.media.repair.report import Repair, rest
from ingest.media.repair.scan import Scan, Scanner
from ingest.media.repair.sound import Sound, sound_of

_GOOD = 0.9  # of the media's bytes: no further relative is tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What is to be written."""

    movie: Movie
    repair: Repair
    own: bool  # with the file's own boxes


def mend(source: Source, relatives: Mapping[int, Source], *, contradicts: bool) -> Mended:
    """Return what of a damaged file can be written.

    Args:
        source: the file.
        relatives: healthy files of the same recorder by number, the best first.
        contradicts: its tables are known to contradict its media.

    Raises:
        TaskRefusedError: nothing can be recovered, or not without a relative.
    """
    try:
        movie = read_movie(source)
    except BoxError:
        movie = None
    if movie is None:
        return _by_relative(source, relatives)
    if any(track.codec in {"encv", "enca"} for track in movie.tracks):
        raise TaskRefusedError("encrypted")
    kept = scanned = None
    if not movie.contradicts:
        kept = _kept(movie, source)
    if kept is not None and _share(kept, source) > 1:
        kept = None  # samples that share their bytes: the tables are wrong
    if contradicts or kept is None or _share(kept, source) < _GOOD:
        scanned = _by_own(movie, source, relatives)
    if kept is not None and (scanned is None or kept.repair.frames >= scanned.repair.frames):
        return kept
    if scanned is None:
        raise TaskRefusedError("nothing_recovered")
    return scanned


def _kept(movie: Movie, source: Source) -> Mended | None:
    try:
        rebuilt = keep(movie, source)
    except RepairError:
        return None
    named = [track for track in movie.tracks if track.samples and not track.external]
    by_number = {track.number: track for track in rebuilt.movie.tracks}
    lost_us = lost_frames = lost_bytes = 0
    for track in named:
        kept = by_number[track.number].samples if track.number in by_number else []
        lost_bytes += _bytes(track.samples) - _bytes(kept)
        if track is movie.track("vide") or track is movie.track("soun"):
            lost_us = max(lost_us, _us(track, track.samples) - _us(track, kept))
        if track is movie.track("vide"):
            lost_frames = len(track.samples) - len(kept)
    repair = _repair(
        rebuilt, source, movie.media, "whole_fragments" if movie.fragmented else "whole_samples"
    )
    repair.lost_bytes = lost_bytes
    if not movie.fragmented:
        repair.lost_us, repair.lost_frames, repair.whole = lost_us, lost_frames, not lost_bytes
    else:  # it does not say how many fragments there were
        repair.lost_us = (lost_us + _holes_us(movie)) or None
    return Mended(movie=rebuilt.movie, repair=repair, own=True)


def _by_own(movie: Movie, source: Source, relatives: Mapping[int, Source]) -> Mended | None:
    spans = movie.media or [(0, source.size)]
    others = [one for relative in relatives.values() for one in _fillers(relative)]
    try:
        sound = sound_of(movie.track("soun"), None)
        scan = _scan(source, movie, spans, sound, strict=True, others=others)
        rebuilt = rebuild(scan, movie)
    except RepairError:
        return None
    same = [_with_times(track, movie) for track in rebuilt.movie.tracks]
    timed = all(track is not None for track in same)
    if timed:
        rebuilt.movie = replace(rebuilt.movie, tracks=[track for track in same if track])
        rebuilt.notes.discard("assumed_rate")
    repair = _repair(rebuilt, source, spans, "scanned_with_own_index")
    named = {track.number for track in movie.tracks if track.samples and not track.external}
    if movie.fragmented:
        repair.lost_us = _holes_us(movie) or None
    elif (
        timed
        and not movie.contradicts
        and named <= {track.number for track in rebuilt.movie.tracks}
    ):
        repair.whole, repair.lost_us, repair.lost_frames = True, 0, 0
    return Mended(movie=rebuilt.movie, repair=repair, own=True)


def _fillers(relative: Source) -> list[tuple[bytes, int]]:
    try:
        movie = read_movie(relative)
    except BoxError:
        return []
    return fillers(movie, relative) if movie else []


def _with_times(track: Track, movie: Movie) -> Track | None:
    """Return a found track with the times that its index has, where both count the same samples."""
    own = next(one for one in movie.tracks if one.number == track.number)
    if len(own.samples) != len(track.samples):
        return None
    samples = [
        replace(told, at=found.at, size=found.size, key=found.key)
        for found, told in zip(track.samples, own.samples, strict=True)
    ]
    return replace(own, samples=samples)


def _by_relative(source: Source, relatives: Mapping[int, Source]) -> Mended:
    span = unindexed_media(source)
    best: Mended | None = None
    for number, relative in relatives.items():
        found = _with(source, span, relative)
        if found is None:
            continue
        found.repair.reference = number
        if best is None or _bytes_of(found) > _bytes_of(best):
            best = found
        if _share(best, source) >= _GOOD:
            break
    if best is None:
        like = movie_from_stream(source, span)
        if like is not None:
            scan = _scan(source, like, [span], None, strict=True)
            best = _made(source, span, like, "scanned_with_own_parameters", scan)
        if best is not None:
            best.repair.notes.add("sound_not_identified")
    if best is None:
        raise TaskRefusedError("nothing_recovered" if relatives else "no_reference")
    return best


def _with(source: Source, span: tuple[int, int], relative: Source) -> Mended | None:
    try:
        like = read_movie(relative)
        if like is None:
            return None
        video = like.track("vide")
        strict = is_strict(video, relative, pictures_of(video))
        sound = sound_of(like.track("soun"), relative)
        scan = _scan(source, like, [span], sound, strict=strict, others=fillers(like, relative))
        return _made(source, span, like, "scanned_with_reference", scan)
    except (BoxError, RepairError):
        return None


def _made(
    source: Source, span: tuple[int, int], like: Movie, method: str, scan: Scan
) -> Mended | None:
    try:
        rebuilt = rebuild(scan, like)
    except RepairError:
        return None
    repair = _repair(rebuilt, source, [span], method)
    return Mended(movie=rebuilt.movie, repair=repair, own=False)


def _scan(
    source: Source,
    like: Movie,
    spans: list[tuple[int, int]],
    sound: Sound | None,
    *,
    strict: bool,
    others: Sequence[tuple[bytes, int]] = (),
) -> Scan:
    fitting = Fitting(
        source,
        pictures_of(like.track("vide")),
        sound,
        telemetry=any(track.codec == "gpmd" for track in like.tracks),
        fillers=others,
        strict=strict,
    )
    scanner = Scanner(fitting)
    for start, end in spans:
        scanner.run(start, end)
    return scanner.found


def _repair(rebuilt: Rebuilt, source: Source, spans: list[tuple[int, int]], method: str) -> Repair:
    movie = rebuilt.movie
    video, sound = movie.track("vide"), movie.track("soun")
    kept = [(one.at, one.at + one.size) for track in movie.tracks for one in track.samples]
    spans = [(start, min(end, source.size)) for start, end in spans]
    return Repair(
        method=method,
        kept=kept,
        dropped=[*rebuilt.dropped, *rest(spans, kept, rebuilt.dropped)],
        frames=len(video.samples) if video else 0,
        audio_frames=len(sound.samples) if sound else 0,
        us=max(_us(track, track.samples) for track in (video, sound) if track),
        notes=rebuilt.notes,
    )


def _bytes(samples: list[Sample]) -> int:
    return sum(sample.size for sample in samples)


def _bytes_of(mended: Mended) -> int:
    return sum(_bytes(track.samples) for track in mended.movie.tracks)


def _share(mended: Mended, source: Source) -> float:
    return _bytes_of(mended) / max(1, source.size)


def _us(track: Track, samples: list[Sample]) -> int:
    return sum(sample.length for sample in samples) * 1_000_000 // track.scale


def _holes_us(movie: Movie) -> int:
    """Return how much time is missing between samples: fragments that are gone leave it behind."""
    longest = 0
    for track in (movie.track("vide"), movie.track("soun")):
        if track is not None:
            gaps = [
                after.when - before.when - before.length
                for before, after in pairwise(track.samples)
                # less than half of a sample is the rounding of a fragment's time (8.8.12)
                if 2 * (after.when - before.when) > 3 * before.length
            ]
            longest = max(longest, sum(gaps) * 1_000_000 // track.scale)
    return longest
