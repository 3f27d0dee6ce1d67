"""The disk's own speed: `python bench/writing.py TARGET FILES SIZE`, files written from memory by two threads.

Direct writes of random bytes from page-aligned buffers, each file synced, then the file system: nothing is read,
hashed or named. Where the file system takes no direct writes, through the page cache. Prints one JSON document. It
shares no code with what it is compared to.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import threading
import time
from pathlib import Path
from typing import Final

BUFFER: Final = 2 << 20
BLOCK: Final = 4096


def main(target: Path, files: int, size: int) -> int:
    """Write them."""
    target.mkdir(parents=True)
    waiting = list(range(files))
    whole = -(-size // BLOCK) * BLOCK  # direct writes are of whole blocks

    def work() -> None:
        buffer = mmap.mmap(-1, BUFFER)
        buffer.write(os.urandom(BUFFER))
        view = memoryview(buffer)
        while True:
            try:
                number = waiting.pop()
            except IndexError:
                return
            fd = _opened(target / str(number))
            at = 0
            while at < whole:
                at += os.pwrite(fd, view[: min(BUFFER, whole - at)], at)
            os.fsync(fd)
            os.close(fd)

    threads = [threading.Thread(target=work) for _ in range(2)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.sync()
    json.dump({"seconds": time.perf_counter() - began, "bytes": files * whole}, sys.stdout)
    return 0


def _opened(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.open(path, flags | os.O_DIRECT, 0o644)
    except OSError:
        return os.open(path, flags & ~os.O_EXCL, 0o644)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
