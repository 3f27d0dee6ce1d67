"""Card images with real file systems, made by the programs that make them for everybody, and loop devices over them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MEGABYTE = 1 << 20
_MAKERS = {
    "vfat": ("mkfs.vfat", "-n", "dosfstools"),
    "exfat": ("mkfs.exfat", "-L", "exfatprogs"),
    "ext4": ("mkfs.ext4", "-L", "e2fsprogs"),
}
_SBIN = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def blank(image: Path, *, megabytes: int = 64) -> Path:
    with image.open("wb") as file:
        file.truncate(megabytes * MEGABYTE)
    return image


def make(image: Path, kind: str, *more: str, label: str | None = None) -> Path:
    """Make a file system in an image or on a device."""
    program, option, package = _MAKERS[kind]
    path = shutil.which(program, path=_SBIN)
    if path is None:
        pytest.skip(f"{program} is not installed (Debian: {package})")
    quiet = ["-q"] if kind == "ext4" else []
    named = [option, label] if label else []
    subprocess.run([path, *quiet, *named, *more, str(image)], check=True, capture_output=True)
    return image


@contextmanager
def loop(image: Path, *, writable: bool = True) -> Iterator[Path]:
    """The node of a loop device over an image."""
    path = shutil.which("losetup", path=_SBIN)
    if os.geteuid() != 0 or path is None:
        pytest.skip("needs root and losetup (Debian: mount)")
    mode = [] if writable else ["--read-only"]
    made = subprocess.run(
        [path, "--find", "--show", *mode, str(image)], check=False, capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"no loop device: {made.stderr.strip()}")
    node = made.stdout.strip()
    try:
        yield Path(node)
    finally:
        subprocess.run([path, "--detach", node], check=True)
