"""In the virtual machine: docks round after round onto a disk of its own, and says so on its console.

python -m tests.fault.power.guest SEED      Ends with the power. The host makes the same clips again from the seed.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Final

DISK: Final = Path("/run/disk")
RECORDER: Final = Path("/run/scratch/recorder")
_SIZES: Final = (300, 40_000, 700_000)
_BEGAN: Final = 1_790_000_000  # modification time of the first clip


def clips(seed: int, number: int) -> Mapping[str, bytes]:
    """What was filmed before a docking."""
    draw = random.Random(f"{seed} {number}")  # noqa: S311 - the host makes the same
    return {
        f"{number:04}-{n}.mp4": draw.randbytes(draw.choice(_SIZES) + n)
        for n in range(draw.randint(1, 4))
    }


def film(recorder: Path, seed: int, number: int) -> Mapping[str, bytes]:
    """Put these clips on a recorder."""
    made = clips(seed, number)
    for name, data in made.items():
        (recorder / name).write_bytes(data)
        os.utime(recorder / name, (_BEGAN + number, _BEGAN + number))
    return made


def main(seed: int) -> None:
    """Dock until the power goes."""
    subprocess.run(["modprobe", "-a", "virtio_blk", "crc32c_generic", "ext4"], check=True)
    DISK.mkdir()
    subprocess.run(["mount", "-t", "ext4", "/dev/vda", str(DISK)], check=True)
    RECORDER.mkdir()
    from archive.opening import open_archive
    from devices.folder import FolderRecorder
    from ingest.docking import dock

    for number in count():
        film(RECORDER, seed, number)
        print(json.dumps({"begun": number}), flush=True)
        with (
            open_archive(DISK / "archive", write=True) as archive,
            FolderRecorder(RECORDER) as recorder,
        ):
            receipt = dock(
                archive,
                recorder,
                serial=None,
                officer=None,
                case=None,
                reread=False,
                actor="local-0",
            )
            rows = [{"clip": c.clip, "path": c.path, "status": c.status} for c in receipt.clips]
            print(json.dumps({"clips": rows, "checkpoint": receipt.checkpoint}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
