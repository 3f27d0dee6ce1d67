"""File numbers used up, a disk that becomes read-only or goes away in mid docking, temporary folders without room."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fault.lab.runs import Lab
from tests.fault.space.commands import command, fresh
from tests.fault.space.places import ext4, fill, run, tmpfs, use_up_inodes
from tests.fault.space.template import CASE, NO_ROOM, Template, judge

SHAKEN = frozenset({1, 3, 5})  # a failing disk


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_a_disk_without_file_numbers_is_a_full_disk(
    lab: Lab, place: Path, template: Template, kind: str
) -> None:
    with lab.row(area="space", fault="no inodes left", how=f"{kind}, seeded number left") as row:
        for seed in lab.seeds(short=1, long=30):
            draw = random.Random(f"{seed} {kind}")  # noqa: S311 - the same again
            words = draw.choice(
                (("dock", str(template.recorder)), ("timestamp",), ("rebuild",), ("derive",))
            )
            disk = (
                tmpfs(place / "disk", "size=64m,nr_inodes=600")
                if kind == "tmpfs"
                else ext4(place / "disk", megabytes=64, made=("-N", "600"))
            )
            with disk as folder:
                promises = template.placed(folder)
                litter = use_up_inodes(folder, left=int(60 * draw.random() ** 2))
                ended = command(promises.root, *words)
                print(f"seed {seed}: {words} {ended.status} {ended.err}")
                judge(row, promises, ended, about=NO_ROOM)
                run("rm", "-r", str(litter))
                assert command(promises.root, *words).status == 0
                promises.settle(template.recorder)


@pytest.mark.slow
def test_a_disk_that_becomes_read_only_in_mid_docking_keeps_what_it_acknowledged(
    lab: Lab, place: Path, template: Template
) -> None:
    """As ext4 does when its device fails (errors=remount-ro); what was not synced is gone then."""
    how = "ext4, journal aborted at a seeded moment, mounted again"
    with lab.row(area="space", fault="remounted read-only in mid docking", how=how) as row:
        for seed in lab.seeds(short=1, long=40):
            _disturb(row.saw, template, place / "disk", seed, ("-o", "remount,abort"))


def _disturb(
    saw: Callable[[str], None],
    template: Template,
    folder: Path,
    seed: int,
    options: tuple[str, ...],
) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same again
    image = folder.with_suffix(".img")
    with ext4(folder, megabytes=64):
        promises = template.placed(folder)
        os.sync()
        ended = command(
            promises.root,
            *("dock", str(template.recorder)),
            during=lambda: _after(draw.uniform(0, 0.5), "mount", *options, str(folder)),
        )
        print(f"seed {seed}: {ended.status} {ended.err}")
        run("umount", str(folder))
        run("mount", "-o", "loop", str(image), str(folder))
        if ended.status == 0:
            saw("done before")
        else:
            ended.is_said()
            assert ended.status in SHAKEN, ended
            saw(f"exit {ended.status}; what was acknowledged is there, the rest came next time")
        promises.acknowledged(ended.document)
        promises.check()
        promises.settle(template.recorder)


def _after(seconds: float, *words: str) -> None:
    time.sleep(seconds)
    run(*words)


@pytest.mark.slow
def test_nothing_is_written_below_a_mount_point_whose_disk_went_away(
    lab: Lab, place: Path, template: Template
) -> None:
    """A lazy unmount in mid docking: what is open goes on, and every name leads into an empty folder."""
    elsewhere, below = place / "elsewhere", place / "disk"
    below.mkdir()
    with lab.row(area="space", fault="disk gone in mid docking", how="umount --lazy") as row:
        for seed in lab.seeds(short=1, long=40):
            with tmpfs(elsewhere, "size=64m"):
                run("mount", "--bind", str(elsewhere), str(below))
                _pull_away(row.saw, template, below, elsewhere, seed)
                run("umount", str(below))


def _pull_away(
    saw: Callable[[str], None], template: Template, below: Path, elsewhere: Path, seed: int
) -> None:
    promises = template.placed(below)
    seconds = random.Random(seed).uniform(0, 0.5)  # noqa: S311 - the same again
    dock = ("dock", str(template.recorder))
    ended = command(below, *dock, during=lambda: _after(seconds, "umount", "--lazy", str(below)))
    print(f"seed {seed}: {ended.status} {ended.err}")
    # Claims are notes to other processes for as long as they run; nothing of the archive is in them.
    shutil.rmtree(below / "work.claims", ignore_errors=True)
    found = sorted(str(p.relative_to(below)) for p in below.rglob("*"))
    assert found == [], f"written into the empty folder: {found}"
    if ended.status == 0:
        saw("done before")
    elif ended.code == "A040":
        assert ended.status == 2, ended
        saw("gone before it began: no archive here")
    else:
        ended.is_said()
        assert ended.status in SHAKEN, ended
        saw(f"exit {ended.status}, nothing below the mount point; the rest came next time")
    later = command(below, *dock)
    assert later.status == 2, later  # there is no archive here
    assert list(below.iterdir()) == []
    run("mount", "--bind", str(elsewhere), str(below))
    promises.acknowledged(ended.document)
    promises.check()
    promises.settle(template.recorder)


@pytest.mark.slow
def test_a_full_temporary_folder_stops_only_what_needs_it(
    lab: Lab, place: Path, template: Template
) -> None:
    with (
        lab.row(area="space", fault="temporary folder full", how="tmpfs of 64 KiB, filled") as row,
        tmpfs(place / "disk") as folder,
        tmpfs(place / "temporary", "size=64k") as temporary,
    ):
        promises = template.placed(folder)
        fill(temporary, free=0)
        wanted: dict[str, tuple[str, ...]] = {
            "dock": (str(template.recorder),),
            "audit": (),
            "rebuild": (),
            "package": (CASE, "--out", str(place / "p.zip")),
            "find": ("--case", CASE),
        }
        names = list(wanted)
        for name in (names[n] for n in lab.sample(len(names), short=2)):
            ended = fresh(
                promises.root, name, *wanted[name], environment={"TMPDIR": str(temporary)}
            )
            print(name, ended.status, ended.err)
            if ended.status:
                ended.is_said()
                assert ended.status == 5, ended
            row.saw(f"{name}: exit {ended.status} {ended.code}".rstrip())
            if name == "dock":
                promises.acknowledged(ended.document)
            promises.check()
        promises.settle(template.recorder)
