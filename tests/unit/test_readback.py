"""Reading back can be watched and ended in the middle of a clip, and an end is no damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.opening import Archive, create_archive, open_archive
from devices.folder import FolderRecorder
from ingest.docking import dock
from ingest.readback import verify

SIZE = 30 << 20


@pytest.fixture
def docked(tmp_path: Path) -> tuple[Path, str]:
    """An archive with a docking that nobody read back."""
    root, folder = tmp_path / "archive", tmp_path / "A1"
    create_archive(root, origin="readback.test/1")
    folder.mkdir()
    (folder / "large.mp4").write_bytes(bytes(SIZE))
    with open_archive(root, write=True) as archive, FolderRecorder(folder) as source:
        receipt = dock(
            archive,
            source,
            serial="A1",
            officer=None,
            case=None,
            reread=False,
            actor="local-0",
        )
    return root, receipt.docking


def verified(archive: Archive) -> int:
    return sum(e.type == "clip.verified" for e in archive.reader.entries())


def test_progress_is_told_within_a_clip(docked: tuple[Path, str]) -> None:
    root, docking = docked
    told: list[tuple[int, int]] = []
    with open_archive(root, write=True) as archive:
        assert verify(archive, docking, actor="local-0", progress=lambda *p: told.append(p)) == []
        assert verified(archive) == 1
    assert len(told) > 3
    assert told == sorted(told)
    assert told[-1] == (SIZE, SIZE)


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, RuntimeError])
def test_who_is_told_may_end_it_and_nothing_is_called_damaged(
    docked: tuple[Path, str], error: type[BaseException]
) -> None:
    root, docking = docked

    def end(done: int, _total: int) -> None:
        if done > 5 << 20:
            raise error("no more")

    with open_archive(root, write=True) as archive:
        with pytest.raises(error, match="no more"):
            verify(archive, docking, actor="local-0", progress=end)
        assert verified(archive) == 0
        assert verify(archive, docking, actor="local-0") == []
        assert verified(archive) == 1
