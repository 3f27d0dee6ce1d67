"""verify.html before zips out of which different programs would unpack different packages."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.verifier.altering import Members
from tests.verifier.viewers import Seen, Viewer

_ONES: Final = (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """What is odd about the zip, or about its first member."""

    local_extra: bytes = b""
    central_extra: bytes = b""
    flags: int = 0
    disk: int = 0
    narrow: tuple[int, int, int] | None = None  # count, size, start of the classic end record
    wide: bool = False  # with a zip64 directory
    locator_disks: tuple[int, int] = (0, 1)
    record_disks: tuple[int, int] = (0, 0)
    between: bytes = b""  # behind the zip64 record


def field(kind: int, data: bytes) -> bytes:
    """An extra field."""
    return struct.pack("<2H", kind, len(data)) + data


def renamed(old: str, new: str) -> bytes:
    """The field by which Info-ZIP says another name than the header does."""
    return field(0x7075, struct.pack("<BL", 1, zlib.crc32(old.encode())) + new.encode())


def header(name: bytes, data: bytes, extra: bytes, flags: int) -> bytes:
    """A local header and its bytes."""
    shared = (20, flags, 0, 0, 0x5000, zlib.crc32(data), len(data), len(data), len(name))
    return struct.pack("<4s5H3L2H", b"PK\3\4", *shared, len(extra)) + name + extra + data


def listing(name: bytes, data: bytes, offset: int, odd: Odd) -> bytes:
    """A header of the directory."""
    shared = (0x314, 20, odd.flags, 0, 0, 0x5000, zlib.crc32(data), len(data), len(data), len(name))
    rest = (len(odd.central_extra), 0, odd.disk, 0, 0o100644 << 16, offset)
    return struct.pack("<4s6H3L5H2L", b"PK\1\2", *shared, *rest) + name + odd.central_extra


def zipped(top: str, members: Mapping[str, bytes], odd: Odd) -> bytes:
    """The package in a zip that is odd as told."""
    bodies = directory = b""
    for number, (path, data) in enumerate(members.items()):
        name, its = f"{top}/{path}".encode(), Odd() if number else odd
        directory += listing(name, data, len(bodies), its)
        bodies += header(name, data, its.local_extra, its.flags)
    real = (len(members), len(directory), len(bodies))
    end = wide_end(real, odd) if odd.wide else b""
    count, size, start = odd.narrow or (_ONES if odd.wide else real)
    end += struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, start, 0)
    return bodies + directory + end


def wide_end(real: tuple[int, int, int], odd: Odd) -> bytes:
    """The zip64 record and its locator."""
    count, size, start = real
    record = struct.pack(
        "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, *odd.record_disks, count, count, size, start
    )
    on, disks = odd.locator_disks
    return record + odd.between + struct.pack("<4sLQL", b"PK\6\7", on, start + size, disks)


def seen_of(page: Viewer, folder: Path, whole: tuple[str, Members], odd: Odd) -> Seen:
    path = folder / "odd.zip"
    path.write_bytes(zipped(*whole, odd))
    return page.check(path)


@pytest.mark.parametrize(
    "odd",
    [
        Odd(),
        Odd(wide=True),
        Odd(flags=0x0806),
        Odd(local_extra=field(0x5455, bytes(13)), central_extra=field(0x5455, bytes(5))),
        Odd(central_extra=field(0x7875, bytes(11)) + field(0x000A, bytes(32))),
    ],
    ids=["plain", "zip64", "flags", "times", "owners"],
)
def test_what_other_packers_write_into_a_zip_is_no_fault(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path, odd: Odd
) -> None:
    assert seen_of(page, tmp_path, whole, odd).findings == ()


@pytest.mark.parametrize(
    "odd",
    [
        Odd(wide=True, narrow=(1, 60, 30)),
        Odd(wide=True, narrow=(1, *_ONES[1:])),
        Odd(wide=True, locator_disks=(3, 1)),
        Odd(wide=True, locator_disks=(0, 9)),
        Odd(wide=True, record_disks=(0, 7)),
        Odd(wide=True, between=b"hidden"),
        Odd(disk=1),
        Odd(flags=0x0020),
        Odd(flags=0x2000),
        Odd(local_extra=field(0x4242, b"")),
        Odd(central_extra=field(0x9901, bytes(7))),
        Odd(local_extra=renamed("x", "y")),
        Odd(central_extra=renamed("x", "y")),
        Odd(local_extra=field(0x5455, bytes(80))),
        Odd(central_extra=field(0x5455, bytes(5)) * 2),
        Odd(local_extra=b"\x55\x54\x09"),
        Odd(local_extra=struct.pack("<2H", 0x5455, 9)),
    ],
)
def test_a_zip_out_of_which_two_programs_unpack_two_packages_is_refused(
    page: Viewer, whole: tuple[str, Members], tmp_path: Path, odd: Odd
) -> None:
    """Two directories, two names, several volumes, or a place to hide something in."""
    seen = seen_of(page, tmp_path, whole, odd)
    assert seen.verdict == "bad"
    assert "zip_unsafe" in seen.codes
