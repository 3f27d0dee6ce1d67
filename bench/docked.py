"""One docking up to its receipt and not further: the command goes on to read back, and its CPU time holds both.

Called as `python -m bench.docked SOURCE ROOT`; prints one JSON document.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from archive.opening import open_archive
from devices.folder import FolderRecorder
from ingest.docking import dock


def main(source: Path, root: Path) -> None:
    """Dock, and say how long it took and how many clips are held."""
    with FolderRecorder(source) as recorder, open_archive(root, write=True) as archive:
        receipt = dock(
            archive, recorder, serial=None, officer=None, case=None, reread=False, actor="local-0"
        )
    held = sum(clip.status == "ingested" for clip in receipt.clips)
    json.dump({"seconds": receipt.seconds, "ingested": held}, sys.stdout)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
