"""Which command makes a rendition of a clip, from its media facts alone.

Says what is possible; whether a rendition is needed is the facts' `due`. Reads no files and runs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ingest.media.encode.graphs import proxy_command, stream_command
from ingest.media.encode.picking import Part, Picked, Sound, pick

EncodingKind = Literal["stream", "proxy", "proxy-low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """One file to make with ffmpeg."""

    kind: str
    media_type: str
    demuxer: str  # the only one that may read the clip
    command: tuple[
        str, ...
    ]  # the exact argument list, with `{original}` and `{out}` for the two files
    picture: Part = "none"
    sound: Part = "none"
    frames: int | None = None  # pictures that the clip has; None: not known, or not all are wanted
    length_us: int | None = None  # of what is used of the clip
    decodes: bool = True  # its picture, here
    damaged: bool = False  # fewer frames than the clip claims are no surprise


def plan(facts: Mapping[str, object], kind: EncodingKind) -> Encoding | None:
    """Return how to make this rendition, or None where it cannot be made.

    It cannot without picture and sound, where they are encrypted or of an unknown codec, and, as `stream`, where
    browsers do not play the picture.

    Args:
        facts: the clip's media facts, format 2.
        kind: of the rendition.
    """
    picked = pick(facts)
    if picked is None:
        return None
    if kind == "stream":
        return _stream(picked)
    return _proxy(picked, low=kind == "proxy-low")


def _stream(picked: Picked) -> Encoding | None:
    if picked.picture is not None and not picked.picture.plays:
        return None
    # Players count samples: behind a hole in copied sound they would be early.
    encode_sound = picked.sound is not None and (picked.holes or not picked.sound.copies)
    return _encoding(
        picked,
        kind="stream",
        command=stream_command(picked, encode_sound=encode_sound),
        picture="copied" if picked.picture is None or picked.picture.copies else "encoded",
        sound="encoded" if encode_sound else "copied",
    )


def _proxy(picked: Picked, *, low: bool) -> Encoding | None:
    if picked.picture is not None and not picked.picture.decodes:
        return None
    fits = picked.sound is not None and not picked.holes and _fits(picked.sound)
    encode_sound = picked.sound is not None and (low or not fits)
    return _encoding(
        picked,
        kind="proxy-low" if low else "proxy",
        command=proxy_command(picked, low=low, encode_sound=encode_sound),
        picture="encoded",
        sound="encoded" if encode_sound else "copied",
    )


def _fits(sound: Sound) -> bool:
    """Whether a proxy takes this sound as it is: encoded once more it would only be worse."""
    return sound.plain and sound.channels in {1, 2}


def _encoding(
    picked: Picked, *, kind: str, command: tuple[str, ...], picture: Part, sound: Part
) -> Encoding:
    return Encoding(
        kind=kind,
        media_type="video/mp4" if picked.picture else "audio/mp4",
        demuxer=picked.demuxer,
        command=command,
        picture=picture if picked.picture else "none",
        sound=sound if picked.sound else "none",
        frames=picked.picture.frames if picked.picture and kind != "proxy-low" else None,
        decodes=picked.picture is None or picked.picture.decodes,
        length_us=picked.length_us,
        damaged=picked.damaged,
    )
