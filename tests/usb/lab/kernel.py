"""The guest's kernel: Debian's own, fetched as a package and unpacked, never installed.

Holds: what is in the cache is whole (its record is written last), and one process at a time fills it.
Debian's cloud kernel has no USB, so it is linux-image-amd64's. Needs the network only the first time.
"""

from __future__ import annotations

import fcntl
import json
import lzma
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_XZ = b"\xfd7zXZ\0"
_TOOLS = ("apt-get", "apt-cache", "dpkg", "busybox")


class CannotRunError(Exception):
    """This machine cannot boot the guest, and why. Nothing was started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestKernel:
    """An unpacked kernel."""

    image: Path  # the ELF image: unpacking it here saves seconds of every emulated boot
    modules: Path  # what the guest mounts at /lib/modules
    version: str

    def closure(self, names: list[str]) -> list[Path]:
        """Files of these modules and of what they need, in the order of insmod; built-in ones left out."""
        base = self.modules / self.version
        needs: dict[str, list[str]] = {}
        for line in (base / "modules.dep").read_text().splitlines():
            module, _, others = line.partition(":")
            needs[module] = others.split()
        files = {Path(module).stem.replace("-", "_"): module for module in needs}
        order: dict[str, None] = {}

        def add(module: str) -> None:
            for other in reversed(needs[module]):
                add(other)
            order[module] = None

        for name in names:
            if wanted := files.get(name.replace("-", "_")):
                add(wanted)
        return [base / module for module in order]


def cache() -> Path:
    """Where the unpacked kernel is kept (about 470 MB), for all checkouts of a user."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "muniment-usb-lab"


def prepare(folder: Path | None = None) -> GuestKernel:
    """The kernel, fetched where it is not there yet (71 MB).

    Raises:
        CannotRunError: a tool or the package is not to be had.
    """
    folder = folder or cache()
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / "lock"):
        record = folder / "kernel.json"
        if not record.exists():
            _unpack(_fetched(folder), folder, record)
        said = json.loads(record.read_text())
    return GuestKernel(
        image=folder / "vmlinux",
        modules=folder / "tree" / "lib" / "modules",
        version=said["version"],
    )


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """One process at a time."""
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetched(folder: Path) -> Path:
    """The kernel's Debian package.

    Raises:
        CannotRunError: a tool or the package is not to be had.
    """
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            raise CannotRunError(f"no {tool} to fetch the guest's kernel with")
    try:
        return _downloaded(folder)
    except (CannotRunError, subprocess.CalledProcessError):
        # The lists of packages may be old or not there.
        subprocess.run(["apt-get", "update"], check=False, capture_output=True)
    try:
        return _downloaded(folder)
    except subprocess.CalledProcessError as e:
        raise CannotRunError("linux-image-amd64 cannot be downloaded") from e


def _downloaded(folder: Path) -> Path:
    """As `_fetched`, by the lists of packages that are there."""
    said = _output("apt-cache", "depends", "linux-image-amd64")
    found = re.search(r"Depends: (linux-image-\S+)", said)
    if found is None:
        raise CannotRunError("there is no package linux-image-amd64")
    command = ["apt-get", "download", found[1]]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return max(folder.glob(f"{found[1]}_*.deb"), key=lambda deb: deb.stat().st_mtime)


def _unpack(package: Path, folder: Path, record: Path) -> None:
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    _output("dpkg", "-x", str(package), str(tree))
    package.unlink()
    [modules] = (tree / "lib" / "modules").iterdir()
    packed = (tree / "boot" / f"vmlinuz-{modules.name}").read_bytes()
    (folder / "vmlinux").write_bytes(
        lzma.LZMADecompressor().decompress(packed[packed.index(_XZ) :])
    )
    _output("busybox", "depmod", "-b", str(tree), modules.name)
    record.write_text(json.dumps({"version": modules.name}))


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
