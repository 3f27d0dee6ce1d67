"""One still picture of a clip or photo, as JPEG, with PyAV. Runs in the child process only.

A key frame that is not black, at most `MAX_WIDTH` pixels wide, turned as the recorder says, with
square pixels. The same bytes and the same libraries give the same poster. Writes no file.
"""

from dataclasses import dataclass

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ingest.media import picture
from ingest.media.probe.opening import MAX_PIXELS, packets
from ingest.media.probe.streams import decoder, pictures
from ingest.media.sniff import HEIF

MAX_WIDTH, MAX_HEIGHT = 640, 1280
QUANTIZER = 4  # mjpeg's scale: 2 is best, 31 worst
_DARK = 24  # mean luma; 16 is black
_TRIES = 300  # packets read in search of a picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A JPEG and how it was made."""

    jpeg: bytes
    width: int
    height: int
    parameters: dict[str, object]


def possible(container: InputContainer, name: str | None) -> bool:
    """Whether a poster of this clip should be possible.

    Not of sound, of pictures beyond `MAX_PIXELS`, or of HEIF photos: libavformat shows tiles.
    """
    stream = _stream(container)
    if stream is None or name in HEIF:
        return False
    return stream.codec_context.width * stream.codec_context.height <= MAX_PIXELS


def make_poster(container: InputContainer, *, still: bool) -> Picture | None:
    """Make a poster of an open clip, or return None where no picture can be decoded.

    Raises:
        av.FFmpegError: the decoder refuses the clip.
    """
    stream = _stream(container)
    if stream is None:
        return None
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    stream.codec_context.thread_count = 1
    if not still:
        stream.codec_context.skip_frame = "NONKEY"
    frame, at = _first_picture(container, stream), 0.0
    if frame is None:
        return None
    if not still and _luma(frame) < _DARK:
        frame, at = _lighter(container, stream, frame)
    return _encode(frame, stream, at)


def versions() -> str:
    """Return PyAV's version and those of the libraries in it."""
    libraries = av.library_versions
    parts = [
        f"{name} {'.'.join(map(str, libraries[name]))}"
        for name in ("libavcodec", "libavformat", "libswscale")
    ]
    return f"{av.__version__} ({', '.join(parts)})"


def _stream(container: InputContainer) -> VideoStream | None:
    """Return the first stream of pictures that has a decoder: no cover of a song."""
    found = (s for s in pictures(list(container.streams)) if decoder(s) is not None)
    return next(found, None)


def _first_picture(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    if stream.codec_context.skip_frame == "NONKEY":
        frame = _key_frame(container, stream)
        if frame is not None:
            return frame
        # no key frames at all (intra refresh): take what comes
        stream.codec_context.skip_frame = "DEFAULT"
        container.seek(0)
    for tries, packet in enumerate(packets(container, [stream])):
        for frame in stream.codec_context.decode(packet):
            return frame
        if tries > _TRIES:
            break
    return None


def _key_frame(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    """Return the next key frame, reading no further: the rest of the clip may not be there."""
    context, fallback = stream.codec_context, None
    for tries, packet in enumerate(packets(container, [stream])):
        if packet.is_keyframe and packet.size:
            try:
                # decoders keep frames back to put them in order; None asks for them at once
                frames = [*context.decode(packet), *context.decode(None)]
            except av.FFmpegError:
                frames = []
            context.flush_buffers()
            whole = next((frame for frame in frames if not frame.is_corrupt), None)
            if whole is not None:
                return whole
            fallback = fallback or next(iter(frames), None)
        if tries > _TRIES:
            break
    return fallback


def _lighter(
    container: InputContainer, stream: VideoStream, first: VideoFrame
) -> tuple[VideoFrame, float]:
    """Return the key frame at a tenth of the clip where the first one is black."""
    if not container.duration:
        return first, 0.0
    try:
        container.seek(container.duration // 10)
        second = _first_picture(container, stream)
    except av.FFmpegError:
        return first, 0.0  # not seekable: a dark poster is a poster
    if second is None or _luma(second) <= _luma(first):
        return first, 0.0
    return second, second.time or 0.0


def _luma(frame: VideoFrame) -> float:
    small = frame.reformat(width=64, height=36, format="gray")
    plane = small.planes[0]
    pixels = bytes(plane)
    rows = [pixels[y * plane.line_size : y * plane.line_size + 64] for y in range(36)]
    return sum(map(sum, rows)) / (64 * 36)


def _encode(frame: VideoFrame, stream: VideoStream, at: float) -> Picture:
    width, height = picture.fitted(
        frame, stream.sample_aspect_ratio, width=MAX_WIDTH, height=MAX_HEIGHT
    )
    upright = picture.upright(frame, width=width, height=height)
    parameters: dict[str, object] = {
        "at": round(at, 3),
        "max_width": MAX_WIDTH,
        "max_height": MAX_HEIGHT,
        "quantizer": QUANTIZER,
        "rotation": frame.rotation % 360,
        "format": "image/jpeg",
    }
    return Picture(
        jpeg=picture.jpeg(upright, quantizer=QUANTIZER),
        width=upright.width,
        height=upright.height,
        parameters=parameters,
    )
