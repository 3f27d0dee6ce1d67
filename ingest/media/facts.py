"""What is known about one clip's media: plain values that travel as JSON.

Facts describe; they never decide. A clip that cannot be parsed has facts as well: its kind, that it
is damaged, and how. This module reads no files and imports no media library.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self, cast, get_args

Kind = Literal["video", "photo", "audio", "document", "data", "unknown"]
Damage = Literal[
    "no_index",  # no moov, no RIFF size: the recorder never finished the file
    "cut_off",  # boxes, samples or packets reach past the end of the file
    "zero_filled",  # long runs of zeros where media should be
    "undecodable",  # neither cut nor empty, and still not media a decoder takes
    "parser_timeout",  # the parser did not come back in time
    "parser_crashed",  # the parser died, twice
]
KINDS: frozenset[str] = frozenset(get_args(Kind))
DAMAGES: frozenset[str] = frozenset(get_args(Damage))


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """One clip's media facts. `None` means that the file does not say."""

    kind: Kind
    container: str | None = None
    duration: float | None = None  # seconds, as the container declares them
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
    """The answer to one reading of a clip: its facts, and a poster where one could be made."""

    facts: MediaFacts
    poster: PosterResult | None


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
