"""Decoded frames as JPEG for people: square pixels, turned as the recorder says, the same bytes every time.

For pictures that are shown, never measured. Runs in the child process only. Knows no files and no clips.
"""

from fractions import Fraction
from typing import Final, cast

import av
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

_PIXELS: Final = "yuvj420p"  # what mjpeg writes: every second colour sample, full range
_TICK: Final = Fraction(1, 25)  # encoders want a clock, pictures have none


def fitted(
    frame: VideoFrame, aspect: Fraction | None, *, width: int, height: int
) -> tuple[int, int]:
    """Return even sizes, as stored and with square pixels, that turned fit within `width` x `height`.

    Never larger than the frame. `aspect` is that of one pixel; an absurd one is not believed.
    """
    wide, high = Fraction(frame.width), Fraction(frame.height)
    if aspect and Fraction(1, 4) < aspect < 4:
        wide *= aspect
    bounds = (height, width) if is_turned(frame) else (width, height)
    scale = min(Fraction(1), bounds[0] / wide, bounds[1] / high)
    return max(2, int(wide * scale) // 2 * 2), max(2, int(high * scale) // 2 * 2)


def is_turned(frame: VideoFrame) -> bool:
    """Return whether the recorder held the frame on its side."""
    return frame.rotation % 360 in {90, 270}


def upright(
    frame: VideoFrame, *, width: int, height: int, reformatter: VideoReformatter | None = None
) -> VideoFrame:
    """Return the frame scaled to `width` x `height` as stored, then turned upright.

    Raises:
        av.FFmpegError: its pixels cannot be converted.
    """
    scaled = (reformatter or VideoReformatter()).reformat(
        frame, width=width, height=height, format=_PIXELS, interpolation="AREA", threads=1
    )
    return _turn(scaled, frame.rotation % 360)


def blank(*, width: int, height: int) -> VideoFrame:
    """Return a black picture of even sizes, to be drawn on."""
    frame = VideoFrame(width, height, _PIXELS)
    for plane, value in zip(frame.planes, (b"\0", b"\x80", b"\x80"), strict=True):
        plane.update(value * plane.buffer_size)
    return frame


def draw(frame: VideoFrame, *, on: VideoFrame, left: int, top: int) -> None:
    """Copy an upright frame onto another one at an even place; it must fit."""
    for index, (source, target) in enumerate(zip(frame.planes, on.planes, strict=True)):
        shift = 1 if index else 0  # colour is half as wide and high
        x, y, width = left >> shift, top >> shift, frame.width >> shift
        pixels, canvas = memoryview(source), memoryview(target)
        for row in range(frame.height >> shift):
            begin = (y + row) * target.line_size + x
            start = row * source.line_size
            canvas[begin : begin + width] = pixels[start : start + width]


def jpeg(frame: VideoFrame, *, quantizer: int) -> bytes:
    """Return the frame as JPEG; `quantizer` is mjpeg's scale, 2 is best and 31 worst.

    Raises:
        av.FFmpegError: the encoder refuses the frame.
    """
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = frame.width, frame.height, _PIXELS
    context.time_base = _TICK
    context.options = {"qmin": str(quantizer), "qmax": str(quantizer), "flags": "+bitexact"}
    frame.pts, frame.time_base = 0, _TICK
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))


def _turn(frame: VideoFrame, rotation: int) -> VideoFrame:
    # rotation is counter-clockwise, in degrees (libavutil/display.h)
    steps = {90: [("transpose", "cclock")], 270: [("transpose", "clock")]}
    steps[180] = [("hflip", ""), ("vflip", "")]
    chain = steps.get(rotation)
    if chain is None:
        return frame
    frame.time_base = _TICK
    frame.pts = 0
    graph = Graph()
    nodes = [
        graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=_TICK
        ),
        *(graph.add(name, arguments or None) for name, arguments in chain),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    graph.push(frame)
    return cast(VideoFrame, graph.pull())
