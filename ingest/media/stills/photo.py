"""Photos by Pillow: opened with the one format that their bytes chose, and decoded only where they are small enough.

Any bytes give a picture or `StillError`. The same bytes and libraries give the same picture. Sets Pillow's own bounds
for this process, which is the media child.
"""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

import av
import pillow_heif
from PIL import Image, ImageOps

from ingest.media import picture
from ingest.media.stills.errors import StillError

MAX_PIXELS: Final = 100_000_000  # larger pictures are not decoded: 400 MB
# ingest.media.sniff's containers, in Pillow's words; a mif1 may be either
FORMATS: Final[dict[str, tuple[str, ...]]] = {
    "jpeg": ("JPEG",),
    "png": ("PNG",),
    "gif": ("GIF",),
    "webp": ("WEBP",),
    "bmp": ("BMP",),
    "tiff": ("TIFF",),
    "heic": ("HEIF",),
    "heix": ("HEIF",),
    "mif1": ("HEIF", "AVIF"),
    "avif": ("AVIF",),
}
# Whatever Pillow's parsers of broken files raise, by their own handlers and by experience.
BROKEN: Final = (
    *(OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, AttributeError),
    *(struct.error, EOFError, OverflowError, ZeroDivisionError, RuntimeError),
)

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.register_heif_opener(thumbnails=False)


@contextmanager
def opened(file: BinaryIO, container: str) -> Iterator[Image.Image]:
    """Open a photo without decoding it.

    Raises:
        StillError: it is none of this format, or has more than `MAX_PIXELS`.
    """
    formats = FORMATS.get(container)
    if formats is None:
        raise StillError("undecodable")
    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is odd in the file: the facts are what counts
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(file, formats=formats) as photo:
                if photo.width * photo.height > MAX_PIXELS:
                    raise StillError("too_large")
                yield photo
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise StillError("too_large") from error
        except BROKEN as error:
            raise StillError("undecodable") from error


def make_picture(
    file: BinaryIO, container: str, *, width: int, height: int, quantizer: int
) -> tuple[bytes, int, int]:
    """Return a JPEG of the photo, upright, within `width` x `height`, and its size.

    Raises:
        StillError: the photo cannot be decoded, or is too large to be.
    """
    with opened(file, container) as photo:
        # JPEG only: decodes at a half, a quarter, an eighth, still larger than is needed
        photo.draft("RGB", (2 * width, 2 * height))
        small = _upright(_shrunk(photo, 2 * max(width, height)))
    return to_jpeg(small, width=width, height=height, quantizer=quantizer)


def _shrunk(photo: Image.Image, side: int) -> Image.Image:
    """Return the photo decoded, its longer side at most `side` where it had far more pixels."""
    photo.load()
    scale = side / max(photo.size)
    if scale > 1 / 2:
        return photo
    small = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    # every other way makes a second picture of the full size first, where there is transparency
    see_through = photo.mode in {"RGBA", "LA", "PA"}
    way = Image.Resampling.NEAREST if see_through else Image.Resampling.BOX
    return photo.resize(small, way)


def _upright(photo: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(photo)
    except BROKEN:
        return photo  # its EXIF is broken, its picture is not


def to_jpeg(
    image: Image.Image, *, width: int, height: int, quantizer: int
) -> tuple[bytes, int, int]:
    """Return a JPEG of an upright image within `width` x `height`, what is see-through on white, and its size.

    Raises:
        StillError: its pixels cannot be converted.
    """
    flat = Image.new("RGBA", image.size, "white")
    flat.alpha_composite(image.convert("RGBA"))
    try:
        frame = av.VideoFrame.from_bytes(flat.tobytes(), *flat.size, format="rgba")
        wide, high = picture.fitted(frame, None, width=width, height=height)
        small = picture.upright(frame, width=wide, height=high)
        return picture.jpeg(small, quantizer=quantizer), small.width, small.height
    except av.FFmpegError as error:
        raise StillError("undecodable") from error
