"""Opens a clip for PyAV: one demuxer, chosen by the clip's own bytes, and nothing else. Runs in the child only.

The clip is handed over as an open file, and a callback refuses every other file or address: what a clip names is never
opened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, NoReturn

import av
from av.container import InputContainer

from ingest.media.probe.zeros import Watched
from ingest.media.sniff import HEAD_SIZE, Sniffed, sniff

MAX_PIXELS: Final = 100_000_000  # larger pictures are not decoded
MAX_STREAMS: Final = 64
_BUFFER: Final = 1 << 18


def look(file: BinaryIO, name: str) -> Sniffed:
    """Return what the first bytes of a file say it is."""
    file.seek(0)
    return sniff(file.read(HEAD_SIZE), name)


@contextmanager
def opened(
    file: BinaryIO | Watched, sniffed: Sniffed, *, known: bool = False
) -> Iterator[InputContainer]:
    """Open a clip for reading, with its own demuxer and nothing else.

    Args:
        file: the clip.
        sniffed: what its first bytes say.
        known: the streams are known already; libavformat decodes no picture to learn their pixels, for which it needs
            as long as for a poster.

    Raises:
        av.FFmpegError: it is not what its first bytes said.
    """
    file.seek(0)
    container = av.open(
        file,
        "r",
        format=sniffed.demuxer,
        options={
            "max_pixels": str(MAX_PIXELS),
            "protocol_whitelist": "",
            "max_streams": str(MAX_STREAMS),
            **({"skip_frame": "all"} if known else {}),
        },
        metadata_errors="replace",
        buffer_size=_BUFFER,
        io_open=_refuse,
    )
    with container:
        yield container


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:  # noqa: ARG001 - PyAV's call
    raise PermissionError("a clip may not open anything")
