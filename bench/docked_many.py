"""Recorders docked at once by one process, as a station does it: a thread and an open archive each, writes in turn.

Called as `python -m bench.docked_many ROOT SOURCE…`; prints one JSON document. The clock runs from when all stand
ready to the last receipt. Nothing is read back.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from archive.errors import ArchiveError
from archive.opening import open_archive
from devices.errors import DeviceError
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.errors import IngestError
from ingest.receipt import ClipResult
from muniment.ports.turns import SharedDisk, Turns


def main(root: Path, sources: Sequence[Path]) -> int:
    """Dock them all, and say how long it took and how many clips are held."""
    turns = Turns()
    held: list[ClipResult] = []
    failed: list[Exception] = []
    ready = threading.Barrier(len(sources) + 1)

    def work(source: Path) -> None:
        try:
            with (
                FolderRecorder(source) as recorder,
                open_archive(root, write=True, disk=SharedDisk(turns)) as archive,
            ):
                ready.wait()
                receipt = dock(
                    archive,
                    recorder,
                    serial=None,
                    officer=None,
                    case=None,
                    reread=False,
                    actor="local-0",
                )
                held.extend(clip for clip in receipt.clips if clip.status == "ingested")
        except (ArchiveError, DeviceError, IngestError, OSError) as e:
            failed.append(e)
            ready.abort()
        except threading.BrokenBarrierError:
            return

    threads = [threading.Thread(target=work, args=(source,)) for source in sources]
    for thread in threads:
        thread.start()
    try:
        ready.wait()
    except threading.BrokenBarrierError:
        print(failed, file=sys.stderr)
        return 1
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    json.dump({"seconds": time.perf_counter() - began, "ingested": len(held)}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]))
