"""What is known about one clip's media: plain values that travel as JSON.

Facts describe; they never decide. A clip that cannot be parsed has facts as well: its kind, that it
is damaged, and how. This module reads no files and imports no media library.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, Self, cast, get_args

Kind = Literal["video", "photo", "audio", "document", "data", "unknown"]
Damage = Literal[
    "no_index",  # no moov, no RIFF size: the recorder never finished the file
    "cut_off",  # boxes, samples or packets reach past the end of the file
    "zero_filled",  # long runs of zeros where media should be
    "bad_tables",  # tables and media contradict each other
    "lost_packets",  # a transport stream whose counters jump
    "undecodable",  # neither cut nor empty, and still not media a decoder takes
    "parser_timeout",  # the parser did not come back in time
    "parser_crashed",  # the parser died, twice
]
# What exactly contradicts, in a fault's `detail`
Detail = Literal[
    "boxes",  # boxes that do not nest
    "streams",  # more streams than any recorder writes
    "counts",  # tables that name different numbers of samples
    "packets",  # fewer packets than the tables name
    "places",  # samples outside of the media data
    "lengths",  # samples whose parts do not fill them
    "duration",  # a length that the samples do not have
    "pixels",  # a picture larger than is ever decoded
    "sync",  # bytes between the packets of a transport stream
    "elsewhere",  # media that are said to be in another file
]
KINDS: frozenset[str] = frozenset(get_args(Kind))
DAMAGES: frozenset[str] = frozenset(get_args(Damage))
# Renditions that facts can make due, in the order in which they are made
DUE: tuple[str, ...] = (
    *("poster", "stream", "track", "strip", "waveform", "quality", "page", "repair", "proxy"),
)
_ORDER: tuple[Damage, ...] = get_args(Damage)  # in which people read them


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, and where: a range of bytes, a span of time in the clip."""

    code: Damage
    start: int | None = None
    end: int | None = None
    from_us: int | None = None
    to_us: int | None = None
    count: int | None = None
    pid: int | None = None  # of a transport stream
    detail: Detail | None = None

    def to_json(self) -> dict[str, object]:
        """Return it as a member of `damage` (docs/formats/media.md)."""
        return {
            "code": self.code,
            "from": self.start,
            "to": self.end,
            "from_us": self.from_us,
            "to_us": self.to_us,
            "count": self.count,
            "pid": self.pid,
            "detail": self.detail,
        }


def codes_of(found: Iterable[str]) -> list[Damage]:
    """Return damage codes, each once, in the order in which people read them."""
    known = set(found)
    return [code for code in _ORDER if code in known]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """One clip's media facts. `None` means that the file does not say."""

    kind: Kind
    container: str | None = None
    duration: float | None = None  # seconds, measured where the container's claim is another
    video_codec: str | None = None
    audio_codec: str | None = None
    width: int | None = None  # pixels as stored, before rotation
    height: int | None = None
    frame_rate: str | None = None  # a fraction, "30000/1001"
    created: str | None = None  # RFC 3339, UTC; not corrected by the recorder's clock offset
    created_raw: str | None = None  # what the file says, letter by letter
    damage: tuple[Damage, ...] = ()
    plays_in_browser: bool = False
    has_audio: bool = False

    @property
    def damaged(self) -> bool:
        """Whether the clip is cut, zero-filled or undecodable."""
        return bool(self.damage)

    def to_json(self) -> dict[str, object]:
        """Return the facts as a plain dict, `damaged` included."""
        return {**asdict(self), "damage": list(self.damage), "damaged": self.damaged}

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> Self:
        """Rebuild facts from `to_json`'s dict; members it does not know are left out.

        Raises:
            ValueError: kind, damage or a member's type is not one of ours.
        """
        kind, damage = value.get("kind"), value.get("damage", [])
        if not isinstance(kind, str) or kind not in KINDS:
            raise ValueError(f"not a media kind: {kind!r}")
        if not isinstance(damage, list) or not DAMAGES.issuperset(map(str, damage)):
            raise ValueError(f"not damage codes: {damage!r}")
        duration = value.get("duration")
        if duration is not None and not isinstance(duration, int | float):
            raise ValueError(f"not a duration: {duration!r}")
        return cls(
            kind=cast(Kind, kind),
            container=_text(value, "container"),
            duration=None if duration is None else float(duration),
            video_codec=_text(value, "video_codec"),
            audio_codec=_text(value, "audio_codec"),
            width=_count(value, "width"),
            height=_count(value, "height"),
            frame_rate=_text(value, "frame_rate"),
            created=_text(value, "created"),
            created_raw=_text(value, "created_raw"),
            damage=tuple(cast(list[Damage], damage)),
            plays_in_browser=value.get("plays_in_browser") is True,
            has_audio=value.get("has_audio") is True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PosterResult:
    """A poster on disk, and what a rendition's description needs to know about its making."""

    path: Path
    size: int  # bytes
    width: int
    height: int
    tool: str
    version: str
    parameters: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """The answer to one reading of a clip: its facts, and a poster where one could be made.

    Attributes:
        document: the whole of the facts (docs/formats/media.md), but for `of`, the original's digest.
        due: which renditions are to be made, in order.
    """

    facts: MediaFacts
    poster: PosterResult | None
    document: dict[str, object] = field(default_factory=dict)
    due: tuple[str, ...] = ()


def _text(value: Mapping[str, object], name: str) -> str | None:
    member = value.get(name)
    if member is not None and not isinstance(member, str):
        raise ValueError(f"{name} is not a text: {member!r}")
    return member


def _count(value: Mapping[str, object], name: str) -> int | None:
    member = value.get(name)
    if member is not None and (not isinstance(member, int) or isinstance(member, bool)):
        raise ValueError(f"{name} is not a number: {member!r}")
    return member
