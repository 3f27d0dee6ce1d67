"""The child process that parses media: one JSON line and an open file in, one JSON line out, until its input ends.

Started by `ingest.media.child` only. Anything unexpected ends the process: the parent notices, and
a process that has met one bad clip does not meet the next one.
"""

import base64
import ctypes
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from typing import BinaryIO

from ingest.media.limits import allow_processor, confine

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> int:
    """Answer requests until standard input ends."""
    # The parser ends with its parent even while a decoder is busy and reads no input.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    asked = socket.socket(fileno=0)
    confine()
    import_libraries()
    answer({"ready": True})
    for request, file in requests(asked):
        with file:
            answer(examine(request, file))
    return 0


def requests(asked: socket.socket) -> Iterator[tuple[dict[str, object], BinaryIO]]:
    """Each request with the clip that it is about, which comes with its first byte (unix(7), SCM_RIGHTS)."""
    received, clips = b"", list[int]()
    while True:
        data, opened, _, _ = socket.recv_fds(asked, 1 << 16, 1)
        received, clips = received + data, clips + opened
        if not data:
            return
        if received.endswith(b"\n"):  # there is one at a time
            yield json.loads(received), os.fdopen(clips.pop(), "rb")
            received = b""


def import_libraries() -> None:
    """Load what parses, under the limits."""
    import av

    from ingest.media import poster

    av.logging.set_level(av.logging.PANIC)
    poster.versions()


def answer(value: dict[str, object]) -> None:
    """Write one answer."""
    sys.stdout.buffer.write(json.dumps(value).encode("ascii") + b"\n")
    sys.stdout.buffer.flush()


def examine(request: dict[str, object], file: BinaryIO) -> dict[str, object]:
    """Examine one clip."""
    allow_processor(int(str(request["seconds"])))
    file.seek(0)  # its opener shares the place in it
    return _examined(file, str(request["name"]), wants_poster=request["poster"] is True)


def _examined(file: BinaryIO, name: str, *, wants_poster: bool) -> dict[str, object]:
    import av

    from ingest.media import poster, probe

    facts, sniffed = probe.look(file, name)
    picture = None
    if sniffed.demuxer is not None and "no_index" not in facts.damage:
        try:
            with probe.opened(file, sniffed) as container:
                facts = probe.describe(container, facts, sniffed)
                # decoded whether or not a poster is wanted, so that the facts are the same
                if poster.has_picture(facts):
                    picture = poster.make_poster(container, still=facts.kind == "photo")
                    facts = facts if picture else probe.undecodable(facts)
                if sniffed.demuxer != "mov" and facts.kind != "photo":
                    container.seek(0)
                    facts = probe.walk_packets(container, facts)
        except (av.FFmpegError, ValueError):
            facts = probe.undecodable(facts)
    made = picture and {
        "jpeg": base64.b64encode(picture.jpeg).decode("ascii"),
        "width": picture.width,
        "height": picture.height,
        "version": poster.versions(),
        "parameters": picture.parameters,
    }
    return {"facts": facts.to_json(), "poster": made if wants_poster else None}


if __name__ == "__main__":
    sys.exit(main())
