"""`python -m archive.audit.worker FD`: checks slices of the entries file for another process.

Jobs come on standard input, slices go to standard output, until the input ends.
"""

from __future__ import annotations

import pickle
import sys

from archive.audit.lines import read_slice
from archive.audit.slices import Job, read_exactly


def serve(fd: int) -> None:
    """Answer jobs about the file behind a descriptor."""
    answers = sys.stdout.buffer
    while True:
        try:
            job: Job = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent
        except EOFError:
            return
        offset, length, known = job
        pickle.dump(read_slice(read_exactly(fd, offset, length), offset, known), answers, 5)
        answers.flush()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
