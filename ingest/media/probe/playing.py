"""What browsers play: Chromium's codecs and containers, with nothing asked of the machine.

H.264 with 8 bits and 4:2:0, VP8, VP9, AV1; AAC, MP3, Opus, Vorbis; in MP4, QuickTime and WebM. A picture that plays
without its sound does not play.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

VIDEO: Final = frozenset({"h264", "vp8", "vp9", "av1"})
AUDIO: Final = frozenset({"aac", "mp3", "opus", "vorbis"})
_WAV: Final = frozenset({"pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le"})
_CONTAINERS: Final = {
    "video": frozenset({"mp4", "mov", "webm"}),
    "audio": frozenset({"mp3", "mp4", "wav", "ogg"}),
    "photo": frozenset({"jpeg", "png", "webp", "gif"}),
}
_EIGHT_BIT: Final = frozenset({"yuv420p", "yuvj420p"})
_FATAL: Final = frozenset({"no_index", "undecodable", "parser_timeout", "parser_crashed"})

Facts = Mapping[str, Any]


def plays(facts: Facts) -> bool:
    """Whether a browser plays the original as it is."""
    kind, container = facts["kind"], facts["container"]
    if container not in _CONTAINERS.get(kind, frozenset()) or is_protected(facts):
        return False
    if _FATAL & {fault["code"] for fault in facts["damage"]}:
        return False
    if kind == "photo":
        return True
    if kind == "video" and not plays_video(facts):
        return False
    sound = first(facts, "audio")
    if container == "wav":
        return sound is not None and sound["codec"] in _WAV
    return plays_audio(facts)


def plays_video(facts: Facts) -> bool:
    """Whether browsers know the codec of the picture, whatever it is in."""
    picture = first(facts, "video")
    if picture is None or picture["codec"] not in VIDEO:
        return False
    return picture["codec"] != "h264" or picture["pixel_format"] in _EIGHT_BIT


def plays_audio(facts: Facts) -> bool:
    """Whether browsers know the codec of the sound, or there is none."""
    sound = first(facts, "audio")
    return sound is None or sound["codec"] in AUDIO


def is_protected(facts: Facts) -> bool:
    """Whether any picture or sound is encrypted."""
    return any(s["protected"] for s in facts["streams"] if s["type"] in {"video", "audio"})


def first(facts: Facts, kind: str) -> Mapping[str, Any] | None:
    """Return the first stream of a type that has a decoder and is no cover picture."""
    streams: Sequence[Mapping[str, Any]] = facts["streams"]
    found = (s for s in streams if s["type"] == kind and s["codec"] and not s.get("cover"))
    return next(found, None)
