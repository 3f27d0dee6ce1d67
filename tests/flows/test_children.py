from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest

from flows.children import Runner, Server
from flows.environment import Address, runner_environment, server_environment, write_profile
from flows.errors import RunnerLostError, StoppedError


def address(home: Path) -> Address:
    return Address(home=home, port=4200, secret="s" * 32)


def test_a_server_that_cannot_start_is_tried_again_ever_more_seldom(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder can be made below")
    now = 0.0
    server = Server(tmp_path / "file" / "prefect", port=0, clock=lambda: now)
    tried = []
    original = Server._start

    class Counted(Server):
        def _start(self, at: float) -> None:
            tried.append(at)
            original(self, at)

    server.__class__ = Counted
    for second in range(200):
        now = float(second)
        server.tend()
        assert not server.up
    server.stop()
    assert tried == [0, 1, 3, 7, 15, 31, 63, 123, 183]


def test_the_port_of_another_program_is_not_taken_from_it(tmp_path: Path) -> None:
    first = Server(tmp_path / "a", port=0)
    second = Server(tmp_path / "b", port=first.address.port)
    try:
        assert second.address.port != first.address.port
        assert second.address.secret != first.address.secret
    finally:
        first.stop()
        second.stop()


def test_the_server_gets_none_of_our_secrets_and_the_runner_nobody_elses_prefect(
    tmp_path: Path,
) -> None:
    outside = {
        "PATH": "/bin",
        "AWS_SECRET_ACCESS_KEY": "x",
        "PREFECT_API_URL": "http://elsewhere.example",
        "PREFECT_HOME": "/elsewhere",
    }
    server = server_environment(address(tmp_path), outside)
    assert "AWS_SECRET_ACCESS_KEY" not in server
    assert server["PATH"] == "/bin"
    runner = runner_environment(address(tmp_path), outside)
    assert runner["AWS_SECRET_ACCESS_KEY"] == "x"
    assert runner["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"
    for environment in (server, runner):
        assert environment["PREFECT_HOME"] == str(tmp_path)
        assert environment["DO_NOT_TRACK"] == "1"
        assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
        assert "elsewhere" not in "".join(environment.values())


def test_only_the_owner_can_read_how_to_ask_the_server(tmp_path: Path) -> None:
    home = tmp_path / "prefect"
    write_profile(address(home))
    write_profile(address(home))
    profile = home / "profiles.toml"
    assert stat.S_IMODE(profile.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    found = tomllib.loads(profile.read_text())
    assert found["profiles"][found["active"]]["PREFECT_API_AUTH_STRING"] == "station:" + "s" * 32
    assert "s" * 32 not in repr(address(home))


def test_a_runner_that_cannot_be_started_is_lost_and_not_waited_for(tmp_path: Path) -> None:
    runner = Runner(address(tmp_path / "missing"), threading.Event())
    with pytest.raises(RunnerLostError):
        runner.ask({"do": "settle"})
    assert runner.pid is None


def test_who_ends_does_not_wait_for_a_runner(tmp_path: Path) -> None:
    stopping = threading.Event()
    stopping.set()
    runner = Runner(address(tmp_path), stopping)
    with pytest.raises(StoppedError):
        runner.ask({"do": "settle"})
    assert runner.pid is None


def test_a_child_whose_parent_is_gone_before_it_asks_does_not_start() -> None:
    code = "from flows.leash import die_with; die_with(1); print('started')"
    if os.getpid() == 1:
        pytest.skip("this process is the one that orphans go to")
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stdout == b""
