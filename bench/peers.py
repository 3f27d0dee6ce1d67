"""Other people's programs that keep files for good, each as its users run it, ending durable.

Nothing is installed here. Those that sync nothing themselves get `sync`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from bench.data import clear, make_cold
from bench.harness import Sample, run

# Shell text with SOURCE, TARGET and PROGRAM in the environment: paths are never part of it.
_COPY: Final = 'cp -r "$SOURCE" "$TARGET/copy" && sync'
_PEERS: Final[dict[str, tuple[str, str]]] = {
    "restic": (
        '"$PROGRAM" -q -r "$TARGET/repo" init',
        '"$PROGRAM" -q -r "$TARGET/repo" --compression off --no-cache backup "$SOURCE" && sync',
    ),
    "borg": (
        '"$PROGRAM" init -e none "$TARGET/repo"',
        '"$PROGRAM" create -C none "$TARGET/repo::one" "$SOURCE" && sync',
    ),
    "rclone": (":", '"$PROGRAM" -q copy --checksum "$SOURCE" "$TARGET/copy" && sync'),
    "bagit.py": (
        ":",
        'cp -r "$SOURCE" "$TARGET/copy" && "$PROGRAM" --quiet --sha256 --processes 2 "$TARGET/copy" && sync',
    ),
}


def copy_and_sync(folder: Path, source: Path) -> Sample:
    """`cp -r` and `sync`: no digest, no name, no proof."""
    return _run(folder, source, prepare=":", command=_COPY, program="cp")


def contenders(folder: Path, source: Path) -> tuple[dict[str, Callable[[], Sample]], list[str]]:
    """Those that are installed, and which are not."""
    found: dict[str, Callable[[], Sample]] = {}
    missing: list[str] = []
    for name, (prepare, command) in _PEERS.items():
        program = shutil.which(name)
        if program is None:
            missing.append(f"{name} is not installed")
        else:
            found[name] = partial(
                _run, folder, source, prepare=prepare, command=command, program=program
            )
    return found, missing


def _run(folder: Path, source: Path, *, prepare: str, command: str, program: str) -> Sample:
    target = folder / "peer"
    clear(target)
    target.mkdir()
    environment = {
        "SOURCE": str(source),
        "TARGET": str(target),
        "PROGRAM": program,
        "RESTIC_PASSWORD": "bench",
        "BORG_BASE_DIR": str(target),
        "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
        "RCLONE_CONFIG": str(target / "rclone.conf"),
    }
    run(["sh", "-c", prepare], folder, environment=environment)
    make_cold(source)
    try:
        return run(["sh", "-c", command], folder, environment=environment)
    finally:
        clear(target)
