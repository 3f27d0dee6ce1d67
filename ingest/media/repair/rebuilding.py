"""Makes a movie of what a scan found, with times as the recorder usually gives them.

The file itself says nothing of times: pictures and frames of sound get the length that most of the
healthy relative's have, pictures are shown in the order of their own counts, and both begin at
once. Pictures that cannot be decoded without a lost one are left out; their time is kept, so that
what follows is neither early nor late.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ingest.media.boxes import child
from ingest.media.errors import BoxError
from ingest.media.repair.avc import Avc
from ingest.media.repair.errors import RepairError
from ingest.media.repair.fitting import Fitting
from ingest.media.repair.hevc import Hevc
from ingest.media.repair.movie import Movie, Sample, Track
from ingest.media.repair.nal import Pictures
from ingest.media.repair.order import places
from ingest.media.repair.reading import Source
from ingest.media.repair.scan import HARMLESS, Picture, Scan
from ingest.media.repair.tables import PCM, block, lengths

_CONFIGURED: dict[str, tuple[bytes, type[Avc] | type[Hevc]]] = {
    **dict.fromkeys(("avc1", "avc3"), (b"avcC", Avc)),
    **dict.fromkeys(("hvc1", "hev1", "dvh1", "dvhe"), (b"hvcC", Hevc)),
}
_ALIKE, _MOST_ALIKE, _LEARNT, _TOLD_BY = 8, 4096, 2048, 2  # samples, bytes, samples, bytes
_TRIED = 64  # samples of a healthy file that say whether its units are strict


@dataclass(slots=True, kw_only=True)
class Rebuilt:
    """A movie and what is not in it."""

    movie: Movie
    dropped: list[tuple[int, int, str]]
    notes: set[str] = field(default_factory=set)


def pictures_of(track: Track | None) -> Pictures | None:
    """Return what reads the NAL units of a track, None where it has none.

    Raises:
        RepairError: its configuration is malformed.
    """
    if track is None or track.codec not in _CONFIGURED:
        return None
    name, parser = _CONFIGURED[track.codec]
    try:
        # ISO/IEC 14496-12, 12.1.3: a visual sample entry has 78 bytes before its boxes
        record = child(memoryview(track.entry)[78:], name)
    except BoxError as error:
        raise RepairError("a sample entry of pictures that is malformed") from error
    if record is None:
        raise RepairError("a sample entry without a decoder configuration")
    return parser.configured(bytes(record))


def is_strict(track: Track | None, source: Source, pictures: Pictures | None) -> bool:
    """Return whether the units of a whole track are as the standard has them, without padding."""
    if track is None or pictures is None:
        return True
    fitting = Fitting(source, pictures)
    for sample in track.samples[:_TRIED]:
        at, end = sample.at, sample.at + sample.size
        while at < end:
            unit = fitting.unit(at, end)
            if unit is None:
                return False
            at += unit[1]
    return True


def fillers(movie: Movie, source: Source) -> list[tuple[bytes, int]]:
    """Return how the samples of a whole file's other tracks begin, and their size, where all are alike."""
    found = list[tuple[bytes, int]]()
    for track in movie.tracks:
        if track.handler in {"vide", "soun"} or track.codec == "gpmd":
            continue
        sizes = Counter(sample.size for sample in track.samples)
        size, count = sizes.most_common(1)[0] if sizes else (0, 0)
        if count < _ALIKE or size > _MOST_ALIKE:
            continue
        heads = [
            source.read(sample.at, min(size, 16))
            for sample in track.samples[:_LEARNT]
            if sample.size == size
        ]
        begins = _common(heads)
        if len(begins) >= _TOLD_BY:
            found.append((begins, size))
    return found


def _common(heads: list[bytes]) -> bytes:
    least, most = min(heads), max(heads)  # what these two share, all in between share
    pairs = enumerate(zip(least, most, strict=True))
    return least[: next((index for index, (a, b) in pairs if a != b), len(least))]


def rebuild(scan: Scan, like: Movie) -> Rebuilt:
    """Return a movie of what was found, with the tracks of `like`.

    Raises:
        RepairError: there is nothing that could be decoded.
    """
    dropped = list(scan.dropped)
    video, sound = like.track("vide"), like.track("soun")
    notes = {"assumed_rate"}
    tracks = list[Track]()
    starts = list[int]()  # when so many pictures are over, in their track's ticks
    if video is not None and scan.pictures:
        length = usual_length(video)
        order = places([picture.slice for picture in scan.pictures])
        starts = [0] + [(decoded + 1) * length for decoded, _ in order]
        tracks.append(_video(video, scan.pictures, order, length, dropped))
    if sound is not None and scan.sounds:
        tracks.append(_sound(sound, scan, starts, video.scale if video else 1))
    telemetry = next((track for track in like.tracks if track.codec == "gpmd"), None)
    if telemetry is not None and scan.telemetry:
        length = usual_length(telemetry)
        samples = [
            Sample(at=at, size=size, when=index * length, length=length)
            for index, (at, size) in enumerate(scan.telemetry)
        ]
        tracks.append(replace(telemetry, samples=samples, empty=0))
    if not any(track.samples for track in tracks if track.handler in {"vide", "soun"}):
        raise RepairError("nothing that could be decoded")
    if scan.resumed:
        notes.add("resumed_after_loss")
    return Rebuilt(movie=replace(like, tracks=tracks), dropped=sorted(dropped), notes=notes)


def usual_length(track: Track) -> int:
    """Return the length that most of a track's samples have.

    Raises:
        RepairError: it has no samples, or they have no length.
    """
    try:
        counted = lengths(track) or Counter(sample.length for sample in track.samples)
    except BoxError:
        counted = Counter(sample.length for sample in track.samples)
    del counted[0]
    if not counted:
        raise RepairError("a healthy file without times")
    # a rate that its scale cannot hold alternates between two lengths: the mean of those is meant
    (most, times), *others = counted.most_common(2)
    near = [(length, count) for length, count in others if abs(length - most) <= max(1, most // 50)]
    total = times + sum(count for _, count in near)
    return (most * times + sum(length * count for length, count in near) + total // 2) // total


def _video(
    track: Track,
    pictures: list[Picture],
    order: list[tuple[int, int]],
    length: int,
    dropped: list[tuple[int, int, str]],
) -> Track:
    samples = list[Sample]()
    waits, first_key = True, False  # for a picture that decoding can begin with
    last: Picture | None = None
    for picture, (decoded, shown) in zip(pictures, order, strict=True):
        waits = waits or (picture.after_loss and _misses(last, picture))
        last = picture
        if picture.key and waits:
            waits, first_key = False, True
        elif picture.slice.trailing_of_lost and first_key:
            dropped.append((picture.at, picture.at + picture.size, "depends_on_lost"))
            continue
        elif not picture.slice.trailing_of_lost:
            first_key = False
        if waits:
            dropped.append((picture.at, picture.at + picture.size, "depends_on_lost"))
            continue
        samples.append(
            Sample(
                at=picture.at,
                size=picture.size,
                when=decoded * length,
                length=length,
                shift=(shown - decoded) * length,
                key=picture.key,
            )
        )
    # showing begins with the first picture that was found, though it may be one that is dropped
    first = min((shown for _, shown in order), default=0) * length
    return replace(track, samples=samples, first_shown=first or None, empty=0)


def _misses(last: Picture | None, picture: Picture) -> bool:
    """Whether a picture is missing between two, as far as their numbers tell (H.264 7.4.3)."""
    before, now = last.slice if last else None, picture.slice
    if before is None or before.number is None or now.number is None:
        return True
    expected = (before.number + before.anchor) % now.number_wrap
    return not now.reset and now.number not in {expected, before.number}


def _sound(track: Track, scan: Scan, starts: list[int], scale: int) -> Track:
    lengths = _lengths(track)
    samples = list[Sample]()
    losses = [at for at, end, why in scan.dropped if why != "other_track" and end - at >= HARMLESS]
    when, ahead, loss = 0, 0, 0
    for at, size, before in scan.sounds:
        shown = starts[min(before, len(starts) - 1)] * track.scale // scale if starts else when
        lost = loss < len(losses) and losses[loss] < at
        while loss < len(losses) and losses[loss] < at:
            loss += 1
        # as far ahead of the pictures as before the loss, if that is more than their interleaving
        if lost and samples and shown + ahead - when > track.scale // 20:
            when = shown + ahead
        ahead = when - shown
        length = lengths(size)
        samples.append(Sample(at=at, size=size, when=when, length=length))
        when += length
    return replace(track, samples=samples, empty=0)


def _lengths(track: Track) -> Callable[[int], int]:
    """Return what tells a frame's length from its size."""
    if track.codec in PCM:
        size, length = block(track)
        return lambda held: held // size * length
    usual = usual_length(track)
    return lambda held: usual if held else 0
