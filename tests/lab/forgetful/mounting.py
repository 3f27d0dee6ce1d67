"""Mounts the forgetful file system for as long as a block runs, and gives its diary afterwards.

Holds: after the block nothing is mounted and its process has ended. Needs root, /dev/fuse and Debian's libfuse3-3.
"""

from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.lab.forgetful.records import SAID, Story, read

ROOT: Final = Path(__file__).resolve().parents[3]
_PATIENCE: Final = 20.0  # seconds for the mount
_REST: Final = 5.0  # seconds for its end


@dataclass(slots=True, kw_only=True)
class Mounted:
    """A mounted file system."""

    folder: Path
    diary: Path

    def say(self, text: str) -> None:
        """The program has told somebody this, now."""
        fd = os.open(self.folder / SAID, os.O_WRONLY)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)

    def synced_all(self) -> None:
        """A syncfs(2) has returned: the kernel does not say so to a file system in user space."""
        self.say("syncfs")

    def story(self) -> Story:
        """The diary; after the block."""
        return read(self.diary)


def why_not() -> str | None:
    """Why it cannot be mounted here; None: it can."""
    if os.geteuid() != 0:
        return "not root (mounting a file system in user space)"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "there is no /dev/fuse"
    if ctypes.util.find_library("fuse3") is None:
        return "libfuse3 is not installed (Debian: libfuse3-3)"
    return None


@contextmanager
def mounted(work: Path, before: Path | None = None) -> Iterator[Mounted]:
    """Mount in a new folder of `work`; `before`: what the medium holds, empty without.

    Raises:
        OSError: it cannot be mounted, or not be taken down again.
    """
    here = Mounted(folder=work / "mount", diary=work / "diary")
    here.folder.mkdir()
    here.diary.mkdir()
    with (work / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.lab.forgetful.server"),
                *(str(path) for path in (here.folder, here.diary, before) if path),
            ],
            cwd=ROOT,
            env=os.environ | {"FUSE_LIBRARY_NAME": "fuse3"},  # 2 would be found first
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_for_mount(here.folder, process, work / "server.log")
        yield here
    finally:
        _take_down(here.folder, process)


def _wait_for_mount(folder: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not os.path.ismount(folder):
        if process.poll() is not None or time.monotonic() > deadline:
            raise OSError(f"the file system did not come up: {log.read_text(errors='replace')}")
        time.sleep(0.01)


def _take_down(folder: Path, process: subprocess.Popen[bytes]) -> None:
    try:
        if os.path.ismount(folder):
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        # A block that failed may still have files open: the process goes all the same, its diary is written.
        with suppress(subprocess.TimeoutExpired):
            process.wait(_REST)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
