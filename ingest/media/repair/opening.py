"""Opens a movie's file as far as it can be trusted: boxes, tracks, fragments, where media lie.

ISO/IEC 14496-12, 4.2. Reads headers, `moov` and `moof` only. Any bytes give a movie, None where
there is no whole index, or `BoxError`. A fragment that contradicts itself ends the movie before it.
"""

from collections.abc import Iterator

from ingest.media.boxes import child, children
from ingest.media.errors import BoxError
from ingest.media.repair.movie import MAX_SAMPLES, Movie
from ingest.media.repair.reading import Source
from ingest.media.repair.runs import Defaults, read_defaults, read_fragment
from ingest.media.repair.tables import read_samples, read_track

_MAX_INDEX = 128 << 20  # bytes of a moov; a day of 30 fps video has 40 MiB
_MAX_BOXES = 400_000  # a day in one-second fragments has 172,800
_MOST_BRANDS = 256  # bytes
_DESCRIBING = frozenset({b"udta", b"meta"})


def top_boxes(source: Source) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield type, start, payload and end of each box of the file; the last may end past the file."""
    at = 0
    for _ in range(_MAX_BOXES):
        head = source.read(at, 16)
        kind = head[4:8]
        if len(head) < 8 or not all(0x20 <= letter < 0x7F or letter == 0xA9 for letter in kind):
            return
        length, payload = int.from_bytes(head[:4]), at + 8
        if length == 1 and len(head) == 16:
            length, payload = int.from_bytes(head[8:]), at + 16
        end = source.size if length == 0 else at + length
        if end < payload:
            return
        yield kind, at, payload, end
        at = end


def read_movie(source: Source) -> Movie | None:
    """Return the movie with all samples that its tables and fragments name.

    Raises:
        BoxError: the index contradicts itself.
    """
    movie: Movie | None = None
    defaults = dict[int, Defaults]()
    media, brands = list[tuple[int, int]](), b"qt  \0\0\0\0qt  "  # without ftyp it is QuickTime
    for kind, start, payload, end in top_boxes(source):
        if kind == b"mdat":
            media.append((payload, min(end, source.size)))
        elif end > source.size:
            break
        elif kind == b"ftyp":
            brands = source.read(payload, min(end - payload, _MOST_BRANDS))
        elif kind == b"moov" and movie is None:
            index = memoryview(_whole(source, payload, end))
            movie = _read_index(index)
            mvex = child(index, b"mvex")
            if mvex is not None:
                movie.fragmented, defaults = True, read_defaults(mvex)
        elif kind == b"moof" and movie is not None:
            tracks = {track.number: track for track in movie.tracks}
            before = [(track, len(track.samples)) for track in movie.tracks]
            try:
                read_fragment(_whole(source, payload, end), start, tracks, defaults)
            except BoxError:
                for track, count in before:
                    del track.samples[count:]
                break
    if movie is not None:
        movie.media, movie.brands = media, brands
    return movie


def unindexed_media(source: Source) -> tuple[int, int]:
    """Return where media lie in a file whose index was never written.

    A recorder that lost its power had not come to writing the length of what it wrote: a length
    that leads to no further box is not believed.
    """
    boxes = list(top_boxes(source))
    for index, (kind, _, payload, end) in enumerate(boxes):
        if kind != b"mdat":
            continue
        follows = index + 1 < len(boxes) or end == source.size
        return payload, end if follows and end > payload + 8 else source.size
    return (boxes[-1][3] if boxes and boxes[-1][3] < source.size else 0), source.size


def _read_index(moov: memoryview) -> Movie:
    header = child(moov, b"mvhd")
    if header is None:
        raise BoxError("an index without a header")
    movie = Movie(header=bytes(header), tracks=[])
    for kind, body in children(moov):
        if kind == b"trak":
            movie.tracks.append(read_track(body))
            try:
                read_samples(movie.tracks[-1])
            except BoxError:
                movie.tracks[-1].samples.clear()
                movie.contradicts = True
        elif kind in _DESCRIBING:
            movie.extra.append((kind, bytes(body)))
    if sum(len(track.samples) for track in movie.tracks) > MAX_SAMPLES:
        raise BoxError("more samples than are repaired")
    return movie


def _whole(source: Source, start: int, end: int) -> bytes:
    if end - start > _MAX_INDEX:
        raise BoxError(f"an index of {end - start} bytes")
    data = source.read(start, end - start)
    if len(data) != end - start:
        raise BoxError("the file became shorter while it was read")
    return data
