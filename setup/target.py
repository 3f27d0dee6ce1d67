"""One make target: bring the environment up to date, then run the program in the foreground.

Runs on the system's Python before anything is installed: standard library only. The targets'
options come as environment variables (see the Makefile) and become arguments here, one string each.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from environment import ensure
from foreground import foreground
from installer import SetupError
from words import say

ROOT = Path(__file__).resolve().parent.parent
PYTHON = str(ROOT / ".venv" / "bin" / "python")
STOPPED = 130  # 128 + SIGINT, as shells count


def run_arguments(options: dict[str, str]) -> list[str]:
    """Arguments of ``muniment.run``, those that were given.

    Joined by ``=``, so that a value that begins with ``-`` is not taken for an option.
    """
    pairs = [("--recorder", "RECORDER"), ("--case", "CASE"), ("--port", "PORT")]
    arguments = [f"{flag}={options[name]}" for flag, name in pairs if options.get(name)]
    if options.get("SERVE") == "0":
        arguments.append("--no-serve")
    return arguments


def child_environment(target: str) -> dict[str, str]:
    """The caller's environment without what make and a foreign Python left in it."""
    dropped = {"PYTHONPATH", "PYTHONHOME", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"}
    dropped |= {"RECORDER", "CASE", "PORT", "SERVE", "ONLY", "VERBOSE"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    if target == "test" and os.environ.get("VERBOSE"):
        kept["VERBOSE"] = os.environ["VERBOSE"]
    return kept


def command(target: str) -> list[str]:
    """What the target starts once the environment is there."""
    if target == "run":
        return [PYTHON, "-m", "muniment.run", *run_arguments(dict(os.environ))]
    if target == "bench":
        return [PYTHON, "-m", "bench"]
    if target == "bench-peers":
        return [PYTHON, "-m", "bench", "--peers", "--write-docs"]
    if target == "test-faults":
        areas = os.environ.get("ONLY", "")
        whole = str(ROOT / "tests" / "fault" / "lab" / "whole.py")
        return [PYTHON, whole, *([areas] if areas else [])]
    if target == "fuzz":
        options = ["-q", "--hypothesis-profile=fuzz", "-o", "timeout=0"]
        return [PYTHON, "-m", "pytest", *options, "tests/media/fuzz", "tests/property"]
    only = {"check": "check,unit"}.get(target, os.environ.get("ONLY", ""))
    return [PYTHON, str(ROOT / "tests" / "suites.py"), *([f"--only={only}"] if only else [])]


def main(target: str) -> int:
    """Do one target; the exit status is the program's, 5 when set-up cannot be done."""
    os.chdir(ROOT)
    try:
        ensure(ROOT, level="run" if target in {"setup", "run"} else "test")
    except SetupError as error:
        say(error.en, error.zh)
        return 5
    except KeyboardInterrupt:
        say("Stopped. The next make sets up again.", "已停止。下次 make 会重新安装。")
        return STOPPED
    if target == "setup":
        say("Ready: .venv/bin/muniment", "就绪:.venv/bin/muniment")
        return 0
    status = foreground(command(target), child_environment(target))
    # A service that is interrupted has done its work: make then says nothing more.
    return 0 if target == "run" and status == STOPPED else status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
