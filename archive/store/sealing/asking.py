"""Asking for attributes: of ourselves where we have the right, else of the sealer over its socket.

A sealer that is away costs nobody anything: what waits keeps its note in `incoming/`, and the sealer looks through the
whole store when it is back.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from archive.durable import Disk
from archive.errors import MediumRefusedError
from archive.store import immutable
from archive.store.sealing.flags import Flags, Sealed, Set

MOST: Final = 64  # bytes of a request; of an answer
HELLO: Final = b"hello"
ENTRIES: Final = b"entries"
READY: Final = b"ready"
REFUSED: Final = "refused: "
_PATIENCE: Final = 5.0  # seconds for one answer
_AWAY: Final = {errno.ENOENT, errno.ECONNREFUSED, errno.EACCES, errno.EPIPE, errno.ECONNRESET}


class Sealer(Protocol):
    """Gives attributes."""

    def object(self, digest: str) -> bool:
        """An object becomes immutable, once nobody has a second name for it; False: ask again. Raises OSError."""

    def entries(self) -> bool:
        """The ledger's entries become append-only; False: ask again. Raises OSError."""


class OwnSealer:
    """This process has the right itself."""

    def __init__(self, root: Path, *, set_to: Set) -> None:
        self._flags = Flags(root, set_to=set_to)

    def object(self, digest: str) -> bool:
        """See Sealer. An object that is gone needs nothing."""
        self._flags.seal_object(digest)
        return True

    def entries(self) -> bool:
        """See Sealer."""
        self._flags.seal_entries()
        return True


class SocketSealer:
    """The sealer of this station, over its socket."""

    def __init__(self, path: Path, *, connect: Callable[[], socket.socket] | None = None) -> None:
        self._path = path
        self._connect = connect or self._dial

    def object(self, digest: str) -> bool:
        """See Sealer."""
        return self._ask(digest.encode()) in set(Sealed)

    def entries(self) -> bool:
        """See Sealer."""
        return self._ask(ENTRIES) == Sealed.SEALED

    def is_there(self) -> bool:
        """Whether a sealer answers us. Raises OSError: it does, and does not work for this user."""
        answer = self._ask(HELLO)
        if answer.startswith(REFUSED):
            raise OSError(errno.EPERM, f"the sealer says: {answer.removeprefix(REFUSED)}")
        return answer == READY.decode()

    def _ask(self, request: bytes) -> str:
        """What it answers; nothing where it is away."""
        try:
            with self._connect() as link:
                link.send(request)
                return link.recv(MOST + 1).decode("utf-8", "replace")
        except TimeoutError:
            return ""
        except OSError as e:
            if e.errno in _AWAY:
                return ""
            raise

    def _dial(self) -> socket.socket:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        link.settimeout(_PATIENCE)
        try:
            link.connect(str(self._path))
        except OSError:
            link.close()
            raise
        return link


def choose(root: Path, path: Path | None, trial: Path, disk: Disk) -> Sealer:
    """Who gives the attributes here: this process where it may, else the sealer at `path`, there or away.

    Args:
        root: of the archive.
        path: the sealer's socket, if the settings name one.
        trial: a folder for the trial, which leaves nothing.
        disk: for the calls.

    Raises:
        MediumRefusedError: neither may; or the sealer is there and not for us.
        NoSpaceError: not even room for an empty file.
    """
    try:
        immutable.check(trial)
    except MediumRefusedError:
        if path is None:
            raise
        sealer = SocketSealer(path)
        try:
            sealer.is_there()
        except OSError as e:
            raise MediumRefusedError(
                f"store.immutable is on, and {path} is of no use to this user: {e.strerror}"
            ) from e
        return sealer
    return OwnSealer(root, set_to=disk.set_attributes)
