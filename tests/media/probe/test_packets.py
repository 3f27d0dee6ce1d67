"""What the demuxer's own mistakes look like to whoever reads packets."""

from collections.abc import Iterator
from typing import cast

import av
import pytest
from av.container import InputContainer
from av.stream import Stream

from ingest.media.probe.opening import packets


class Forgetful:
    """A container as PyAV 18.1 is one where a stream appears halfway: whether it stumbles is up to chance there."""

    streams = (0,)

    def demux(self, *streams: Stream) -> Iterator[None]:
        """Yield nothing of the first streams, then look for the new one."""
        yield from [][: len(streams)]
        raise IndexError("list index out of range")


def test_a_stream_that_appears_halfway_is_an_error_of_the_clip() -> None:
    with pytest.raises(av.FFmpegError, match="not there before"):
        list(packets(cast(InputContainer, Forgetful())))


def test_of_no_streams_there_are_no_packets() -> None:
    assert list(packets(cast(InputContainer, Forgetful()), [])) == []
