"""Which runs of zeros in a clip are holes: where media should be, and no zeros can be.

Judged by what lies around them. Codecs that pack their bits never write thousands of zeros; raw pictures, PCM and
lossless codecs do; of the rest a mebibyte is too much. What lies behind the end that a file declares is a recorder's
padding. Between packets zeros are a hole where the format has nothing there that may hold them.
"""

from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np

from ingest.media.probe.ebml import vint
from ingest.media.probe.jpegs import scan_without_zeros
from ingest.media.probe.walk import Column, Walk
from ingest.media.probe.zeros import SHORTEST

Runs = list[tuple[int, int]]

# Codecs that never hold `SHORTEST` zeros: they escape them, code arithmetically, or begin each short frame with a mark
NEVER: Final = frozenset(
    {
        *("h264", "hevc", "vvc", "vp8", "vp9", "av1", "mpeg4", "theora"),
        *("aac", "mp3", "mp2", "opus", "vorbis", "flac", "ac3", "eac3"),
    }
)
LONG: Final = 1 << 20  # of the other packed codecs
_LOSSLESS: Final = frozenset(
    {
        *("rawvideo", "v210", "v210x", "v308", "v408", "v410", "r210", "r10k", "y41p", "yuv4"),
        *("huffyuv", "ffvhuff", "utvideo", "ffv1", "magicyuv", "lagarith", "png", "qtrle", "msrle"),
        *("alac", "tta", "wavpack", "ape", "zlib", "mszh", "cinepak", "bmp", "tiff", "gif"),
    }
)
_MARGIN: Final = 64  # bytes at a packet's ends that are no proof: its place is not told to the byte
_PACKED: Final = frozenset({"mp3", "aac", "flac", "amr", "ogg", "flv"})  # nothing but packets
_EBML: Final = frozenset({"matroska", "webm"})
_BOXES: Final = frozenset({"mp4", "mov"})
_JPEG_HEAD: Final = 1 << 16  # bytes of a JPEG that are looked at
MOST: Final = 20_000  # runs that are judged
_VOID: Final = 0xEC  # RFC 8794, 11.3.2


def may_hold_zeros(codec: str | None) -> bool:
    """Whether zeros of any length are good pictures or sound."""
    return codec is None or codec in _LOSSLESS or codec.startswith(("pcm_", "adpcm_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """Where the packets of a clip lie.

    Attributes:
        whole: where the file itself says that it ends; None: it does not say.
        walked: its packets, `codecs`: of their streams.
        packet: size of the container's own packets, each of which begins with a mark, where it is known.
    """

    file: BinaryIO
    size: int
    container: str | None
    whole: int | None
    walked: Walk
    codecs: dict[int, str | None]
    packet: int | None = None


def holes(seen: Runs, medium: Medium) -> Runs:
    """Return those of the runs of zeros that are holes."""
    streams = (
        _Packets(column, medium.codecs.get(index))
        for index, column in medium.walked.columns.items()
    )
    packets = [each for each in streams if len(each.places)]
    if not packets:
        heard = medium.container in {"flac", "wav"}  # whose headers have zeros to be filled later
        return [run for run in seen if run[1] == medium.size and medium.whole is None and not heard]
    if all(may_hold_zeros(each.codec) for each in packets):
        return []
    begin, found = min(int(each.places[0]) for each in packets), []
    for start, stop in seen[:MOST]:
        end = stop if medium.whole is None else min(stop, medium.whole)
        if end - start < SHORTEST or start < begin:
            continue
        if _is_hole((start, end), medium, packets, reaches_end=stop == medium.size):
            found.append((start, end))
    return found


class _Packets:
    """The packets of one stream in the order of the file; they do not overlap, or hardly."""

    def __init__(self, column: Column, codec: str | None) -> None:
        places = np.frombuffer(column.positions, np.int64)
        known = np.flatnonzero(places >= 0)
        order = known[np.argsort(places[known], kind="stable")]
        self.codec = codec
        self.places = places[order]
        self.sizes = np.frombuffer(column.sizes, np.int64)[order]

    def within(self, run: tuple[int, int]) -> tuple[int, int | None]:
        """Return how many bytes of a run are the packets', and which packet is the first with more than a few."""
        first = max(0, int(np.searchsorted(self.places, run[0], side="right")) - 1)
        last = int(np.searchsorted(self.places, run[1], side="left"))
        places, sizes = self.places[first:last], self.sizes[first:last]
        inside = np.minimum(run[1], places + sizes) - np.maximum(run[0], places)
        touched = np.flatnonzero(inside > _MARGIN)
        return int(inside[inside > 0].sum()), first + int(touched[0]) if len(touched) else None


def _is_hole(
    run: tuple[int, int], medium: Medium, packets: list[_Packets], *, reaches_end: bool
) -> bool:
    never = packed = tolerant = 0
    for each in packets:
        total, touched = each.within(run)
        if may_hold_zeros(each.codec):
            tolerant += total
        elif each.codec in NEVER or (
            each.codec == "mjpeg" and touched is not None and _no_jpeg(run, medium, each, touched)
        ):
            never += total
        else:
            packed += total
    if never >= (SHORTEST if tolerant else _MARGIN) or packed >= LONG:
        return True
    length = run[1] - run[0]
    if reaches_end and medium.container not in _BOXES:
        return 2 * tolerant < length
    if medium.packet is not None:
        return length >= 2 * medium.packet
    if tolerant + packed > _MARGIN or all(run[0] > each.places[-1] for each in packets):
        return False
    # an MP4's boxes may hold anything between samples, and an AVI's chunks
    return medium.container in _PACKED or (
        medium.container in _EBML and not _is_void(run, medium.file)
    )


def _no_jpeg(run: tuple[int, int], medium: Medium, packets: _Packets, touched: int) -> bool:
    """Whether zeros in the first picture that they touch are none, or its mark is under them."""
    place, size = int(packets.places[touched]), int(packets.sizes[touched])
    if place >= run[0]:
        return True
    medium.file.seek(place)
    data = medium.file.read(min(size, _JPEG_HEAD))
    begin = max(data.find(b"\xff\xd8", 0, _MARGIN), 0)  # an AVI's chunk has a header of its own
    scan = scan_without_zeros(data[begin:])
    return scan is not None and place + begin + scan <= run[0]


def _is_void(run: tuple[int, int], file: BinaryIO) -> bool:
    """Whether the zeros are the content of an element that is there to be filled later."""
    before = max(0, run[0] - 9)
    file.seek(before)
    data = file.read(run[0] - before + 16)
    for at, letter in enumerate(data[: run[0] - before]):
        size = vint(data, at + 1) if letter == _VOID else None
        if size is not None and size[0] is not None and before + size[1] + size[0] >= run[1]:
            return True
    return False
