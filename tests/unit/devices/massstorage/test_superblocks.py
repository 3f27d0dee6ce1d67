"""File systems told by their first blocks; the images are made by the programs that everybody uses."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from devices.massstorage.superblocks import (
    HEAD,
    FileSystem,
    UnknownFileSystemError,
    exfat_label,
    identify,
)
from tests.fakes.images import MEGABYTE, blank, make


def head(image: Path) -> bytes:
    with image.open("rb") as file:
        return file.read(HEAD)


def test_fat32_is_told_with_its_label(tmp_path: Path) -> None:
    image = make(blank(tmp_path / "card"), "vfat", "-F", "32", label="BWC CARD")
    assert identify(head(image)) == FileSystem(kind="vfat", label="BWC CARD")


def test_fat16_of_a_small_card_is_told_too(tmp_path: Path) -> None:
    image = make(blank(tmp_path / "card", megabytes=16), "vfat", "-F", "16", label="SMALL")
    assert identify(head(image)) == FileSystem(kind="vfat", label="SMALL")


def test_a_card_without_a_name_has_no_label(tmp_path: Path) -> None:
    assert identify(head(make(blank(tmp_path / "card"), "vfat"))).label is None


def test_a_chinese_fat_label_is_read_as_gbk(tmp_path: Path) -> None:
    raw = bytearray(head(make(blank(tmp_path / "card"), "vfat", "-F", "32")))
    raw[71:82] = "执法仪".encode("gbk").ljust(11)
    assert identify(bytes(raw)).label == "执法仪"


def test_exfat_is_told_with_its_label(tmp_path: Path) -> None:
    image = make(blank(tmp_path / "card"), "exfat", label="执法记录仪")
    found = identify(head(image))
    assert found.kind == "exfat"
    assert found.label_at is not None
    with image.open("rb") as file:
        file.seek(found.label_at)
        assert exfat_label(file.read(4096)) == "执法记录仪"


def test_ext4_is_told_with_its_label(tmp_path: Path) -> None:
    image = make(blank(tmp_path / "card"), "ext4", label="卡")
    assert identify(head(image)) == FileSystem(kind="ext4", label="卡")


def test_an_ext4_that_was_not_switched_off_cleanly_says_so(tmp_path: Path) -> None:
    raw = bytearray(head(make(blank(tmp_path / "card"), "ext4")))
    struct.pack_into("<I", raw, 1120, struct.unpack_from("<I", raw, 1120)[0] | 0x4)
    assert identify(bytes(raw)).unclean


@pytest.mark.parametrize(
    ("offset", "magic", "named"),
    [
        (3, b"NTFS    ", "NTFS"),
        (3, b"-FVE-FS-", "BitLocker"),
        (0, b"LUKS\xba\xbe", "LUKS"),
        (1024, b"H+", r"HFS\+"),
        (0, b"nonsense", "no file system that is known"),
        (0, b"", "empty"),
    ],
)
def test_anything_else_is_refused_by_name(offset: int, magic: bytes, named: str) -> None:
    raw = bytearray(HEAD)
    raw[offset : offset + len(magic)] = magic
    raw[510:512] = b"\x55\xaa" if magic else b"\0\0"
    with pytest.raises(UnknownFileSystemError, match=named):
        identify(bytes(raw))


def test_a_partition_table_is_no_fat() -> None:
    raw = bytearray(MEGABYTE)
    raw[446:462] = struct.pack("<B3sB3sII", 0x80, b"\0" * 3, 0x0C, b"\0" * 3, 2048, 100_000)
    raw[510:512] = b"\x55\xaa"
    with pytest.raises(UnknownFileSystemError):
        identify(bytes(raw[:HEAD]))
