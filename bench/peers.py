"""Other people's programs that keep files for good, each as its users run it, ending durable, and as they check it.

Nothing is installed here: what is not on PATH (or beside the interpreter) is named as missing, and so is what does not
work here. Those that sync nothing themselves get `sync`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench.data import clear, make_cold, make_recorder
from bench.harness import BenchError, Sample, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Shell text with SOURCE, TARGET and PROGRAM in the environment: paths are never part of it."""

    program: str
    keep: str  # timed: the files of SOURCE are kept below TARGET, durable
    prepare: str = ":"  # before that, not timed
    check: str | None = None  # everything that was kept is read again and compared


COPY: Final = Peer(program="cp", keep='cp -r "$SOURCE" "$TARGET/copy" && sync')
PEERS: Final[Mapping[str, Peer]] = {
    "cp + sha256sum": Peer(
        program="sha256sum",
        keep='cp -r "$SOURCE" "$TARGET/copy" && cd "$TARGET/copy" '
        '&& find . -type f -exec "$PROGRAM" {} + > ../sums && sync',
        check='cd "$TARGET/copy" && "$PROGRAM" --quiet -c ../sums',
    ),
    "restic": Peer(
        program="restic",
        prepare='"$PROGRAM" -q -r "$TARGET/repo" init',
        keep='"$PROGRAM" -q -r "$TARGET/repo" --compression off --no-cache backup "$SOURCE" && sync',
        check='"$PROGRAM" -q -r "$TARGET/repo" --no-cache check --read-data',
    ),
    "borg": Peer(
        program="borg",
        prepare='"$PROGRAM" init -e none "$TARGET/repo"',
        keep='"$PROGRAM" create -C none "$TARGET/repo::one" "$SOURCE" && sync',
        check='"$PROGRAM" check --verify-data "$TARGET/repo"',
    ),
    "rclone": Peer(
        program="rclone", keep='"$PROGRAM" -q copy --checksum "$SOURCE" "$TARGET/copy" && sync'
    ),
    "bagit.py": Peer(
        program="bagit.py",
        keep='cp -r "$SOURCE" "$TARGET/copy" '
        '&& "$PROGRAM" --quiet --sha256 --processes 2 "$TARGET/copy" && sync',
        check='"$PROGRAM" --quiet --validate --processes 2 "$TARGET/copy"',
    ),
    "git-annex": Peer(
        program="git-annex",
        prepare='git init -q "$TARGET/repo" && cd "$TARGET/repo" && "$PROGRAM" -q init bench',
        keep='cp -r "$SOURCE" "$TARGET/repo/copy" && cd "$TARGET/repo" '
        '&& "$PROGRAM" -q add -J2 . && git commit -qm kept && sync',
        check='cd "$TARGET/repo" && "$PROGRAM" -q fsck -J2',
    ),
}


def copy_and_sync(folder: Path, source: Path) -> Sample:
    """`cp -r` and `sync`: no digest, no name, no proof."""
    return kept(folder, source, COPY, "cp")


def contenders(folder: Path, source: Path) -> tuple[dict[str, Callable[[], Sample]], list[str]]:
    """Those that work here, and which do not and why."""
    programs, missing = working(folder)
    found: dict[str, Callable[[], Sample]] = {
        name: partial(kept, folder, source, PEERS[name], program)
        for name, program in programs.items()
    }
    return found, missing


def working(folder: Path) -> tuple[dict[str, str], list[str]]:
    """The programs that kept and checked one small file, by peer; which did not and why."""
    trial = make_recorder(folder / "trial", files=1, size=5000)
    found: dict[str, str] = {}
    missing: list[str] = []
    for name, peer in PEERS.items():
        program = installed(peer.program)
        if program is None:
            missing.append(f"{name} is not installed")
            continue
        try:
            keep(folder, trial, peer, program)
            if peer.check is not None:
                check(folder, peer, program)
        except BenchError as e:
            missing.append(f"{name} does not work here: {e}")
        else:
            found[name] = program
    forget(folder)
    clear(trial)
    return found, missing


def installed(program: str) -> str | None:
    """Where a program is."""
    beside = str(Path(sys.executable).parent)
    return shutil.which(program) or shutil.which(program, path=beside)


def kept(folder: Path, source: Path, peer: Peer, program: str) -> Sample:
    """What keeping took, cold; what was kept is gone again.

    Raises:
        BenchError: the program failed.
    """
    try:
        return keep(folder, source, peer, program)
    finally:
        forget(folder)


def keep(folder: Path, source: Path, peer: Peer, program: str, *, name: str = "peer") -> Sample:
    """What keeping took, cold. Raises BenchError."""
    forget(folder, name)
    target = folder / name
    target.mkdir()
    surroundings = {**_environment(target, program), "SOURCE": str(source)}
    run(["sh", "-c", peer.prepare], folder, environment=surroundings)
    make_cold(source)
    return run(["sh", "-c", peer.keep], folder, environment=surroundings)


def check(folder: Path, peer: Peer, program: str, *, name: str = "peer") -> Sample:
    """What checking everything that was kept took, cold. Raises BenchError."""
    target = folder / name
    make_cold(target)
    command = ["sh", "-c", peer.check or ":"]
    return run(command, folder, environment=_environment(target, program))


def forget(folder: Path, name: str = "peer") -> None:
    """Remove what was kept; git-annex takes the right to remove from its folders."""
    target = folder / name
    if target.exists():
        run(["chmod", "-R", "u+w", target], folder)
    clear(target)


def _environment(target: Path, program: str) -> dict[str, str]:
    folder = str(Path(program).parent)
    return {
        "TARGET": str(target),
        "PROGRAM": program,
        "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(target),
        "RESTIC_PASSWORD": "bench",
        "BORG_BASE_DIR": str(target),
        "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
        "RCLONE_CONFIG": str(target / "rclone.conf"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "bench",
        "GIT_AUTHOR_EMAIL": "bench@bench.invalid",
        "GIT_COMMITTER_NAME": "bench",
        "GIT_COMMITTER_EMAIL": "bench@bench.invalid",
    }
