"""The real command in a process of its own, as a script or a person would start it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MUNIMENT = str(Path(sys.executable).with_name("muniment"))
NOBODY = 65534


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a command ended."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Stdout; it is UTF-8 whatever the locale."""
        return self.out.decode()

    @property
    def document(self) -> dict[str, Any]:
        """Stdout as the one JSON document that it has to be."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document


@dataclass(slots=True, kw_only=True)
class Command:
    """`muniment` on one archive."""

    root: Path
    cwd: Path
    environment: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()

    def __call__(
        self, *arguments: str | os.PathLike[str], status: int | None = 0, stdin: bytes = b""
    ) -> Result:
        """Run to the end; `status`: what it has to be, None for any."""
        done = subprocess.run(
            self._argv(arguments),
            input=stdin,
            capture_output=True,
            cwd=self.cwd,
            env=self._environment(),
            timeout=120,
            check=False,
        )
        result = Result(
            status=done.returncode,
            out=done.stdout,
            err=done.stderr.decode(errors="backslashreplace"),
        )
        assert status is None or result.status == status, (arguments, result)
        if result.status != 70:
            assert "Traceback" not in result.err, result.err
        return result

    def json(self, *arguments: str | os.PathLike[str], status: int | None = 0) -> dict[str, Any]:
        """Run with ``--json``; the document."""
        return self(*arguments, "--json", status=status).document

    def start(self, *arguments: str | os.PathLike[str]) -> subprocess.Popen[bytes]:
        """Start it and go on. The caller waits."""
        return subprocess.Popen(
            self._argv(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.cwd,
            env=self._environment(),
            # A run in a shell's background ignores interrupts, and hands that on to all below it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )

    def as_nobody(self) -> Command:
        """The same, by a user whom file modes bind (root's are ignored)."""
        prefix = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        return Command(
            root=self.root,
            cwd=self.cwd,
            environment=self.environment,
            prefix=prefix if os.geteuid() == 0 else (),
        )

    def _argv(self, arguments: Sequence[str | os.PathLike[str]]) -> list[str | os.PathLike[str]]:
        return [*self.prefix, MUNIMENT, *arguments]

    def _environment(self) -> dict[str, str]:
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("MUNIMENT_", "LC_"))}
        plain |= {"MUNIMENT_ROOT": str(self.root), "LANG": "C.UTF-8", "TERM": "dumb"}
        return plain | self.environment


@contextmanager
def slowed(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let a process run a fiftieth of the time, so that it is met in the middle on any machine."""
    done = threading.Event()

    def hold_back() -> None:
        while not done.is_set() and process.poll() is None:
            process.send_signal(signal.SIGSTOP)
            done.wait(0.098)
            process.send_signal(signal.SIGCONT)
            done.wait(0.002)

    holder = threading.Thread(target=hold_back)
    holder.start()
    try:
        yield
    finally:
        done.set()
        holder.join()


def end(process: subprocess.Popen[bytes]) -> Result:
    """Wait for a command that was started."""
    out, err = process.communicate(timeout=120)
    return Result(status=process.returncode, out=out, err=err.decode(errors="backslashreplace"))


def wait_until(condition: Callable[[], bool], seconds: float = 150) -> None:
    """Wait for something another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def objects(root: Path) -> list[Path]:
    """Every object in the store."""
    return [path for path in (root / "store" / "sha256").rglob("*") if path.is_file()]


def tree(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file below a folder: mode, modification time, bytes."""
    return {
        str(path.relative_to(root)): (
            path.stat().st_mode,
            path.stat().st_mtime_ns,
            path.read_bytes(),
        )
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
