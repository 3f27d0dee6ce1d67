"""The sealer: a small service that sets attributes for a station which has no right to, and can do nothing else.

It takes a digest, or the word "entries", from a process of its own user or of root; at its start and every hour it
looks through the whole store for what was missed while it was away. Nothing it is told can make it take an attribute
away or touch anything but `store/sha256` and `ledger/entries`.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from archive.store import immutable
from archive.store.sealing.asking import ENTRIES, HELLO, MOST, READY
from archive.store.sealing.flags import Flags, Sealed, unsealed

_PATIENCE: Final = 5.0  # seconds that a peer may be silent
_AGAIN: Final = 3600.0  # seconds between two looks through the store
_AT_ONCE: Final = 16  # peers


class SealerService:
    """Answers on a socket until `stop`."""

    def __init__(self, root: Path, path: Path, *, told: Callable[[str], None]) -> None:
        """Try the medium, then take the socket.

        Raises:
            MediumRefusedError: this file system has no attributes, or we may not set them.
            OSError: the socket cannot be made.
        """
        immutable.check(root / "store" / "incoming")
        self._root = root
        self._flags = Flags(root)
        self._told = told
        self._stopping = threading.Event()
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._path = path
        with suppress(FileNotFoundError):
            path.unlink()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.bind(str(path))
        path.chmod(0o660)
        self._socket.listen(_AT_ONCE)

    def run(self) -> None:
        """Serve; returns after `stop`."""
        sweeper = threading.Thread(target=self._sweep, daemon=True)
        sweeper.start()
        self._socket.settimeout(0.5)
        try:
            while not self._stopping.is_set():
                with suppress(TimeoutError):
                    peer, _ = self._socket.accept()
                    self._places.acquire()
                    threading.Thread(target=self._answer, args=(peer,), daemon=True).start()
        finally:
            self._socket.close()
            with suppress(FileNotFoundError):
                self._path.unlink()

    def stop(self) -> None:
        """End `run`, soon."""
        self._stopping.set()

    def _answer(self, peer: socket.socket) -> None:
        try:
            with peer, suppress(OSError):
                peer.settimeout(_PATIENCE)
                if not _is_ours(peer):
                    peer.send(b"refused: another user")
                    return
                while request := peer.recv(MOST + 1):
                    peer.send(self._do(request)[:MOST])
        finally:
            self._places.release()

    def _do(self, request: bytes) -> bytes:
        if request == HELLO:
            return READY
        try:
            if request == ENTRIES:
                self._flags.seal_entries()
                return Sealed.SEALED.encode()
            return self._flags.seal_object(request.decode("ascii")).encode()
        except ValueError:  # no digest, or no ASCII
            return b"refused: neither a digest nor a word known here"
        except OSError as e:
            self._told(f"{request[:MOST]!r} could not be sealed: {e.strerror}")
            return f"refused: {e.strerror}".encode()

    def _sweep(self) -> None:
        """What was missed: objects whose request came while we were away, and the entries."""
        while True:
            try:
                count = sum(
                    self._flags.seal_object(digest) is Sealed.SEALED
                    for digest in unsealed(self._root)
                )
                self._flags.seal_entries()
            except OSError as e:
                self._told(f"looking through the store failed: {e}")
            else:
                if count:
                    self._told(f"objects sealed that had waited: {count}")
            if self._stopping.wait(_AGAIN):
                return


def _is_ours(peer: socket.socket) -> bool:
    """Whether the other end is our own user's, or root's (unix(7), SO_PEERCRED)."""
    form = "3i"
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(form))
    _, user, _ = struct.unpack(form, raw)
    return user in {0, os.geteuid()}
