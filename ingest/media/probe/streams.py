"""What a container says about each of its streams, and what was counted in it."""

from fractions import Fraction
from typing import Any, Final, cast

from av.audio.codeccontext import AudioCodecContext
from av.codec.context import CodecContext
from av.stream import Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from ingest.media.probe.frames import Times, microseconds, rhythm
from ingest.media.probe.texts import clean
from ingest.media.probe.walk import Column
from ingest.media.sampletable import Track

ATTACHED: Final = int(Disposition.attached_pic)
_TYPES: Final = frozenset({"video", "audio", "subtitle", "data", "attachment"})
# ISO/IEC 23091-2: transfer characteristics 16 and 18
_HDR: Final = {16: "pq", 18: "hlg"}
_DOLBY: Final = frozenset({"dvh1", "dvhe", "dva1", "dvav", "dav1"})
_RANGES: Final = {1: "tv", 2: "pc"}


def decoder(stream: Stream) -> CodecContext | None:
    """Return a stream's decoder; PyAV has none for codecs it does not know."""
    return stream.codec_context


def pictures(streams: list[Stream]) -> list[VideoStream]:
    """Return the streams of moving pictures or a photo: not the cover of a song."""
    return [s for s in streams if isinstance(s, VideoStream) and not s.disposition & ATTACHED]


def stream_facts(
    stream: Stream,
    *,
    track: Track | None,
    column: Column | None,
    shown: Times | None,
    protected: bool,
) -> dict[str, Any]:
    """Describe one stream; `column` and `shown` are None where packets were not walked."""
    context = decoder(stream)
    tag = track.codec if track is not None else _tag(context)
    facts: dict[str, Any] = {
        "index": stream.index,
        "type": stream.type if stream.type in _TYPES else "data",
        "codec": context.codec.canonical_name if context else None,
        "tag": clean(tag) or None,
        "profile": clean(stream.profile or "") or None,
        "language": clean(stream.language or "") or None,
        "time_base": _fraction(stream.time_base),
        "packets": None if column is None else len(column.sizes),
        "packets_declared": _declared(stream, track),
        "key_frames": None if column is None else sum(column.keys),
        "bytes": None if column is None else sum(column.sizes),
        "protected": protected,
        "cover": bool(stream.disposition & ATTACHED),
    }
    facts |= _extent(stream, shown)
    if isinstance(stream, VideoStream) and context is not None:
        facts |= _video(stream, cast(VideoCodecContext, context), tag, track)
        facts |= rhythm(shown) if shown is not None else {}
    elif isinstance(context, AudioCodecContext):
        facts |= {
            "sample_rate": context.sample_rate or None,
            "channels": context.channels or None,
            "layout": None if " " in context.layout.name else context.layout.name or None,
        }
    return facts


def _declared(stream: Stream, track: Track | None) -> int | None:
    if track is not None:
        return track.samples or None  # fragments have theirs beside the track
    return stream.frames or None if stream.type == "video" else None


def _extent(stream: Stream, shown: Times | None) -> dict[str, Any]:
    if shown is not None and len(shown.shown):
        start, end = shown.start_us or 0, shown.end_us or 0
        return {"start_us": start, "duration_us": end - start}
    base = stream.time_base
    times = (stream.start_time, stream.duration)
    start_us, duration_us = (
        None if base is None or ticks is None else microseconds(ticks, base) for ticks in times
    )
    return {"start_us": start_us, "duration_us": duration_us}


def _video(
    stream: VideoStream, context: VideoCodecContext, tag: str, track: Track | None
) -> dict[str, Any]:
    # without a count of frames, as in fragments, an average is over the first few only
    rate = stream.average_rate if stream.frames else stream.guessed_rate
    dolby = tag in _DOLBY or (track is not None and track.dolby_vision)
    return {
        "width": context.width or None,
        "height": context.height or None,
        "sample_aspect": _fraction(stream.sample_aspect_ratio),
        "pixel_format": context.pix_fmt,
        "bit_depth": context.format.components[0].bits if context.format else None,
        "hdr": "dolby_vision" if dolby else _HDR.get(int(context.color_trc or 0)),
        "color": {
            "primaries": int(context.color_primaries or 0),
            "transfer": int(context.color_trc or 0),
            "space": int(context.colorspace or 0),
            "range": _RANGES.get(int(context.color_range or 0)),
        },
        "rate": _fraction(rate),
        "has_b_frames": bool(context.has_b_frames),
    }


def _fraction(value: Fraction | None) -> str | None:
    return f"{value.numerator}/{value.denominator}" if value else None


def _tag(context: CodecContext | None) -> str:
    try:
        tag = context.codec_tag if context else ""
    except UnicodeDecodeError:  # some AVI files have four bytes of 255 for it
        return ""
    return tag if tag.isprintable() and tag.isascii() else ""
