"""Builds and runs the Go program that checks our log from outside (logcheck/main.go).

Debian's golang-go and golang-golang-x-mod-dev, and no network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOPATH = Path("/usr/share/gocode")


def build_logcheck() -> Path:
    """The program. Skips the test where this machine has no Go."""
    if shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod/sumdb").is_dir():
        pytest.skip("needs the Debian packages golang-go and golang-golang-x-mod-dev")
    place = ROOT / "build" / "interop"
    place.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "GO111MODULE": "off",
        "GOPATH": str(GOPATH),
        "GOCACHE": str(place / "cache"),
        "GOFLAGS": "",
    }
    program = place / "logcheck"
    subprocess.run(
        ["go", "build", "-trimpath", "-o", program, "."],
        cwd=ROOT / "tests" / "interop" / "logcheck",
        env=environment,
        check=True,
        timeout=300,
    )
    return program


def run(program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What it says."""
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
