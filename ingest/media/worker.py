"""The child process that parses media: one JSON line in, one JSON line out, until its input ends.

Started by `ingest.media.child` only. Anything unexpected ends the process: the parent notices, and
a process that has met one bad clip does not meet the next one.
"""

import base64
import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from ingest.media.limits import allow_processor, confine

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> int:
    """Answer requests until standard input ends."""
    # The parser ends with its parent even while a decoder is busy and reads no input.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    confine()
    import_libraries()
    answer({"ready": True})
    for line in sys.stdin.buffer:
        answer(examine(json.loads(line)))
    return 0


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


def examine(request: dict[str, object]) -> dict[str, object]:
    """Examine one clip."""
    allow_processor(int(str(request["seconds"])))
    path = Path(str(request["path"]))
    try:
        file = path.open("rb")
    except OSError as error:
        return {"errno": error.errno, "strerror": os.strerror(error.errno or 0)}
    with file:
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
