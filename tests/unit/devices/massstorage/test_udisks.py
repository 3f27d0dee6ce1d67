"""Mounting through udisks2, against a program in its place that mounts as it is told, or not as it is told.

udisks2 itself needs a system bus and was not run.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.errors import MountError, NoAccessError
from devices.massstorage import udisks
from devices.massstorage.mountinfo import mounts
from tests.fakes.images import blank, loop, make

Udisksctl = Callable[[str], Path]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with loop(make(blank(tmp_path / "card", megabytes=8), "ext4")) as node:
        yield node


@pytest.fixture
def udisksctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Udisksctl]:
    """`udisksctl(mounting)`: the program, with this shell line for `mount`; $disk and $options are set."""
    at = tmp_path / "media"
    at.mkdir()
    program = tmp_path / "bin/udisksctl"
    program.parent.mkdir()

    def give(mounting: str) -> Path:
        program.write_text(
            "#!/bin/sh\n"
            f'echo "$@" >>{program}.said\n'
            f"verb=$1 disk=$4 options=$6 at={at}\n"
            f'case $verb in mount) {mounting};; unmount) umount "$disk";; esac\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin:/usr/sbin:/sbin")
        return at

    yield give
    subprocess.run(["umount", at], check=False, capture_output=True)


def number(disk: Path) -> str:
    return (Path("/sys/class/block") / disk.name / "dev").read_text().strip()


def is_mounted(disk: Path) -> bool:
    return number(disk) in {mount.number for mount in mounts()}


def test_it_is_mounted_read_only_and_found_where_it_is(disk: Path, udisksctl: Udisksctl) -> None:
    at = udisksctl('mount -o "$options" "$disk" "$at"')
    assert udisks.mount_read_only(disk, number(disk), kind="ext4") == at
    (found,) = [mount for mount in mounts() if mount.number == number(disk)]
    assert found.read_only
    udisks.unmount(disk)
    assert not is_mounted(disk)


def test_a_writable_mount_is_taken_away_again(disk: Path, udisksctl: Udisksctl) -> None:
    udisksctl('mount -o rw "$disk" "$at"')
    with pytest.raises(MountError, match="writable"):
        udisks.mount_read_only(disk, number(disk), kind=None)
    assert not is_mounted(disk)


def test_what_it_says_against_it_is_passed_on(disk: Path, udisksctl: Udisksctl) -> None:
    udisksctl("echo 'Not authorized to perform operation' >&2; exit 1")
    with pytest.raises(NoAccessError, match="Not authorized"):
        udisks.mount_read_only(disk, number(disk), kind="vfat")


def test_without_it_the_way_out_is_said(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoAccessError, match="root, or udisks2"):
        udisks.mount_read_only(disk, number(disk), kind="vfat")
