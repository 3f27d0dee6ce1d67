"""Which streams of a clip are looked at: pictures that are no cover, sound; nothing that is encrypted. Child only."""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final, cast

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from ingest.media.probe.opening import MAX_PIXELS

_RATIO: Final = re.compile(r"\d{1,9}[:/][1-9]\d{0,8}")
_ATTACHED: Final = int(Disposition.attached_pic)


def picture_stream(container: InputContainer, facts: Mapping[str, object]) -> VideoStream | None:
    """Return the stream whose frames the facts count, else the first that is no cover picture."""
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & _ATTACHED
        and _decodes(stream, facts)
        and 0 < stream.codec_context.width * stream.codec_context.height <= MAX_PIXELS
    ]
    frames = facts.get("frames")
    named = frames.get("stream") if isinstance(frames, Mapping) else None
    return next((s for s in streams if s.index == named), streams[0] if streams else None)


def pixel_aspect(stream: VideoStream, facts: Mapping[str, object]) -> Fraction | None:
    """Return the width of a pixel by its height: as the facts say, who had a picture decoded to learn it."""
    streams = facts.get("streams")
    for each in streams if isinstance(streams, list) else []:
        if isinstance(each, Mapping) and each.get("index") == stream.index:
            told = each.get("sample_aspect")
            if isinstance(told, str) and _RATIO.fullmatch(told):
                return Fraction(told.replace(":", "/"))
    return stream.sample_aspect_ratio


def sound_stream(container: InputContainer, facts: Mapping[str, object]) -> AudioStream | None:
    """Return the first sound that decodes."""
    return next((s for s in container.streams.audio if _decodes(s, facts)), None)


def _decodes(stream: Stream, facts: Mapping[str, object]) -> bool:
    """Whether there is a decoder, and the samples are not encrypted."""
    if cast(object, stream.codec_context) is None:  # PyAV has none for codecs that it does not know
        return False
    streams = facts.get("streams")
    return not any(
        isinstance(each, Mapping)
        and each.get("index") == stream.index
        and each.get("protected") is True
        for each in (streams if isinstance(streams, list) else [])
    )
