"""The child process that parses media: one JSON line and open files in, one JSON line out, until its input ends.

Started by `ingest.media.process` only. Anything unexpected ends the process: the parent notices, and
a process that has met one bad clip does not meet the next one.
"""

import array
import ctypes
import errno
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO, Final, cast

from ingest.media.errors import TaskRefusedError
from ingest.media.limits import allow_processor, confine
from ingest.media.tasks import MAX_ANSWER, MAX_OTHERS, Asked, task

_PR_SET_PDEATHSIG = 1  # prctl(2)
# What a full disk and the allowance say to a task that writes.
_UNWRITTEN: Final = {errno.EFBIG: "too_large", errno.ENOSPC: "no_space", errno.EDQUOT: "no_space"}

Request = dict[str, object]


def main() -> int:
    """Answer requests until standard input ends. The one argument is the write allowance in bytes."""
    # The parser ends with its parent even while a decoder is busy and reads no input.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    asked = socket.socket(fileno=0)
    confine(writes=int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    import_libraries()
    answer({"ready": True})
    for request, files in requests(asked):
        try:
            said = done(request, files)
        except MemoryError:
            answer({"refused": "out_of_memory"})
            return 1  # what is left of this process is not worth asking
        answer(said)
    return 0


def requests(asked: socket.socket) -> Iterator[tuple[Request, list[int]]]:
    """Each request with the files that it is about, which come with its first byte (unix(7), SCM_RIGHTS)."""
    received, files = bytearray(), array.array("i")
    while True:
        data, opened, _, _ = socket.recv_fds(asked, 1 << 18, MAX_OTHERS + 2)
        received += data
        files.extend(opened)
        if not data:
            return
        if received.endswith(b"\n"):  # there is one at a time
            yield json.loads(received), list(files)
            received, files = bytearray(), array.array("i")


def import_libraries() -> None:
    """Load what most clips need, under the limits."""
    import av

    av.logging.set_level(av.logging.PANIC)
    task("examine")


def answer(value: dict[str, object]) -> None:
    """Write one answer."""
    line = json.dumps(value).encode("ascii") + b"\n"
    if len(line) > MAX_ANSWER:
        line = b'{"refused": "answer_too_large"}\n'
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def done(request: Request, files: list[int]) -> dict[str, object]:
    """Do a task and return its answer, or the code with which it was refused."""
    writes = request["out"] is True
    try:
        with ExitStack() as stack:  # closing a file writes the last of it, which may be refused too
            opened: list[BinaryIO] = [
                stack.enter_context(os.fdopen(file, "r+b" if last else "rb"))
                for file, last in _marked(files, writes=writes)
            ]
            for file in opened:
                file.seek(0)  # its opener shares the place in it
            asked = Asked(
                clip=opened[0],
                others=tuple(opened[1:-1] if writes else opened[1:]),
                out=opened[-1] if writes else None,
                name=str(request["name"]),
                arguments=cast(dict[str, object], request["arguments"]),
            )
            allow_processor(2 * int(str(request["seconds"])))  # of two threads
            return task(str(request["task"]))(asked)
    except TaskRefusedError as refused:
        return {"refused": refused.why}
    except OSError as error:
        if not writes or error.errno not in _UNWRITTEN:
            raise
        return {"refused": _UNWRITTEN[error.errno]}


def _marked(files: list[int], *, writes: bool) -> list[tuple[int, bool]]:
    """Each file, and whether it is the one to write."""
    return [(file, writes and index == len(files) - 1) for index, file in enumerate(files)]


if __name__ == "__main__":
    sys.exit(main())
