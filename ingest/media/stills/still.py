"""The task `still`: one frame of a film as PNG, upright, every pixel as decoded. Child process only.

The same clip, frame and libraries give the same bytes. Nothing is scaled: pixels that are not square stay so, and the
answer says their shape.
"""

from typing import Final

import av
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from PIL import Image

from ingest.media.errors import TaskRefusedError
from ingest.media.poster import versions
from ingest.media.probe.opening import look, opened
from ingest.media.probe.streams import decoder, pictures
from ingest.media.stills.errors import StillError
from ingest.media.stills.frame import find, nth
from ingest.media.tasks import Asked

_MOST: Final = 64 << 20  # pixels: as many as memory for three copies of them allows
_LEVEL: Final = 6  # of zlib
# No table of a format without times of showing can be searched: its frames are counted.
_UNTIMED: Final = frozenset({"avi"})
_EXACT: Final = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.BITEXACT
    | Interpolation.FULL_CHR_H_INT
)
# ISO/IEC 23091-2, matrix coefficients; 6 is 5 by another name.
_MATRICES: Final = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}
_HD: Final = 720  # rows: films that do not say so have the colours of HD from here on (ITU-R BT.709, else BT.601)


def run(asked: Asked) -> dict[str, object]:
    """Write a frame into `out`. Arguments: `stream`, `ticks`, `number`: which frame, by the media facts.

    Raises:
        TaskRefusedError: "not_media", "frame_damaged", "no_frame", "too_large", "undecodable".
    """
    wanted, ticks, number = (asked.arguments.get(name) for name in ("stream", "ticks", "number"))
    if not isinstance(wanted, int) or not isinstance(ticks, int) or not isinstance(number, int):
        raise TaskRefusedError("no_frame")
    sniffed = look(asked.clip, asked.name)
    if sniffed.demuxer is None or sniffed.kind != "video" or asked.out is None:
        raise TaskRefusedError("not_media")
    try:
        with opened(asked.clip, sniffed) as container:
            stream = next((s for s in pictures(list(container.streams)) if s.index == wanted), None)
            if stream is None or decoder(stream) is None:
                raise TaskRefusedError("undecodable")
            if stream.codec_context.width * stream.codec_context.height > _MOST:
                raise TaskRefusedError("too_large")
            untimed = sniffed.demuxer in _UNTIMED
            frame = nth(container, stream, number) if untimed else find(container, stream, ticks)
            aspect = stream.sample_aspect_ratio
            picture = upright(frame)
    except StillError as error:
        raise TaskRefusedError(error.why) from error
    except av.FFmpegError as error:
        raise TaskRefusedError("undecodable") from error
    picture.save(asked.out, "PNG", compress_level=_LEVEL)
    return {
        "width": picture.width,
        "height": picture.height,
        "rotation": frame.rotation % 360,
        "pixel_format": frame.format.name,
        "sample_aspect": f"{aspect.numerator}:{aspect.denominator}" if aspect else "1:1",
        "version": versions(),
    }


def upright(frame: VideoFrame) -> Image.Image:
    """Return the frame in red, green and blue, turned as its recorder says.

    Raises:
        av.FFmpegError: its pixels cannot be converted.
    """
    if frame.width * frame.height > _MOST:
        raise StillError("too_large")
    guessed = Colorspace.ITU709 if frame.height >= _HD else Colorspace.ITU601
    full = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    plain = VideoReformatter().reformat(
        frame,
        format="rgb24",
        src_colorspace=_MATRICES.get(frame.colorspace, guessed),
        src_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=_EXACT,
        threads=1,
    )
    plane = plain.planes[0]
    picture = Image.frombuffer(
        "RGB", (plain.width, plain.height), bytes(plane), "raw", "RGB", plane.line_size, 1
    )
    # Counter-clockwise, in degrees (libavutil/display.h), as Pillow turns.
    turns = {
        90: Image.Transpose.ROTATE_90,
        180: Image.Transpose.ROTATE_180,
        270: Image.Transpose.ROTATE_270,
    }
    turn = turns.get(frame.rotation % 360)
    return picture if turn is None else picture.transpose(turn)
