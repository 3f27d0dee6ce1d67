"""The kernel's table of mounts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devices.massstorage.mountinfo import Mount, mounts, parse

LINE = rb"36 35 8:17 / /media/a\040b/\346\211\247 rw,noatime shared:1 - vfat /dev/sdb1 ro,utf8"


def test_a_mount_is_told_with_its_real_path() -> None:
    assert parse(LINE) == [
        Mount(number="8:17", at="/media/a b/执".encode(), kind="vfat", read_only=True)
    ]


def test_a_writable_mount_is_told_as_one() -> None:
    assert not parse(LINE.replace(b"ro,utf8", b"rw"))[0].read_only
    assert parse(LINE.replace(b"ro,utf8", b"rw").replace(b"rw,noatime", b"ro"))[0].read_only


def test_this_machine_has_a_root() -> None:
    assert b"/" in {mount.at for mount in mounts()}


@given(st.one_of(st.binary(max_size=200), st.just(LINE)), st.binary(max_size=20))
def test_any_table_is_read(table: bytes, more: bytes) -> None:
    assert isinstance(parse(table + more), list)
