"""A BagIt 1.0 bag (RFC 8493) inside a zip: payload first, tag files after, each digest kept as it is written.

Holds: a name is used once; payload comes before the payload manifest is closed, and nothing of it after.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

from archive.package.writing import Source, ZipOut, manifest

BAGIT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST: Final = "manifest-sha256.txt"
_TAGMANIFEST: Final = "tagmanifest-sha256.txt"


class Bag:
    """One bag being written under a folder `name`."""

    def __init__(self, zipped: ZipOut, name: str) -> None:
        self._zip = zipped
        self.name = name
        self._payload: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self.payload_bytes = 0

    @property
    def payload_files(self) -> int:
        """How many there are."""
        return len(self._payload)

    def add(self, path: str, data: bytes) -> str:
        """A file, by its path in the bag; its digest. What is below `data/` is payload. Raises OSError."""
        digest = hashlib.sha256(data).hexdigest()
        self._take(path, digest)
        self._zip.add(f"{self.name}/{path}", data)
        if path.startswith("data/"):
            self.payload_bytes += len(data)
        return digest

    def copy(
        self, path: str, source: Source, size: int, told: Callable[[int], None]
    ) -> tuple[str, int]:
        """A payload file out of a source; digest and size of what came, for the caller to compare. Raises OSError."""
        digest, count = self._zip.copy(f"{self.name}/{path}", source, size, told)
        self._take(path, digest)
        self.payload_bytes += count
        return digest, count

    def close_payload(self) -> str:
        """Write the payload manifest; its digest. Raises OSError."""
        return self.add(MANIFEST, manifest(self._payload.items()))

    def close(self) -> None:
        """Write the tag manifest. Raises OSError."""
        self._zip.add(f"{self.name}/{_TAGMANIFEST}", manifest(self._tags.items()))

    def _take(self, path: str, digest: str) -> None:
        names = self._payload if path.startswith("data/") else self._tags
        if path in names:
            raise ValueError(f"two files of a bag are called {path}")
        names[path] = digest


def bag_info(
    *, made: datetime, software: str, origin: str, subject: str, count: int, size: int
) -> bytes:
    """bag-info.txt (RFC 8493, 2.2.2)."""
    return (
        f"Source-Organization: {origin}\nExternal-Identifier: {subject}\nBagging-Date: {made:%Y-%m-%d}\n"
        f"Bag-Software-Agent: {software}\nPayload-Oxum: {size}.{count}\n"
    ).encode()
