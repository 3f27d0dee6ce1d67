"""`sealer`: sets the attributes that the station may not set itself, until interrupted."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

from archive.errors import MediumRefusedError, NotAnArchiveError
from archive.settings import NAME
from archive.store.sealing.serving import SealerService
from muniment.answer import Answer, Asked


def seal(asked: Asked, *, socket: Path) -> Answer:
    """Serve on a socket.

    Raises:
        NotAnArchiveError: there is nothing to seal.
        MediumRefusedError: its disk has no attributes, or this user may not set them, or no socket can be made there.
    """
    if not (asked.root / NAME).is_file():
        raise NotAnArchiveError(f"{asked.root} is not an archive: it has no {NAME}")
    try:
        service = SealerService(asked.root, socket, told=lambda line: print(line, file=sys.stderr))
    except OSError as error:
        raise MediumRefusedError(f"{socket} cannot be made: {error.strerror or error}") from error

    def stop(_number: int, _frame: FrameType | None) -> None:
        service.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    asked.note(asked.words("sealer.ready", socket=socket))
    service.run()
    return Answer(document={"stopped": True})
