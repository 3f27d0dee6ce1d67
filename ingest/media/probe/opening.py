"""Opens a clip for PyAV: one demuxer, chosen by the clip's own bytes, and nothing else. Runs in the child only.

The clip is handed over as an open file, and a callback refuses every other file or address: what a clip names is never
opened.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Final, NoReturn

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from ingest.media.probe.zeros import Watched
from ingest.media.sniff import HEAD_SIZE, Sniffed, sniff

MAX_PIXELS: Final = 100_000_000  # larger pictures are not decoded
MAX_STREAMS: Final = 64
_BUFFER: Final = 1 << 18
_INVALID: Final = 0x41444E49  # AVERROR_INVALIDDATA, libavutil/error.h


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


def packets(
    container: InputContainer, streams: Sequence[Stream] | None = None
) -> "Iterator[Packet[Stream]]":
    """Yield the packets of these streams, or of all; the last ones are empty.

    Raises:
        av.FFmpegError: the demuxer gave up.
    """
    wanted = list(container.streams) if streams is None else streams
    if not wanted:
        return
    try:
        yield from container.demux(*wanted)
    except IndexError as error:
        # PyAV 18.1 looks for a stream that appeared halfway, as in a transport stream, in the list of the first ones.
        raise av.InvalidDataError(_INVALID, "a stream that was not there before") from error


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:  # noqa: ARG001 - PyAV's call
    raise PermissionError("a clip may not open anything")
