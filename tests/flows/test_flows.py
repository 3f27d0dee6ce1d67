from __future__ import annotations

import os
import signal
import threading
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ArchiveBusyError, FixityError
from archive.opening import open_archive
from archive.store.posix import path_of
from flows.children import Runner, Server
from flows.errors import RunnerLostError
from tests.flows.footage import PrefectApi, dock_into, make_recorder, types, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def api(server: Server) -> PrefectApi:
    return PrefectApi(server.address.home)


@pytest.fixture(scope="module")
def runner(server: Server) -> Iterator[Runner]:
    runner = Runner(server.address, threading.Event())
    yield runner
    runner.stop()


@pytest.fixture
def client(server: Server) -> Iterator[None]:
    """This process as a client of the suite's server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(server.address.home))
        from prefect.settings import (
            PREFECT_API_AUTH_STRING,
            PREFECT_API_URL,
            PREFECT_LOGGING_TO_API_ENABLED,
            temporary_settings,
        )

        address = server.address
        with temporary_settings(
            {
                PREFECT_API_URL: address.url,
                PREFECT_API_AUTH_STRING: address.client()["PREFECT_API_AUTH_STRING"],
                PREFECT_LOGGING_TO_API_ENABLED: False,
            }
        ):
            yield


def order(root: Path, docking: str) -> dict[str, Any]:
    return {"do": "dock", "root": str(root), "docking": docking, "derive": True}


def test_the_server_can_neither_mount_nor_change_what_is_immutable(server: Server) -> None:
    status = Path(f"/proc/{server.pid}/status").read_text()
    rights = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Cap"))
    mount, immutable = 1 << 21, 1 << 9  # linux/capability.h: CAP_SYS_ADMIN, CAP_LINUX_IMMUTABLE
    assert int(rights["CapPrm"], 16) & (mount | immutable) == 0
    assert int(rights["CapAmb"], 16) == 0


def test_a_docking_is_a_flow_run_of_its_name_with_its_stages_in_order(
    runner: Runner, api: PrefectApi, root: Path, docking: str
) -> None:
    assert runner.ask(order(root, docking)) == {"end": "completed"}
    (run,) = api.runs(docking)
    assert run["state"]["name"] == "Completed"
    assert run["parameters"] == {"root": str(root), "docking": docking, "derive_too": True}
    # Task runs reach the server as events, a little later.
    tasks = wait_until(lambda: len(t := api.tasks(run["id"])) == 7 and t, 30)
    names = [task["name"].rpartition("-")[0] or task["name"] for task in tasks]
    assert names == [
        *("secure", "read-back", "link by rule"),
        *("examine", "quick of 1", "slow of 1", "link by rule"),
    ]
    done = types(root)
    assert done.count("clip.verified") == done.count("clip.examined") == 4

    assert runner.ask(order(root, docking)) == {"end": "completed"}
    assert types(root) == done
    assert len(api.runs(docking)) == 2


def test_damage_is_a_failed_run_that_nobody_tries_again(
    runner: Runner, api: PrefectApi, root: Path, docking: str
) -> None:
    with open_archive(root, write=True) as archive:
        archive.catalogue.catch_up()
        victim = archive.catalogue.unverified(docking)[0]
        path = path_of(archive.store.folder, victim.sha256)
    path.chmod(0o644)
    path.write_bytes(b"X" + path.read_bytes()[1:])
    answer = runner.ask(order(root, docking))
    assert (answer["end"], answer["final"]) == ("failed", True)
    assert victim.clip in answer["reason"]
    (run,) = api.runs(docking)
    assert run["state"]["name"] == "Failed"
    assert types(root).count("object.damaged") == 1
    # The damage stopped nothing else; of what is withheld nothing is made.
    assert types(root).count("clip.examined") == 3

    audited = runner.ask({"do": "audit", "root": str(root), "turn": None})
    assert audited["end"] == "failed"
    assert "object_changed" in audited["reason"]
    assert types(root)[-1] == "audit.run"


def test_an_audit_of_a_whole_archive_is_a_completed_run_and_an_entry(
    runner: Runner, root: Path, docking: str
) -> None:
    del docking
    request = {"do": "audit", "root": str(root), "turn": None}
    assert runner.ask(request) == {"end": "completed"}
    assert types(root)[-1] == "audit.run"


def test_missing_renditions_of_a_whole_archive_are_one_flow(
    runner: Runner, root: Path, docking: str
) -> None:
    del docking
    assert runner.ask({"do": "derive", "root": str(root)}) == {"end": "completed"}
    assert types(root).count("clip.examined") == 4


def test_a_flow_that_nobody_knows_is_answered_and_the_runner_goes_on(
    runner: Runner, root: Path, docking: str
) -> None:
    assert runner.ask({"do": "nonsense", "root": str(root)})["end"] == "unreachable"
    answer = runner.ask(order(root, "docking-none"))
    assert (answer["end"], answer["final"]) == ("failed", True)
    assert runner.ask(order(root, docking)) == {"end": "completed"}


def test_a_runner_killed_in_the_middle_leaves_an_orphan_and_the_next_goes_on(
    server: Server, api: PrefectApi, root: Path, tmp_path: Path
) -> None:
    docking = dock_into(root, make_recorder(tmp_path / "many", small=400))
    runner = Runner(server.address, threading.Event())
    lost: list[BaseException] = []

    def ask() -> None:
        try:
            runner.ask(order(root, docking))
        except RunnerLostError as e:
            lost.append(e)
        runner.stop()

    # The thread lives as long as its child: see flows/leash.py.
    thread = threading.Thread(target=ask)
    thread.start()
    wait_until(lambda: "clip.examined" in types(root), 60)
    assert runner.pid is not None
    os.kill(runner.pid, signal.SIGKILL)
    thread.join()
    assert len(lost) == 1
    (run,) = api.runs(docking)
    assert run["state"]["name"] == "Running"
    assert types(root).count("clip.examined") < 401

    following = Runner(server.address, threading.Event())
    try:
        assert following.ask({"do": "settle"})["count"] >= 1
        (run,) = api.runs(docking)
        assert run["state"]["name"] == "Crashed"
        assert following.ask({"do": "settle"})["count"] == 0
        assert following.ask(order(root, docking)) == {"end": "completed"}
    finally:
        following.stop()
    assert types(root).count("clip.examined") == 401
    assert types(root).count("clip.verified") == 401
    assert [r["state"]["name"] for r in api.runs(docking)] == ["Crashed", "Completed"]


def test_the_server_shows_nothing_to_who_does_not_know_its_secret(api: PrefectApi) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        api.ask("/flow_runs/filter", {}, auth="station:guess")
    assert refused.value.code == 401
    refused.value.close()


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("error", "calls"),
    [(ArchiveBusyError("held"), 3), (FixityError(digest="a", actual="b"), 1), (OSError("sync"), 1)],
)
def test_a_task_is_tried_again_only_when_its_error_says_so(error: Exception, calls: int) -> None:
    from prefect import flow, task

    from flows.wiring import FLOW, TASK, settings

    made = 0

    @task(**{**TASK, "retry_delay_seconds": [0.0], "name": "fails"})
    def fails() -> str:
        nonlocal made
        made += 1
        if made < 3:
            raise error
        return "done"

    @flow(name="fails", **FLOW)
    def run() -> str:
        return fails()

    with settings():
        state = run(return_state=True)
    assert made == calls
    assert state.is_completed() is (calls == 3)


def test_checkpoints_are_stamped_by_a_flow(root: Path, runner: Runner) -> None:
    answer = runner.ask({"do": "timestamp", "root": str(root)})
    assert answer == {"end": "completed"}
    assert types(root)[-1] == "checkpoint.timestamped"
    assert runner.ask({"do": "timestamp", "root": str(root)}) == {"end": "completed"}
    assert types(root).count("checkpoint.timestamped") == 1
