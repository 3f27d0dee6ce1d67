"""The strip: small pictures of a clip in one JPEG, and a WebVTT file that says which part is when.

Pictures come in the order of time. Where more come than fit, every other one goes and only half as many are taken from
then on, so that what stays is spread evenly whatever the clip's length turns out to be. Child process only.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from ingest.media import picture
from ingest.media.survey.choosing import TILES

COLUMNS: Final = 10
QUANTIZER: Final = 5  # mjpeg's scale
WIDEST: Final = 320  # pixels
HIGHEST: Final = 2  # times as high as wide


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """What is stored of a strip."""

    jpeg: bytes
    vtt: str
    parameters: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tile:
    at_ms: int
    frame: VideoFrame


class StripMaker:
    """Collects the tiles of one clip.

    Args:
        tiles: how many at most.
        width: of each tile, in pixels.
        aspect: width of one stored pixel by its height, as the container says.
    """

    def __init__(self, *, tiles: int, width: int, aspect: Fraction | None) -> None:
        self._most = max(1, min(tiles, TILES))
        self._width = max(16, min(width, WIDEST)) // 2 * 2
        self._aspect = aspect
        self._stored: tuple[int, int] | None = None  # of a tile before it is turned
        self._reformatter = VideoReformatter()
        self._tiles: list[_Tile] = []
        self._seen = 0
        self._step = 1

    def __len__(self) -> int:
        return len(self._tiles)

    def add(self, at_us: int, frame: VideoFrame) -> None:
        """Take one picture; one that is not later than the last, to the millisecond, is left out.

        Raises:
            av.FFmpegError: its pixels cannot be converted.
        """
        at_ms = max(0, round(at_us / 1000))
        if self._tiles and at_ms <= self._tiles[-1].at_ms:
            return
        seen, self._seen = self._seen, self._seen + 1
        if seen % self._step:
            return
        if len(self._tiles) == self._most:
            self._tiles = self._tiles[::2]
            self._step *= 2
            if seen % self._step:
                return
        self._tiles.append(_Tile(at_ms=at_ms, frame=self._tile(frame)))

    def finish(self, end_us: int) -> Strip | None:
        """Return the strip of a clip that ends at `end_us`; None where no picture came.

        Raises:
            av.FFmpegError: the encoder refuses.
        """
        if not self._tiles:
            return None
        width, height = self._tiles[0].frame.width, self._tiles[0].frame.height
        columns = min(COLUMNS, len(self._tiles))
        rows = -(-len(self._tiles) // columns)
        sheet = picture.blank(width=columns * width, height=rows * height)
        ends = [*(tile.at_ms for tile in self._tiles[1:]), round(end_us / 1000)]
        cues = ["WEBVTT\n"]
        for index, (tile, end) in enumerate(zip(self._tiles, ends, strict=True)):
            x, y = index % columns * width, index // columns * height
            picture.draw(tile.frame, on=sheet, left=x, top=y)
            times = f"{_clock(tile.at_ms)} --> {_clock(max(end, tile.at_ms + 1))}"
            cues.append(f"{times}\nstrip#xywh={x},{y},{width},{height}\n")
        return Strip(
            jpeg=picture.jpeg(sheet, quantizer=QUANTIZER),
            vtt="\n".join(cues),
            parameters={
                "tiles": len(self._tiles),
                "columns": columns,
                "tile_width": width,
                "tile_height": height,
                "quantizer": QUANTIZER,
                "format": "image/jpeg",
            },
        )

    def _tile(self, frame: VideoFrame) -> VideoFrame:
        # All tiles are as large as the first one, also where a stream changes its size.
        if self._stored is None:
            self._stored = self._size(frame)
        width, height = self._stored
        tile = picture.upright(frame, width=width, height=height, reformatter=self._reformatter)
        first = self._tiles[0].frame if self._tiles else tile
        if (tile.width, tile.height) != (first.width, first.height):  # turned halfway
            return tile.reformat(width=first.width, height=first.height)
        return tile

    def _size(self, frame: VideoFrame) -> tuple[int, int]:
        """Return a tile's size as stored: the width that was asked for once it is turned, however small the clip."""
        wide, high = picture.fitted(
            frame, self._aspect, width=frame.width + frame.height, height=frame.width + frame.height
        )
        if picture.is_turned(frame):
            wide, high = high, wide
        height = min(max(2, round(self._width * high / wide / 2) * 2), self._width * HIGHEST)
        return (height, self._width) if picture.is_turned(frame) else (self._width, height)


def _clock(ms: int) -> str:
    # WebVTT, 4.1: hours may have more than two digits
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"
