"""Files of another owner inside the archive, folders nobody may enter, a quota: said clearly, lost nothing."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault.lab.runs import Lab
from tests.fault.space.commands import command, fresh
from tests.fault.space.places import run, tmpfs
from tests.fault.space.template import Template, judge

NOBODY = 65534
OPEN = Path("/mnt")  # everybody may enter it; what is mounted there, only this test's processes see
REFUSED = frozenset({1, 2, 3, 4, 5})  # 2: settings that this user may not read
# what belongs to root all at once, and the mode that it has then
WRONG = [
    *(("store/sha256", 0o755), ("store/sha256", 0o700), ("store/incoming", 0o755)),
    *(("store/incoming", 0o644), ("store/sha256/*", 0o755), ("store/sha256/*", 0o644)),
    *(("store/sha256/*/*", 0o755), ("store/sha256/*/*/*", 0o400), ("store", 0o644)),
    *(("ledger", 0o755), ("ledger", 0o644), ("ledger/entries", 0o755), ("ledger/entries/*", 0o644)),
    *(("ledger/entries/*", 0o600), ("ledger/tile", 0o755), ("ledger/tile/*", 0o755)),
    *(("ledger/checkpoint", 0o600), ("ledger/lock", 0o600), ("ledger/lock", 0o644)),
    *(("ledger/state", 0o600), ("ledger/reserve", 0o600), ("keys", 0o700), ("keys", 0o755)),
    *(("keys/ledger.key", 0o600), ("keys/highest-signed", 0o644), ("keys/highest-signed", 0o600)),
    *(("catalogue.db", 0o644), ("catalogue.db", 0o600), ("catalogue.db*", 0o600)),
    *(("work.db", 0o600), ("muniment.toml", 0o600), ("", 0o755), ("", 0o1777), ("", 0o644)),
]


@pytest.fixture
def everybodys(place: Path) -> Iterator[Path]:
    """A disk in memory on a folder that a user without rights can reach."""
    assert place.is_dir()
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed (Debian: util-linux)")
    with tmpfs(OPEN, "size=64m"):
        yield OPEN


def _nobody() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


@pytest.mark.slow
def test_files_of_another_owner_are_named_and_nothing_is_lost(
    lab: Lab, everybodys: Path, template: Template
) -> None:
    root, recorder = everybodys / "archive", everybodys / "recorder"
    shutil.copytree(template.recorder, recorder)
    how = "a docking by another user; files of root's, modes without read, write or enter"
    with lab.row(area="space", fault="wrong owner", how=how) as row:
        for at in lab.sample(len(WRONG), short=2):
            pattern, mode = WRONG[at]
            root.mkdir()
            promises = template.placed(root)
            run("chown", "-R", f"{NOBODY}:{NOBODY}", str(root))
            before = {}
            for path in [root] if not pattern else list(root.glob(pattern)):
                before[path] = stat.S_IMODE(path.stat().st_mode)
                os.chown(path, 0, 0)
                path.chmod(mode)
            ended = command(root, "dock", str(recorder), "--no-derive", before=_nobody)
            print(pattern, f"{mode:o}", ended.status, ended.err)
            judge(row, promises, ended, allowed=REFUSED)
            run("chown", "-R", "0:0", str(root))
            for path, mode_before in before.items():
                path.chmod(mode_before)
            promises.settle(template.recorder)
            shutil.rmtree(root)


@pytest.mark.slow
def test_a_quota_is_a_full_disk(lab: Lab, place: Path, template: Template) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed (Debian: strace)")
    how = "strace: EDQUOT from the n-th call on (this kernel has no quota format)"
    calls = "pwrite64,fallocate,linkat,link,mkdir,mkdirat,ftruncate"
    with lab.row(area="space", fault="quota exceeded", how=how) as row:
        for seed in lab.seeds(short=1, long=25):
            when = 1 + seed * 7 % 90
            prefix = (
                *("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}"),
                *("-e", f"inject={calls}:error=EDQUOT:when={when}+"),
            )
            with tmpfs(place / "disk", "size=64m") as folder:
                promises = template.placed(folder)
                ended = fresh(folder, "dock", str(template.recorder), prefix=prefix)
                print(f"from call {when} on: {ended.status} {ended.err}")
                judge(row, promises, ended)  # SQLite says only that its disk failed
                promises.settle(template.recorder)
