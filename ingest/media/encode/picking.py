"""What a clip's media facts say about making a playable file of it: which stream, may it be copied, how large.

Facts come from a process that parsed foreign bytes. Numbers are taken as numbers within bounds, texts are only looked
up in the tables below: nothing of them reaches a command line. Reads no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

# `container` of the facts, and the one demuxer that ffmpeg may use for it
DEMUXERS: Final[Mapping[str, str]] = {
    "mp4": "mov",
    "mov": "mov",
    "3gp": "mov",
    "matroska": "matroska",
    "webm": "matroska",
    "avi": "avi",
    "mpegts": "mpegts",
    "m2ts": "mpegts",
    "mpeg": "mpeg",
    "flv": "flv",
    "asf": "asf",
    "ogg": "ogg",
    "wav": "wav",
    "mp3": "mp3",
    "aac": "aac",
    "amr": "amr",
    "flac": "flac",
}
_BROWSER_VIDEO: Final = frozenset({"h264", "vp8", "vp9", "av1"})
_NOT_IN_MP4: Final = frozenset({"vp8"})
_BROWSER_AUDIO: Final = frozenset({"aac", "mp3", "opus", "flac"})  # in MP4
_EIGHT_BIT: Final = frozenset({"yuv420p", "yuvj420p"})
_EVERYWHERE: Final = frozenset({"aac", "mp3"})
_AAC_PROFILES: Final = frozenset({"", "LC", "HE-AAC", "HE-AACv2"})
_NOT_DECODED: Final = frozenset({"av1"})  # ffmpeg's own decoder of it needs a graphics card
_HOLES: Final = frozenset({"lost_packets", "zero_filled", "bad_tables"})
_UNKNOWN: Final = frozenset({"", "none", "unknown"})
_LATE: Final = 3_000_000  # microseconds; libavformat looks at five seconds
_LARGEST: Final = 1 << 16  # pixels a side; H.265's levels end far below


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A video stream."""

    index: int  # of its stream
    width: int  # as shown: rotated, square pixels
    height: int
    plays: bool  # a browser plays its codec
    copies: bool  # and its packets can be put into MP4 as they are
    decodes: bool  # here
    hdr: bool
    frames: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """An audio stream."""

    index: int
    copies: bool  # browsers play its codec in MP4
    plain: bool  # and every one of them does
    aac: bool
    channels: int
    rate: int  # samples a second; 0: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What is worth making a file of; at least one of the two is there."""

    demuxer: str
    picture: Picture | None
    sound: Sound | None
    late: bool  # one of them begins long after the other
    length_us: int | None  # of the longer of the two; a track of telemetry may go on
    damaged: bool
    holes: bool  # something is missing in the middle


def pick(facts: Mapping[str, object]) -> Picked | None:
    """Return the streams to use, or None where there are none: no media, encrypted, or of no known codec."""
    demuxer = DEMUXERS.get(_text(facts, "container"))
    kind = facts.get("kind")
    if demuxer is None or kind not in {"video", "audio"}:
        return None
    streams = _streams(facts)
    picture = _picture(streams, facts, demuxer) if kind == "video" else None
    if picture is None and kind == "video":
        return None
    sound = _sound(streams)
    if picture is None and sound is None:
        return None
    used = {part.index for part in (picture, sound) if part is not None}
    lengths = [_number(s, "duration_us") for s in streams if s.get("index") in used]
    starts = [_number(s, "start_us") for s in streams if s.get("index") in used]
    return Picked(
        demuxer=demuxer,
        picture=picture,
        sound=sound,
        late=max(starts) - min(starts) > _LATE,
        length_us=max(lengths) if lengths and all(lengths) else None,
        damaged=bool(facts.get("damage")),
        holes=bool(_HOLES & _damage(facts)),
    )


def _damage(facts: Mapping[str, object]) -> set[str]:
    listed = facts.get("damage")
    found = listed if isinstance(listed, list) else []
    return {_text(fault, "code") for fault in found if isinstance(fault, dict)}


def _streams(facts: Mapping[str, object]) -> list[Mapping[str, object]]:
    listed = facts.get("streams")
    if not isinstance(listed, list):
        return []
    return [
        stream
        for stream in listed
        if isinstance(stream, dict)
        and isinstance(stream.get("index"), int)
        and stream.get("protected") is not True
        and _text(stream, "codec") not in _UNKNOWN
        and stream.get("packets") != 0  # announced, and then there was nothing
    ]


def _picture(
    streams: list[Mapping[str, object]], facts: Mapping[str, object], demuxer: str
) -> Picture | None:
    seen = [s for s in streams if s.get("type") == "video" and _number(s, "width")]
    if not seen:
        return None
    # a cover is one packet, wherever it stands; of several pictures browsers show the first as well
    stream = next((s for s in seen if _number(s, "packets") != 1), seen[0])
    width, height = _shown(stream)
    codec, pixels = _text(stream, "codec"), _text(stream, "pixel_format")
    plays = codec in _BROWSER_VIDEO and (codec != "h264" or pixels in _EIGHT_BIT)
    # What libavformat works out for H.264 with B-frames in AVI is wrong, and so is what its `dts2pts` says.
    timeless = demuxer == "avi" and stream.get("has_b_frames") is True
    if not width or not height:
        return None
    return Picture(
        index=_number(stream, "index"),
        width=width,
        height=height,
        plays=plays,
        copies=plays and codec not in _NOT_IN_MP4 and not timeless,
        decodes=codec not in _NOT_DECODED,
        hdr=stream.get("hdr") in {"pq", "hlg", "dolby_vision"},
        frames=_frames(facts, stream),
    )


def _shown(stream: Mapping[str, object]) -> tuple[int, int]:
    width, height = _number(stream, "width"), _number(stream, "height")
    across, _, down = _text(stream, "sample_aspect").replace(":", "/").partition("/")
    if across.isdecimal() and down.isdecimal() and 0 < int(across[:9]) < 1000 * int(down[:9]):
        width = width * int(across[:9]) // int(down[:9])
    if _number(stream, "rotation") % 180 == 90:
        width, height = height, width
    within = 0 < width <= _LARGEST and 0 < height <= _LARGEST
    return (width, height) if within else (0, 0)


def _frames(facts: Mapping[str, object], stream: Mapping[str, object]) -> int | None:
    frames = facts.get("frames")
    if isinstance(frames, dict) and frames.get("stream") == stream.get("index"):
        return _number(frames, "count") or None
    return _number(stream, "packets") or None


def _sound(streams: list[Mapping[str, object]]) -> Sound | None:
    for stream in streams:
        if stream.get("type") == "audio":
            codec, profile = _text(stream, "codec"), _text(stream, "profile")
            copies = codec in _BROWSER_AUDIO and (codec != "aac" or profile in _AAC_PROFILES)
            return Sound(
                index=_number(stream, "index"),
                copies=copies,
                plain=copies and codec in _EVERYWHERE,
                aac=codec == "aac",
                channels=_number(stream, "channels"),
                rate=_number(stream, "sample_rate"),
            )
    return None


def _number(value: Mapping[str, object], name: str) -> int:
    member = value.get(name)
    if isinstance(member, bool) or not isinstance(member, int):
        return 0
    return max(-(1 << 53), min(member, 1 << 53))


def _text(value: Mapping[str, object], name: str) -> str:
    member = value.get(name)
    return member if isinstance(member, str) else ""


Part = Literal["none", "copied", "encoded"]
