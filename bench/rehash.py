"""The bare floor of an audit: `python bench/rehash.py FOLDER [AHEAD]`, every file hashed by two threads.

The digests are thrown away. With AHEAD, the disk is asked for so many bytes before they are read; without, it is
left to the system. It shares no code with what it is compared to.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from pathlib import Path

BUFFER = 1 << 20


def main(folder: Path, ahead: int = 0) -> int:
    """Hash everything below."""
    waiting = sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)

    def work() -> None:
        buffer = memoryview(bytearray(2 * BUFFER if ahead else BUFFER))
        while True:
            try:
                path = waiting.pop()
            except IndexError:
                return
            hasher = hashlib.sha256()
            with path.open("rb", buffering=0) as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
                at = asked = 0
                while True:
                    if ahead and at + ahead > asked:
                        os.posix_fadvise(file.fileno(), asked, ahead, os.POSIX_FADV_WILLNEED)
                        asked += ahead
                    if not (n := file.readinto(buffer)):
                        break
                    hasher.update(buffer[:n])
                    at += n

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
