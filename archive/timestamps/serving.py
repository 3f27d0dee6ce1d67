"""The embedded authority's process: `python -m archive.timestamps.serving ROOT NOT_BEFORE [--require-sync]`.

The only one that reads the authority's keys. On stdin and stdout, one after the other: 4 bytes of length, then a
TimeStampReq, or a TimeStampResp. It ends when stdin does, so with whoever started it. What keeps it from stamping
is its answer, under PKIFailureInfo systemFailure.
"""

from __future__ import annotations

import struct
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from archive.durable import Disk
from archive.errors import ArchiveError
from archive.timestamps import asking, certificates
from archive.timestamps.authority import Authority
from archive.timestamps.clock import Clock, host_clock
from archive.timestamps.lease import Lease

FRAME: Final = struct.Struct(">I")
MOST_REQUEST: Final = 4096  # bytes
MOST_ANSWER: Final = 64 << 10


def read_frame(source: BinaryIO, most: int) -> bytes | None:
    """The next message; None at the end, and where what comes is none."""
    head = source.read(FRAME.size)
    if len(head) < FRAME.size:
        return None
    (size,) = FRAME.unpack(head)
    data = source.read(size) if size <= most else b""
    return data if len(data) == size else None


def write_frame(target: BinaryIO, data: bytes) -> None:
    """Send a message."""
    target.write(FRAME.pack(len(data)) + data)
    target.flush()


def serve(
    root: Path,
    source: BinaryIO,
    target: BinaryIO,
    *,
    require_sync: bool,
    not_before: int = 0,
    clock: Clock = host_clock,
) -> None:
    """Answer until the source ends; no token says a time below `not_before` (ms). Raises OSError, ArchiveError."""
    disk = Disk()
    now = datetime.fromtimestamp(clock().milliseconds / 1000, UTC)
    folder = certificates.make_folder(root, disk)
    with Lease(folder, clock, disk, not_before=not_before) as lease:
        pair = certificates.make_authority(root, now=now, disk=disk)
        authority = Authority(pair, lease, require_sync=require_sync)
        while (request := read_frame(source, MOST_REQUEST)) is not None:
            write_frame(target, authority.respond(request))


def main(arguments: list[str]) -> int:
    """Run it."""
    root, not_before, *rest = arguments
    streams = sys.stdin.buffer, sys.stdout.buffer
    try:
        serve(
            Path(root),
            *streams,
            require_sync="--require-sync" in rest,
            not_before=int(not_before),
        )
    except BrokenPipeError:
        return 0  # whoever asked has gone
    except (ArchiveError, OSError) as e:
        write_frame(sys.stdout.buffer, asking.encode_refused(asking.SYSTEM_FAILURE, str(e)))
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
