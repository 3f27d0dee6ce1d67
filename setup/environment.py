"""The virtual environment ``.venv``, made from the locks and from nothing else.

Holds: a stamp in ``.venv`` is written last and removed first, so a set-up that was killed is done
anew from nothing; two makes at once wait for each other; nothing is installed whose digest is not
in a lock, and nothing is built but the project itself. ``test.lock`` is ``run.lock`` and more, with
the same versions, so an environment for tests also runs.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Literal

from installer import SetupError, call, pip
from words import say

Level = Literal["run", "test"]
STAMP = "muniment-setup.json"


def ensure(root: Path, *, level: Level) -> None:
    """Bring ``.venv`` up to date for running or for testing. Silent when there is nothing to do.

    Raises:
        SetupError: pip or venv failed. There is no stamp: the next call starts over.
    """
    with _alone(root):
        wanted = _wanted(root)
        have = _stamp(root)
        base = all(have.get(key) == wanted[key] for key in ("python", "root", "run"))
        extra = level == "test" and have.get("test") != wanted["test"]
        if base and not extra and have.get("project") == wanted["project"]:
            return
        started = monotonic()
        (root / ".venv" / STAMP).unlink(missing_ok=True)
        if not base or (extra and have.get("test")):
            _create(root)
            have = {}
        if not have or extra:
            _install(root, level)
        _install_project(root)
        if level == "run" and not have.get("test"):
            del wanted["test"]
        elif level == "run":
            wanted["test"] = have["test"]
        _write_stamp(root, wanted)
        seconds = f"{monotonic() - started:.0f}"
        say(f"Set up in {seconds} s.", f"安装完成,用时 {seconds} 秒。")


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One set-up at a time. The lock is on a folder that is always there, so it leaves no file."""
    descriptor = os.open(root / "setup", os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another make is setting up; waiting for it.", "另一个 make 正在安装,等待中。")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _wanted(root: Path) -> dict[str, str]:
    """What the stamp must say."""
    requirements = root / "requirements"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {
        "python": version,
        "root": str(root),  # the scripts in .venv/bin hold it: a moved checkout is set up anew
        "run": _digest(requirements / "run.lock"),
        "test": _digest(requirements / "test.lock"),
        "project": _digest(root / "pyproject.toml"),
    }


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _stamp(root: Path) -> dict[str, str]:
    """The stamp of a set-up that came to its end and whose interpreter still runs, else nothing."""
    try:
        stamp = json.loads((root / ".venv" / STAMP).read_text(encoding="utf-8"))
        version = subprocess.run(
            [str(_python(root)), "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, ValueError, subprocess.CalledProcessError):
        return {}
    if not isinstance(stamp, dict) or stamp.get("python") != version:
        return {}
    return {str(key): str(value) for key, value in stamp.items()}


def _write_stamp(root: Path, stamp: dict[str, str]) -> None:
    temporary = root / ".venv" / f"{STAMP}.new"
    temporary.write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
    temporary.replace(root / ".venv" / STAMP)


def _python(root: Path) -> Path:
    return root / ".venv" / "bin" / "python"


def _create(root: Path) -> None:
    """A fresh, empty environment in place of whatever was there."""
    version = sys.version.split(maxsplit=1)[0]
    say(f"Setting up .venv with Python {version}.", f"正在用 Python {version} 建立 .venv。")
    folder = root / ".venv"
    try:
        if folder.is_symlink() or folder.is_file():
            folder.unlink()
        elif folder.exists():
            shutil.rmtree(folder)
        call([sys.executable, "-E", "-s", "-m", "venv", str(folder)], total=0)
    except OSError as error:
        raise SetupError(
            f"Set-up stopped: .venv cannot be written: {error}",
            f"安装中断:无法写入 .venv:{error}",
        ) from error


def _install(root: Path, level: Level) -> None:
    """Everything in the lock. Complete by itself, so pip need not resolve; wheels only."""
    lock = root / "requirements" / f"{level}.lock"
    total = sum(line[:1].isalnum() for line in lock.read_text(encoding="utf-8").splitlines())
    say(
        f"Installing {total} locked packages for {level}; about a minute the first time.",
        f"正在安装 {total} 个锁定的软件包({level}),首次约需一分钟。",
    )
    pip(
        _python(root),
        ["--require-hashes", "--only-binary=:all:", "--no-deps", "-r", str(lock)],
        total=total,
    )


def _install_project(root: Path) -> None:
    """The checkout itself, editable, built by the locked setuptools: nothing is fetched."""
    pip(
        _python(root), ["--no-deps", "--no-build-isolation", "--no-index", "-e", str(root)], total=0
    )
