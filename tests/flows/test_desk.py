from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from archive.audit.standing import standing
from archive.opening import open_archive
from archive.store.posix import path_of
from flows import schedule
from flows.children import Server
from flows.desk import Desk, Rows
from muniment.claim import claimed
from tests.flows.footage import types, wait_until


class Waiting:
    """Rows in memory."""

    def __init__(self, root: Path, *dockings: str) -> None:
        self.root = root
        self.dockings = list(dockings)

    def rows(self) -> Rows:
        return Rows(
            pending=lambda: list(self.dockings),
            done=self.dockings.remove,
            claimed=lambda docking: claimed(self.root, docking),
        )


@contextmanager
def desk(root: Path, waiting: Waiting) -> Iterator[None]:
    """A desk whose Prefect server can never start."""
    with open_archive(root, write=True) as archive:
        home = root / "muniment.toml" / "prefect"
        with Desk(archive, waiting.rows(), Server(home, port=0)):
            yield


@pytest.mark.slow
def test_without_prefect_the_work_is_done_at_once_and_the_row_waits_to_be_shown(
    root: Path, docking: str
) -> None:
    waiting = Waiting(root, "docking-none", docking)
    with desk(root, waiting):
        wait_until(lambda: types(root).count("clip.examined") == 4, 30)
        wait_until(lambda: waiting.dockings == [docking], 10)
        wait_until(lambda: types(root).count("rendition.made") == 3, 60)  # poster, strip, proxy
        wait_until(lambda: "clip.assessed" in types(root), 60)
        done = types(root)
        time.sleep(1.2)  # two more looks: nothing is done twice
        assert types(root) == done
    assert waiting.dockings == [docking]


@pytest.mark.slow
def test_a_docking_that_its_command_still_works_at_is_left_to_it(root: Path, docking: str) -> None:
    waiting = Waiting(root, docking)
    before = types(root)
    with desk(root, waiting):
        with claimed(root, docking):
            time.sleep(1.2)
            assert types(root) == before
        wait_until(lambda: "clip.verified" in types(root), 30)


@pytest.mark.slow
def test_a_docking_that_left_no_row_is_found_in_the_ledger(
    root: Path, docking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del docking
    monkeypatch.setattr(schedule, "_SETTLED", timedelta(0))
    with desk(root, Waiting(root)):
        wait_until(lambda: types(root).count("clip.verified") == 4, 30)


@pytest.mark.slow
def test_checkpoints_are_stamped_without_prefect_too_and_once(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.desk._STAMP_LOOK", 0.2)
    with desk(root, Waiting(root)):
        wait_until(lambda: "checkpoint.timestamped" in types(root), 30)
        time.sleep(1)
    assert types(root).count("checkpoint.timestamped") == 1


@pytest.mark.slow
def test_audits_run_without_prefect_too_and_findings_are_an_alarm(
    root: Path, docking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()
        victim = archive.catalogue.unverified(docking)[0]
        path = path_of(archive.store.folder, victim.sha256)
    path.chmod(0o644)
    path.write_bytes(b"X" + path.read_bytes()[1:])
    path.chmod(0o444)
    monkeypatch.setattr("flows.desk._AUDIT_AFTER", 0.2)
    with capture_logs() as logs, desk(root, Waiting(root)):
        wait_until(lambda: any(log["event"] == "audit without prefect" for log in logs), 30)
    (said,) = (log for log in logs if log["event"] == "audit without prefect")
    assert (said["log_level"], said["mode"], said["findings"]) == ("error", "full", 1)
    with open_archive(root, write=False) as archive:
        newest = standing(archive)
    assert newest is not None
    assert newest.codes == {"object_changed": 1}
