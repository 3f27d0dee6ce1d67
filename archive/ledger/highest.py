"""`keys/highest-signed`: what was ever published, kept outside `ledger/`, so that a `ledger/` put back is noticed."""

from __future__ import annotations

import base64
from pathlib import Path

from archive.durable import Disk, read_small
from archive.errors import LedgerRolledBackError
from archive.ledger.merkle import HASH_SIZE
from archive.ledger.note import Checkpoint


class HighestSigned:
    """`keys/highest-signed`: outside `ledger/`, so that a `ledger/` put back is noticed."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path
        self._disk = disk

    def read(self) -> tuple[int, bytes]:
        """Size and root of the highest checkpoint ever published.

        Raises:
            LedgerRolledBackError: missing or malformed: nobody can tell what was signed.
            OSError: the medium or this machine does not give it now. It may be whole.
        """
        try:
            return _parse(read_small(self._path).decode())
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError) as e:
            raise LedgerRolledBackError(
                "keys/highest-signed is missing or damaged, so it cannot be told what was signed before:"
                " put back the newest backup of it, then run `muniment audit`"
            ) from e

    def write(self, checkpoint: Checkpoint) -> None:
        """Keep for good, before the checkpoint is shown to anybody."""
        text = f"{checkpoint.size} {base64.b64encode(checkpoint.root).decode()}\n"
        self._disk.replace_file(self._path, text.encode())


def _parse(text: str) -> tuple[int, bytes]:
    size, root = text.removesuffix("\n").split(" ")
    number, raw = int(size), base64.b64decode(root, validate=True)
    if size != str(number) or len(raw) != HASH_SIZE or number < 0:
        raise ValueError("another spelling")
    return number, raw
