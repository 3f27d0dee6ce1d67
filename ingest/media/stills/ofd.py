"""OFD documents (GB/T 33190-2016): how many pages they say they have. They are kept and offered, not drawn.

A zip of strangers: its directory and the two files that are read are bounded before anything is unpacked, by what is
unpacked and not by what is claimed. Any bytes give a number or `StillError`.
"""

import os
import struct
import zipfile
import zlib
from dataclasses import dataclass
from posixpath import normpath
from typing import BinaryIO, Final

from ingest.media.errors import MarkupError
from ingest.media.markup import read_xml
from ingest.media.stills.errors import StillError

MOST_ENTRIES: Final = 20_000
LARGEST_DIRECTORY: Final = 8 << 20  # bytes
LARGEST_FILE: Final = 8 << 20  # bytes of one XML file, unpacked
_TAIL: Final = 22 + 0xFFFF  # APPNOTE 4.3.16: the end of central directory record and its comment
_END: Final = b"PK\x05\x06"
_LOCATOR: Final = b"PK\x06\x07"  # of zip64, 20 bytes before it: no document is that large
_ENCRYPTED: Final = 1  # APPNOTE 4.4.4
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError),
    *(ValueError, KeyError, RuntimeError, NotImplementedError, MarkupError),
)


@dataclass(slots=True, kw_only=True)
class _Found:
    """What OFD.xml and Document.xml say: where the document begins, and how many pages it has."""

    root: str = ""
    pages: int = 0
    _documents: int = 0

    def start(self, path: list[str], attributes: dict[str, str]) -> None:  # noqa: ARG002 - Reader's
        if path == ["Document", "Pages", "Page"]:  # GB/T 33190, 7.5
            self.pages += 1
        self._documents += path == ["OFD", "DocBody"]

    def text(self, path: list[str], data: str) -> None:
        # GB/T 33190, 7.4; the first document counts
        if path == ["OFD", "DocBody", "DocRoot"] and self._documents == 1:
            self.root = (self.root + data)[:1024]

    def end(self, path: list[str]) -> None:
        """Nothing ends here that matters."""


def pages(file: BinaryIO) -> int:
    """Return how many pages the first document in an OFD file has.

    Raises:
        StillError: "broken": it is no zip or no OFD within the bounds; "encrypted".
    """
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            found = _Found()
            _read(archive, "OFD.xml", found)
            _read(archive, normpath(found.root.strip()).lstrip("/"), found)
    except _BROKEN as error:
        raise StillError("broken") from error
    if found.pages == 0:
        raise StillError("no_pages")
    return found.pages


def names(file: BinaryIO) -> list[str]:
    """Return what lies in a zip, an OFD or not.

    Raises:
        StillError: "broken": it is no zip within the bounds.
    """
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.namelist()
    except _BROKEN as error:
        raise StillError("broken") from error


def _check_directory(file: BinaryIO) -> None:
    """Hold the size of the directory against our bounds, before `zipfile` reads all of it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise StillError("broken")
    entries, length = struct.unpack_from("<HI", tail, at + 10)
    zip64 = tail[max(0, at - 20) : at].startswith(_LOCATOR)
    if zip64 or entries > MOST_ENTRIES or length > LARGEST_DIRECTORY:
        raise StillError("broken")


def _read(archive: zipfile.ZipFile, name: str, found: _Found) -> None:
    info = archive.getinfo(name)
    if info.flag_bits & _ENCRYPTED:
        raise StillError("encrypted")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise StillError("broken")
    with archive.open(info) as packed:
        data = packed.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise StillError("broken")
    read_xml(data, found)
