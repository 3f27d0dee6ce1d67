from __future__ import annotations

import threading
from pathlib import Path

import pytest

from archive.catalogue.rows import PendingClip
from archive.errors import ArchiveBusyError, FixityError, NoSpaceError
from archive.opening import open_archive
from archive.store.posix import path_of
from flows import stages
from flows.errors import ReadBackDiffersError, RunnerLostError, StoppedError, UnknownDockingError
from flows.retry import is_final, is_retryable
from tests.flows.footage import types


def test_a_docking_is_finished_without_prefect_and_a_second_time_nothing_is_left(
    root: Path, docking: str
) -> None:
    before = types(root)
    with open_archive(root, write=True) as archive:
        assert stages.finish(archive, docking) == []
        added = types(root)[len(before) :]
        assert added.count("clip.verified") == 4
        assert added.count("clip.examined") == 4
        assert added.count("rendition.made") == 3  # poster, strip, proxy
        assert added.count("clip.assessed") == 1
        assert added.index("clip.examined") > added.index("clip.verified")
        assert stages.finish(archive, docking) == []
    assert types(root)[len(before) :] == added


def test_two_that_finish_the_same_docking_at_once_do_no_harm(root: Path, docking: str) -> None:
    def finish() -> None:
        with open_archive(root, write=True) as archive:
            outcomes.append(stages.finish(archive, docking))

    outcomes: list[object] = []
    threads = [threading.Thread(target=finish) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [[], []]
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()
        assert archive.catalogue.unverified(docking) == []
        assert archive.catalogue.unexamined() == []


def test_a_station_that_ends_in_the_middle_leaves_the_rest_for_the_next(
    root: Path, docking: str
) -> None:
    def stop() -> None:
        raise StoppedError("ending")

    with open_archive(root, write=True) as archive:
        with pytest.raises(StoppedError):
            stages.finish(archive, docking, keep=stop)
        assert stages.finish(archive, docking) == []
        assert archive.catalogue.unverified(docking) == []


def test_a_damaged_object_is_said_and_the_other_clips_go_on(root: Path, docking: str) -> None:
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()
        victim = archive.catalogue.unverified(docking)[0]
        path = path_of(archive.store.folder, victim.sha256)
        path.chmod(0o644)
        path.write_bytes(b"X" + path.read_bytes()[1:])
        (failure,) = stages.finish(archive, docking)
        assert (failure.clip, failure.code) == (victim.clip, "differs")
        assert victim.clip in str(stages.differing([failure]))
        assert [c.clip for c in archive.catalogue.unverified(docking)] == [victim.clip]


def test_a_docking_that_the_ledger_does_not_know_is_refused(root: Path) -> None:
    with (
        open_archive(root, write=True) as archive,
        pytest.raises(UnknownDockingError, match="docking-none"),
    ):
        stages.finish(archive, "docking-none")


def pending(clip: str, size: int) -> PendingClip:
    return PendingClip(
        clip=clip,
        docking=None,
        path=None,
        sha256="",
        size=size,
        kind=None,
        examined=False,
        verified=False,
        poster=False,
    )


def test_large_clips_are_a_batch_each_and_small_ones_share_one() -> None:
    clips = [pending(f"s{n}", 1) for n in range(stages.SMALL_BATCH + 1)]
    found = stages.batches([*clips, pending("large", stages.LARGE)])
    assert [len(batch) for batch in found] == [1, stages.SMALL_BATCH, 1]
    assert found[0] == ["large"]
    assert stages.batches([]) == []


@pytest.mark.parametrize(
    ("error", "retryable", "final"),
    [
        (ArchiveBusyError("busy"), True, False),
        (RunnerLostError("lost"), True, False),
        (NoSpaceError("full"), False, False),  # a later run may find room
        (FixityError(digest="a", actual="b"), False, False),
        (ReadBackDiffersError("damage"), False, True),
        (UnknownDockingError("none"), False, True),
        (OSError("failed sync"), False, False),
        (ValueError("our bug"), False, False),
        (None, False, False),
    ],
)
def test_only_errors_that_say_so_are_tried_again(
    error: object, retryable: bool, final: bool
) -> None:
    assert (is_retryable(error), is_final(error)) == (retryable, final)
