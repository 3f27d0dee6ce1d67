"""The make targets from outside: what reaches the program, and what an interrupt ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "setup"

# What make looks like from below when it was told to stop: it caught SIGINT, then no more.
LIKE_MAKE = """
import signal, subprocess, sys
signal.signal(signal.SIGINT, lambda *_: signal.signal(signal.SIGINT, signal.SIG_DFL))
sys.exit(subprocess.call(sys.argv[1:]))
"""
IN_FOREGROUND = f"""
import os, sys
sys.path.insert(0, {str(SETUP)!r})
from foreground import foreground
sys.exit(foreground(sys.argv[1:], dict(os.environ)))
"""
SERVICE = """
import sys, time
try:
    print("up", flush=True)
    time.sleep(30)
except KeyboardInterrupt:
    print("told", flush=True)
    sys.exit(7)
"""


def python(source: str, *arguments: str) -> list[str]:
    """A command that runs a piece of Python."""
    return [sys.executable, "-c", source, *arguments]


@pytest.mark.parametrize(
    "value", ["/a b/执法 'x' \"y\"", "$HOME $(shell id) $$", "a#b;c&d|e", "-7"]
)
def test_an_option_reaches_the_program_letter_for_letter(tmp_path: Path, value: str) -> None:
    (tmp_path / "setup").mkdir()
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "setup" / "start.sh").write_text('printf %s "$1=$RECORDER"\n', encoding="utf-8")
    for by in (["make", "run", f"RECORDER={value}"], ["env", f"RECORDER={value}", "make", "run"]):
        done = subprocess.run(by, cwd=tmp_path, check=True, capture_output=True)
        assert done.stdout.decode() == f"run={value}"


def test_only_what_was_given_becomes_an_argument() -> None:
    source = (
        f"import sys; sys.path.insert(0, {str(SETUP)!r})\n"
        "from target import run_arguments as r\n"
        "assert r({}) == r({'CASE': '', 'SERVE': '1'}) == []\n"
        "assert r({'CASE': '-7', 'SERVE': '0'}) == ['--case=-7', '--no-serve']\n"
        "assert r({'RECORDER': 'a b', 'PORT': '81'}) == ['--recorder=a b', '--port=81']\n"
    )
    subprocess.run(python(source), check=True)


@pytest.mark.slow
@pytest.mark.parametrize("everybody", [True, False], ids=["terminal", "make alone"])
def test_an_interrupt_reaches_the_service_once(everybody: bool) -> None:
    command = python(LIKE_MAKE, *python(IN_FOREGROUND, *python(SERVICE)))
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as make:
        assert make.stdout is not None
        assert make.stdout.readline() == b"up\n"
        if everybody:
            os.killpg(make.pid, signal.SIGINT)
        else:
            make.send_signal(signal.SIGINT)
        assert make.wait(timeout=10) == 7
        assert make.stdout.read() == b"told\n"


@pytest.mark.slow
def test_the_service_does_not_outlive_make() -> None:
    command = python(LIKE_MAKE, *python(IN_FOREGROUND, *python(SERVICE)))
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as make:
        assert make.stdout is not None
        assert make.stdout.readline() == b"up\n"
        make.kill()
        started = time.monotonic()
        assert make.stdout.read() == b""  # the end of the last process that had it
        assert time.monotonic() - started < 10
