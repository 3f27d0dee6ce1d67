"""The recorders that QEMU plays, and what is on them. Made by the host, known to the tests in the guest.

Holds: the guest sees every folder at the host's path, so a test compares with the files themselves. A large file is
sparse with a mark of its own every MiB, so that a piece in the wrong place is seen.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.usb.lab.machine import MtpRecorder, Recorder, StorageRecorder

MEGABYTE = 1 << 20
LARGE = 200 * MEGABYTE
MIDDLE = 48 * MEGABYTE  # long enough to be pulled in the middle of
HUGE = (4 << 30) + 10 * MEGABYTE + 3  # what wraps to 10 MB where only 32 bits are looked at
CARD = 128 * MEGABYTE
FAST = ("fast0", "fast1", "fast2", "fast3")
CARDS = ("card0", "card1")
LIVE = "live"  # its folder is shared: the guest can change it behind the recorder's back

# Paths, with sizes that meet both ends of a packet: with the 12 bytes of a header before them, 500 and 1012 fill
# whole packets of 512.
SMALL = {
    "DCIM/执法记录仪/DCAM_A0001_012345_20240229_131415_IMP.mp4": 3 * MEGABYTE + 7,
    "DCIM/执法记录仪/询问室 — 第二段.mp4": 1012,
    "DCIM/100MEDIA/one.mp4": 500,
    "DCIM/100MEDIA/two.mp4": 512,
    "empty.log": 0,
    "readme.txt": 11,
}


def recorders(folder: Path) -> list[Recorder]:
    """What is plugged into the guest."""
    return [
        *(
            MtpRecorder(name=name, folder=folder / name, serial=name.upper())
            for name in ("cam0", "cam1", "huge", *FAST)
        ),
        MtpRecorder(name=LIVE, folder=folder / LIVE, serial=LIVE.upper(), readonly=False),
        *(
            StorageRecorder(name=name, image=folder / f"{name}.img", serial=name.upper())
            for name in CARDS
        ),
    ]


def fill(folder: Path) -> None:
    """Make the folders and images of all of them."""
    for name in ("cam0", "cam1", "huge", LIVE, *FAST):
        (folder / name).mkdir()
    small_files(folder / "cam0")
    small_files(folder / LIVE)
    for name in FAST:
        sparse(folder / name / "clip.mp4", LARGE)
    sparse(folder / "cam1" / "clip.mp4", MIDDLE)
    sparse(folder / "huge" / "长录像.mp4", HUGE)
    for name in CARDS:
        with (folder / f"{name}.img").open("wb") as image:
            image.truncate(CARD)


def small_files(folder: Path) -> None:
    """The small tree, in a folder."""
    for name, size in SMALL.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pattern(name, size))


def pattern(name: str, size: int) -> bytes:
    """Bytes that are a file's own."""
    block = hashlib.sha256(name.encode()).digest()
    return (block * (size // len(block) + 1))[:size]


def sparse(path: Path, size: int) -> None:
    """A large file that takes no room."""
    with path.open("wb") as file:
        file.truncate(size)
        for at in range(0, size, MEGABYTE):
            file.seek(at)
            file.write(mark(at)[: size - at])


def mark(at: int) -> bytes:
    """What a sparse file has at a multiple of a MiB."""
    return hashlib.sha256(str(at).encode()).digest()
