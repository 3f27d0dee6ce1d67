"""What may not be in a transfer: names that lead out, programs, what is encrypted. Looks at first bytes and names only.

What always holds: no file is opened by what it says it is; a container is opened as zip, where it begins as one. Not
looked for: malware. An archive has a scanner of its own for that, and the report says so.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from oversight.transfer.folder import read_member

_HEAD: Final = 8  # bytes
_PROGRAMS: Final = (
    b"MZ",  # Windows
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",  # Mach-O of several processors, Java
    *(b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),
    b"#!",
)
_MACROS: Final = "vbaproject.bin"
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\\u202a-\u202e\u2066-\u2069]')
_PDF_ENCRYPTED: Final = re.compile(rb"/Encrypt\s+\d+\s+\d+\s+R|/Encrypt\s*<<")
_CHUNK: Final = 1 << 20
_OVERLAP: Final = 64


def is_bad_name(name: str) -> bool:
    """Whether a path leads out, is a device of Windows', or hides what it is."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or _FORBIDDEN.search(name):
        return True
    return any(
        part == ".." or _DEVICES.fullmatch(part) or part != part.rstrip(" .") for part in parts
    )


def is_program(head: bytes) -> bool:
    """Whether bytes begin as a program or script does."""
    return head.startswith(_PROGRAMS)


def members(package: Path) -> Iterator[tuple[str, bytes]]:
    """Name and first bytes of what is in a zip that was verified before. Raises OSError, zipfile.BadZipFile."""
    with zipfile.ZipFile(package) as file:
        for member in file.infolist():
            if not member.is_dir():
                yield member.filename, read_member(file, member.filename, _HEAD)


def head_of(path: Path) -> bytes:
    """The first bytes of a file. Raises OSError."""
    with path.open("rb") as file:
        return file.read(_HEAD)


def has_macros(path: Path) -> bool:
    """Whether a zip-based document carries macros. Raises OSError."""
    return any(name.lower().endswith(_MACROS) for name in _inside(path))


def is_encrypted(path: Path, head: bytes) -> bool:
    """Whether a document asks for a password: PDF, and what is a zip. Raises OSError."""
    if head.startswith(b"PK"):
        try:
            with zipfile.ZipFile(path) as file:
                return any(member.flag_bits & 1 for member in file.infolist())
        except zipfile.BadZipFile:
            return False
    if not head.startswith(b"%PDF"):
        return False
    before = b""
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            if _PDF_ENCRYPTED.search(before + piece):
                return True
            before = piece[-_OVERLAP:]
    return False


def opens(path: Path, media_type: str) -> bool:
    """Whether a document is what its media type says, as far as its structure tells. Raises OSError."""
    head = head_of(path)
    if media_type == "application/pdf":
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(file.tell() - 2048, 0))
            return head.startswith(b"%PDF-") and b"%%EOF" in file.read()
    if media_type == "image/jpeg":
        return head.startswith(b"\xff\xd8\xff")
    if media_type == "image/png":
        return head.startswith(b"\x89PNG\r\n\x1a\n")
    if head.startswith(b"PK"):
        return bool(_inside(path))
    return path.stat().st_size > 0


def _inside(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as file:
            return file.namelist()
    except zipfile.BadZipFile:
        return []
