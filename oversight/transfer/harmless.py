"""What may not be in a transfer: names that lead out, programs, what is encrypted. Looks at structure and names only.

What always holds: no file is opened by its name; whatever the bytes, nothing but OSError is raised. Not looked for:
malware, which an archive has a scanner of its own for; passwords of Word, Excel and PowerPoint files before 2007.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from oversight.transfer.folder import opened_zip, read_member

_HEAD: Final = 1024  # bytes; %PDF- may stand anywhere in them (PDF 1.7, implementation note 13)
_PROGRAMS: Final = (
    b"MZ",  # Windows
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",  # Mach-O of several processors, Java
    *(b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),
    b"#!",
)
_MACROS: Final = "vbaproject.bin"
# Windows takes spaces before the dot and raised digits for none.
_DEVICES: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³]) *(\..*)?", re.IGNORECASE
)
# Controls, what Windows forbids, and what is not seen or turns the direction of what is.
_FORBIDDEN: Final = re.compile(
    r'[\x00-\x1f\x7f-\x9f<>:"|?*\\\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]'
)
_PDF: Final = b"%PDF-"
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")  # [MS-CFB], 2.2
_PDF_ENCRYPTED: Final = re.compile(rb"/Encrypt\s+\d+\s+\d+\s+R|/Encrypt\s*<<")
# Names of streams ([MS-OFFCRYPTO], 2.3; [MS-OVBA], 2.2), as the directory of a compound file has them.
_OLE_ENCRYPTED: Final = re.compile(
    b"|".join(re.escape(n.encode("utf-16le")) for n in ("EncryptedPackage", "EncryptionInfo"))
)
_OLE_MACROS: Final = re.compile(re.escape("_VBA_PROJECT".encode("utf-16le")))
_CHUNK: Final = 1 << 20
_OVERLAP: Final = 64
_TAIL: Final = 2048
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_STARTS: Final[dict[str, tuple[bytes, ...]]] = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/bmp": (b"BM",),
    "image/tiff": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    "application/msword": (_OLE,),
    "application/x-ole-storage": (_OLE,),
}
_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
# Of each a member that has to be there, and where its main part is (ECMA-376-2, 9; GB/T 33190, 7.2).
_ZIPPED: Final = {
    "application/ofd": ("OFD.xml", "OFD.xml"),
    f"{_OFFICE}wordprocessingml.document": ("[Content_Types].xml", "word/"),
    f"{_OFFICE}spreadsheetml.sheet": ("[Content_Types].xml", "xl/"),
    f"{_OFFICE}presentationml.presentation": ("[Content_Types].xml", "ppt/"),
}


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
    """Name and first bytes of what is in a zip. Raises OSError, zipfile.BadZipFile."""
    with opened_zip(package) as file:
        for member in file.infolist():
            if not member.is_dir():
                yield member.filename, read_member(file, member.filename, 8)


def head_of(path: Path) -> bytes:
    """The first bytes of a file. Raises OSError."""
    with path.open("rb") as file:
        return file.read(_HEAD)


def has_macros(path: Path) -> bool:
    """Whether an office document carries macros. Raises OSError."""
    if head_of(path).startswith(_OLE):
        return _holds(path, _OLE_MACROS)
    return any(name.lower().endswith(_MACROS) for name in _inside(path))


def is_encrypted(path: Path, head: bytes) -> bool:
    """Whether a document asks for a password: PDF, what is a zip, office documents. Raises OSError."""
    if head.startswith(b"PK"):
        try:
            with opened_zip(path) as file:
                return any(member.flag_bits & 1 for member in file.infolist())
        except zipfile.BadZipFile:
            return False  # it does not open either
    if head.startswith(_OLE):
        return _holds(path, _OLE_ENCRYPTED)
    return b"%PDF" in head and _holds(path, _PDF_ENCRYPTED)


def opens(path: Path, media_type: str) -> bool:
    """Whether a document is what its media type says, as far as its structure tells. Raises OSError.

    Of a type that is not known here nobody can say so: it does not.
    """
    head = head_of(path)
    if media_type in _STARTS:
        return head.startswith(_STARTS[media_type])
    if media_type in _ZIPPED:
        return head.startswith(b"PK\x03\x04") and _has_main(path, *_ZIPPED[media_type])
    looks: dict[str, Callable[[], bool]] = {
        "application/pdf": lambda: _PDF in head and b"%%EOF" in _tail_of(path),
        "image/heic": lambda: _has_brand(head),
        "image/heif": lambda: _has_brand(head),
        "image/webp": lambda: head.startswith(b"RIFF") and head[8:12] == b"WEBP",
    }
    return media_type in looks and looks[media_type]()


def _has_brand(head: bytes) -> bool:
    """ISO/IEC 23008-12, 10: the brands of the first box."""
    return head[4:8] == b"ftyp" and head[8:12] in _BRANDS


def _has_main(path: Path, needed: str, main: str) -> bool:
    try:
        with opened_zip(path) as file:
            names = file.namelist()
            return bool(
                needed in names
                and any(n.startswith(main) and n.endswith(".xml") for n in names)
                and read_member(file, needed).strip()
            )
    except zipfile.BadZipFile:
        return False


def _tail_of(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(file.tell() - _TAIL, 0))
        return file.read()


def _holds(path: Path, wanted: re.Pattern[bytes]) -> bool:
    before = b""
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            if wanted.search(before + piece):
                return True
            before = piece[-_OVERLAP:]
    return False


def _inside(path: Path) -> list[str]:
    try:
        with opened_zip(path) as file:
            return file.namelist()
    except zipfile.BadZipFile:
        return []
