"""Commands in processes forked from one that has everything loaded: hundreds of runs in the time of a few.

Holds: a forked command is the real one, with its own descriptors, limits and user; nothing of it reaches the
process that forked it but what it printed and how it ended. Who measures memory or descriptors starts a new
interpreter instead (`fresh`).
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import os
import pkgutil
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import muniment.commands
import muniment.grammar
from muniment.__main__ import run

SECONDS: Final = 120
PASSWORD: Final = b"correct horse battery\n"  # for a command that reads one
FULL: Final = frozenset({3, 5})  # partly done, or this machine cannot
_PACKAGES: Final = (muniment.commands, muniment.grammar)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    status: int  # negative: the signal that ended it
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """What ``--json`` printed."""
        found = json.loads(self.out)
        assert isinstance(found, dict), found
        return found

    @property
    def code(self) -> str:
        """The error's code; empty where there is none."""
        return str((self.document.get("error") or {}).get("code", ""))

    def is_said(self) -> None:
        """Of what failed: one JSON document, one clear line with a code, no traceback."""
        assert self.status > 0, self
        assert self.status != 70, self
        assert "Traceback" not in self.err, self.err
        assert self.document is not None
        if self.status == 5:
            assert f"[{self.code}]" in self.err or self.document["error"]["reason"] in self.err, (
                self
            )


def warm() -> None:
    """Load what commands load, once, before the first fork."""
    for package in _PACKAGES:
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)
    for name in (
        *("archive.audit", "archive.catalogue", "archive.package.build", "archive.rebuilding"),
        *("ingest.deriving", "ingest.docking", "archive.timestamps.stamping", "archive.recovery"),
    ):
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)


def command(
    root: Path,
    *arguments: str,
    before: Callable[[], None] | None = None,
    during: Callable[[], object] | None = None,
) -> Ended:
    """One command with ``--json`` on an archive; `before` is done in its process first, `during` in this one."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = os.fork()
        if process == 0:
            _be(["--root", str(root), "--json", *arguments], out.fileno(), err.fileno(), before)
        try:
            if during is not None:
                during()
        finally:
            status = _wait(process)
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode(errors="backslashreplace"))
    return Ended(status=status, out=said[0], err=said[1])


def fresh(
    root: Path,
    *arguments: str,
    limits: dict[int, int] | None = None,
    prefix: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
) -> Ended:
    """The same in an interpreter of its own, with resource limits (setrlimit(2))."""

    def limit() -> None:
        for which, most in (limits or {}).items():
            resource.setrlimit(which, (most, most))

    muniment_ = str(Path(sys.executable).with_name("muniment"))
    done = subprocess.run(
        [*prefix, muniment_, "--root", str(root), "--json", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=os.environ | {"LANG": "C.UTF-8"} | (environment or {}),
        preexec_fn=limit,
    )
    return Ended(status=done.returncode, out=done.stdout, err=done.stderr)


def _be(arguments: list[str], out: int, err: int, before: Callable[[], None] | None) -> None:
    """The child: never returns."""
    status = 99
    try:
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - they stay open to the end of the child
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - they stay open to the end of the child
        sys.stdin = io.TextIOWrapper(io.BytesIO(PASSWORD))
        os.environ["LANG"] = "C.UTF-8"
        if before is not None:
            before()
        status = run(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - the process edge: what is not caught there is shown
        traceback.print_exc()
    finally:
        os._exit(status)


def _wait(process: int) -> int:
    end = time.monotonic() + SECONDS
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(process, 9)
            os.waitpid(process, 0)
            raise AssertionError("a command hangs")
        time.sleep(0.005)
