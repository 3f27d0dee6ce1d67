from __future__ import annotations

import os
from pathlib import Path

import pytest

from archive.audit import slices
from archive.audit.slices import cut, read_slices
from archive.ledger.batches import commit_line

pytestmark = pytest.mark.slow


def write(path: Path, batches: int) -> int:
    lines = b"".join(b'{"a":%d}\n' % i * 3 + commit_line(b"note %d" % i) for i in range(batches))
    path.write_bytes(b"first\n" + lines)
    return os.open(path, os.O_RDONLY)


def test_slices_end_after_commit_lines_and_leave_nothing_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "_SLICE", 1000)
    fd = write(tmp_path / "entries", 200)
    try:
        data = (tmp_path / "entries").read_bytes()
        found = list(cut(fd, 6, len(data)))
        assert b"".join(data[at : at + length] for at, length in found) == data[6:]
        assert len(found) > 5
        for at, length in found:
            assert data[at : at + length].splitlines()[-1].startswith(b"= ")
    finally:
        os.close(fd)


def test_several_processes_say_what_one_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fd = write(tmp_path / "entries", 300)
    try:
        size = os.fstat(fd).st_size
        monkeypatch.setattr(slices, "_SLICE", 2000)
        alone = list(read_slices(fd, 6, size, ()))
        monkeypatch.setattr(slices, "_SMALL", 0)
        together = list(read_slices(fd, 6, size, ()))
        assert together == alone
        assert len(together) > 3
    finally:
        os.close(fd)
