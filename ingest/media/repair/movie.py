"""A movie as this folder repairs it: tracks of samples, each with its place in the damaged file.

Values only. Times are in ticks of the track's own scale. What a track is (its codec, its picture's
size and rotation) stays in `trak`, the box as the file or its healthy relative has it.
"""

from dataclasses import dataclass, field

MAX_SAMPLES = 2_000_000  # of a movie; an hour of 60 fps with sound has 400,000


@dataclass(slots=True, kw_only=True)
class Sample:
    """One sample."""

    at: int  # in the damaged file
    size: int
    when: int = 0  # decoding time
    length: int = 0
    shift: int = 0  # from decoding to showing
    key: bool = True


@dataclass(slots=True, kw_only=True)
class Track:
    """One track."""

    trak: bytes  # payload of the box
    number: int
    handler: str  # "vide", "soun", "meta", ...
    codec: str  # four letters of the sample entry
    scale: int  # ticks a second
    first_shown: int | None = None  # media time that an edit list starts with
    empty: int = 0  # ticks of the movie before it, by an empty edit
    external: bool = False
    entry: bytes = b""  # the first sample entry, payload of its box
    samples: list[Sample] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Ticks from the first sample's time to the end of the last."""
        if not self.samples:
            return 0
        return self.samples[-1].when + self.samples[-1].length - self.samples[0].when


@dataclass(slots=True, kw_only=True)
class Movie:
    """A movie: what stands in a file, or what is to be written."""

    header: bytes  # payload of mvhd
    tracks: list[Track]
    extra: list[tuple[bytes, bytes]] = field(
        default_factory=list
    )  # boxes that describe it: udta, meta
    media: list[tuple[int, int]] = field(default_factory=list)  # where the file keeps media
    fragmented: bool = False
    brands: bytes = b""  # payload of ftyp
    contradicts: bool = False  # a track's tables could not be read

    @property
    def is_quicktime(self) -> bool:
        """Whether it is QuickTime's kind of file, whose sample entries differ in places."""
        return self.brands[:4] == b"qt  "

    def track(self, handler: str) -> Track | None:
        """Return the first track of a kind."""
        return next((track for track in self.tracks if track.handler == handler), None)
