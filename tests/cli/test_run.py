"""`make run` from inside: archive, docking, audit, sign-in, page; again and again."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest


def started(place: Path, *arguments: str, language: str = "C") -> subprocess.Popen[str]:
    """The run, its output read through a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "muniment.run", *arguments],
        cwd=place,
        env={"PATH": "/usr/bin:/bin", "LANG": language, "HOME": str(place)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )


def serving(process: subprocess.Popen[str]) -> dict[str, str]:
    """The three lines, as soon as they are printed."""
    found: dict[str, str] = {}
    assert process.stdout is not None
    for line in process.stdout:
        if match := re.fullmatch(r"(page|user|password): (\S+)\n", line):
            found[match[1]] = match[2]
        if len(found) == 3:
            return found
    raise AssertionError("it ended without serving")


def clips_of(signed: dict[str, str], case: str) -> list[dict[str, Any]]:
    """What the printed account finds for a case over HTTP."""
    body = json.dumps({"user": signed["user"], "password": signed["password"]}).encode()
    headers = {"Content-Type": "application/json"}
    session = urllib.request.Request(signed["page"] + "api/v1/session", body, headers)  # noqa: S310
    with urllib.request.urlopen(session, timeout=20) as answer:  # noqa: S310 - the address is ours
        token = json.load(answer)["token"]
    asked = urllib.request.Request(  # noqa: S310
        f"{signed['page']}api/v1/clips?case={case}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310
        found = json.load(answer)["clips"]
    assert isinstance(found, list)
    return found


def stop(process: subprocess.Popen[str], number: signal.Signals) -> int:
    """End it; how it ended, in seconds' time."""
    began = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert time.monotonic() - began < 20
    return process.returncode


def test_a_recorder_and_a_case_are_docked_found_and_found_again(
    place: Path, recorder: Path
) -> None:
    arguments = (f"--recorder={recorder}", "--case=2026/17 号", "--port=0")
    passwords = set()
    for number, language in ((signal.SIGINT, "C"), (signal.SIGTERM, "zh_CN.UTF-8")):
        process = started(place, *arguments, language=language)
        signed = serving(process)
        found = clips_of(signed, "2026%2F17%20%E5%8F%B7")
        assert len(found) == 3
        assert stop(process, number) == 0
        passwords.add(signed["password"])
    assert len(passwords) == 2


@pytest.mark.slow
def test_without_a_recorder_a_sample_is_made_and_docked(place: Path) -> None:
    process = started(place, "--no-serve")
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    assert "2026-0117" in out
    assert "6 ingested" in out
    assert "Intact" in out
    assert "page:" not in out


def test_where_the_port_is_taken_the_page_is_at_a_free_one(place: Path, recorder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = started(place, f"--recorder={recorder}", f"--port={port}", "--case=7")
        signed = serving(process)
        assert f":{port}/" not in signed["page"]
        assert len(clips_of(signed, "7")) == 3
        assert stop(process, signal.SIGINT) == 0


@pytest.mark.parametrize("port", ["abc", "-1", "65536", "８０"])
def test_a_port_that_is_none_is_one_clear_line(place: Path, port: str) -> None:
    process = started(place, f"--port={port}", "--no-serve", language="zh_CN.UTF-8")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert [line for line in out.splitlines() if "PORT" in line] == out.splitlines()
    assert not (place / "var").exists()


def test_a_recorder_that_is_not_there_is_wrong_usage(place: Path) -> None:
    process = started(place, "--recorder=nosuch", "--no-serve")
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, "D001" in out) == (2, True)
