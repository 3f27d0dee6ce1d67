"""The task `caption`: a still with a band of facts below it, a watermark over it, and the facts in its text chunks.

Runs in the child process only: the picture came out of a foreign film, and the texts out of foreign names. The same
picture, font and texts give the same bytes. What it says is the asker's; nothing here knows clips.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from ingest.media.errors import TaskRefusedError
from ingest.media.tasks import Asked

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
_MOST: Final = 80 << 20  # pixels of the picture
_LEAST_WIDTH: Final = 960
_LEVEL: Final = 6
_INK, _DIM, _PAPER, _GROUND = (16, 20, 26), (88, 97, 112), (255, 255, 255), (0, 0, 0)
_LABEL_SHARE: Final = 0.17  # of the width, for the names of the facts
_MARK_ALPHA: Final = 96  # of 255: seen, and no detail below it is lost
_SMALLEST: Final = 9  # pixels of a letter that can be read
_MOST_TEXT: Final = 600  # characters of one fact


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """What is to be said, held against its form."""

    title: str
    rows: list[tuple[str, str]]
    watermark: str
    chunks: dict[str, str]


def run(asked: Asked) -> dict[str, object]:
    """Write the picture into `out`; the first of `others` is a font, where there is one.

    Arguments: `title`, `rows`: [[name, words], …], `watermark`, `chunks`: {keyword: text}, `aspect`: "4:3" of one
    pixel, `face` of the font.

    Raises:
        TaskRefusedError: "refused": not that form. "too_large", "undecodable": the still.
    """
    texts = _texts(asked.arguments)
    if asked.out is None:
        raise TaskRefusedError("refused")
    picture = _opened(asked.clip, str(asked.arguments.get("aspect", "1:1")))
    width = max(picture.width, _LEAST_WIDTH)
    size = max(16, width // 72)
    face = asked.arguments.get("face")
    fonts = _Fonts(asked.others[0] if asked.others else None, face if isinstance(face, int) else 0)
    _mark(picture, texts.watermark, _fitting(texts.watermark, picture.width, fonts))
    band = _band(texts, width=width, size=size, fonts=fonts)
    sheet = Image.new("RGB", (width, picture.height + band.height), _GROUND)
    sheet.paste(picture, ((width - picture.width) // 2, 0))
    sheet.paste(band, (0, picture.height))
    info = PngInfo()
    for keyword, text in texts.chunks.items():
        info.add_itxt(keyword, text)
    sheet.save(asked.out, "PNG", compress_level=_LEVEL, pnginfo=info)
    return {"width": sheet.width, "height": sheet.height, "band": band.height}


class _Fonts:
    """One font in the sizes that are asked for."""

    def __init__(self, file: BinaryIO | None, face: int) -> None:
        self._data, self._face = None if file is None else file.read(), face

    def sized(self, size: int) -> _Font:
        """The font; Pillow's own, which is Latin, where there is none."""
        if self._data is None:
            return ImageFont.load_default(size)
        return ImageFont.truetype(
            BytesIO(self._data), size, self._face, layout_engine=ImageFont.Layout.BASIC
        )


def _fitting(words: str, width: int, fonts: _Fonts) -> _Font:
    """The font in which the words stand in a picture once at least, as long as they can be read."""
    size = max(14, width // 48)
    while size > _SMALLEST and fonts.sized(size).getlength(words) > width:
        size -= 1
    return fonts.sized(size)


def _opened(file: BinaryIO, aspect: str) -> Image.Image:
    """The still with square pixels."""
    try:
        with Image.open(file, formats=("PNG",)) as still:
            if still.width * still.height > _MOST:
                raise TaskRefusedError("too_large")
            picture = still.convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise TaskRefusedError("undecodable") from error
    over, _, under = aspect.partition(":")
    if over.isdecimal() and under.isdecimal() and int(under) and 4 * int(over) > int(under):
        share = int(over) / int(under)
        if share != 1 and share < 4:  # an absurd shape is not believed
            size = (max(1, round(picture.width * share)), picture.height)
            picture = picture.resize(size, Image.Resampling.LANCZOS)
    return picture


def _band(texts: _Texts, *, width: int, size: int, fonts: _Fonts) -> Image.Image:
    small, large = fonts.sized(size), fonts.sized(size * 5 // 4)
    margin, step = size, size * 3 // 2
    left = margin + int(width * _LABEL_SHARE)
    lines: list[tuple[str, str]] = []
    for name, words in texts.rows:
        wrapped = _wrapped(words, small, width - left - margin)
        lines += [(name if n == 0 else "", line) for n, line in enumerate(wrapped)]
    top = 2 * margin + size * 5 // 4
    band = Image.new("RGB", (width, top + len(lines) * step + margin), _PAPER)
    pen = ImageDraw.Draw(band)
    pen.line([(0, 0), (width, 0)], fill=_INK, width=max(1, size // 8))
    pen.text((margin, margin * 3 // 4), texts.title, font=large, fill=_INK)
    for n, (name, words) in enumerate(lines):
        pen.text((margin, top + n * step), name, font=small, fill=_DIM)
        pen.text((left, top + n * step), words, font=small, fill=_INK)
    return band


def _wrapped(words: str, font: _Font, width: int) -> list[str]:
    """Lines that fit; Chinese and digests break anywhere, Latin words between words where that is near."""
    lines, line = [], ""
    for c in words:
        if line and font.getlength(line + c) > width:
            head, space, tail = line.rpartition(" ")
            if space and len(tail) < 16:
                lines.append(head)
                line = tail
            else:
                lines.append(line)
                line = ""
        line += c
    return [*lines, line]


def _mark(picture: Image.Image, words: str, font: _Font) -> None:
    """Write the words over the whole picture, aslant, light with a dark edge."""
    left, top, right, bottom = font.getbbox(words)
    wide, high = int(right - left) + 8, int(bottom - top) + 8
    stamp = Image.new("L", (wide, high))
    ImageDraw.Draw(stamp).text((4 - left, 4 - top), words, font=font, fill=255)
    stamp = stamp.rotate(18, expand=True, resample=Image.Resampling.BICUBIC)
    mask = Image.new("L", picture.size)
    across, down = stamp.width * 11 // 10, max(stamp.height * 9 // 10, 5 * high)
    for row, y in enumerate(range(-stamp.height // 3, picture.height, down)):
        for x in range(-(row % 2) * across // 2, picture.width, across):
            mask.paste(stamp, (x, y), stamp)
    share = _MARK_ALPHA / 255
    faint = mask.point([round(level * share) for level in range(256)])
    picture.paste((0, 0, 0), (1, 1), faint.crop((0, 0, picture.width - 1, picture.height - 1)))
    picture.paste((255, 255, 255), (0, 0), faint)


def _texts(arguments: Mapping[str, object]) -> _Texts:
    rows, chunks = arguments.get("rows"), arguments.get("chunks")
    if not isinstance(rows, Sequence) or not isinstance(chunks, Mapping):
        raise TaskRefusedError("refused")
    pairs = []
    for row in rows:
        match row:
            case [str(name), str(words)]:
                pairs.append((_plain(name), _plain(words)))
            case _:
                raise TaskRefusedError("refused")
    return _Texts(
        title=_plain(str(arguments.get("title", ""))),
        rows=pairs,
        watermark=_plain(str(arguments.get("watermark", ""))) or " ",
        chunks={str(name): str(text) for name, text in chunks.items()},
    )


def _plain(text: str) -> str:
    """Text in one line, without what turns it around or moves it (Unicode categories Cc, Cf, Cs, Zl, Zp)."""
    kept = (c if unicodedata.category(c) not in _HIDDEN else " " for c in text[:_MOST_TEXT])
    return " ".join("".join(kept).split())


_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
