"""A disk without room, met by every command that writes: it says so, nothing is lost, the rest comes next time."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

import ingest.salvage
import ingest.transfer
from tests.fault.lab.runs import Lab, Row
from tests.fault.space.commands import command
from tests.fault.space.places import ext4, fill, room, tmpfs
from tests.fault.space.template import CASE, NO_ROOM, Template, judge

MEGABYTE = 1 << 20
LEFT_ALONE = 16 * MEGABYTE
Disk = Callable[[Path], AbstractContextManager[Path]]


def in_memory(folder: Path) -> AbstractContextManager[Path]:
    return tmpfs(folder, "size=64m")


def of_a_disk(folder: Path) -> AbstractContextManager[Path]:
    return ext4(folder, megabytes=64)


def of_small_blocks(folder: Path) -> AbstractContextManager[Path]:
    return ext4(folder, megabytes=64, made=("-b", "1024"))


DISKS = {
    "tmpfs": in_memory,
    "ext4": of_a_disk,
    "ext4, blocks of 1 KiB": of_small_blocks,
}
# name -> what it writes at most, so that the fault is met at every stage
COMMANDS: dict[str, tuple[int, tuple[str, ...]]] = {
    "a docking": (20 * MEGABYTE, ("dock", "{recorder}", "--no-derive")),
    "a docking that somebody takes the room from": (3 * MEGABYTE, ("dock", "{recorder}")),
    "renditions": (2 * MEGABYTE, ("derive",)),
    "a timestamp": (MEGABYTE, ("timestamp",)),
    "a package": (2 * MEGABYTE, ("package", CASE, "--out", "{place}/{n}.zip")),
    "a rebuild": (2 * MEGABYTE, ("rebuild",)),
    "a new account": (MEGABYTE, ("user", "add", "li", "--role", "officer", "--password-stdin")),
    "a new case": (MEGABYTE, ("case", "open", "2026-0118", "--title", "新案")),
    "a question": (MEGABYTE, ("find", "--case", CASE)),
}


@pytest.mark.slow
def test_a_full_disk_loses_nothing_and_needs_room_only(
    lab: Lab, place: Path, template: Template
) -> None:
    pairs = [(disk, what) for disk in DISKS for what in COMMANDS]
    for disk, what in (pairs[n] for n in lab.sample(len(pairs), short=2)):
        with lab.row(area="space", fault=f"full disk in {what}", how=f"{disk}, seeded room") as row:
            for seed in lab.seeds(short=1, long=10):
                with DISKS[disk](place / "disk") as folder:
                    _meet(row, what, folder, template, f"{seed} {disk} {what}")


def _meet(row: Row, what: str, folder: Path, template: Template, seed: str) -> None:
    place, (most, words) = folder.parent, COMMANDS[what]
    words = tuple(
        w.format(recorder=template.recorder, place=place, n=seed.split(maxsplit=1)[0])
        for w in words
    )
    draw = random.Random(seed)  # noqa: S311 - the same again
    promises = template.placed(folder)
    # A docking leaves the last 16 MiB alone: most of what it meets is a little more than that.
    share = draw.random() ** (2 if most < LEFT_ALONE else 0.2)
    ballast = fill(folder, free=int(most * share))
    left = room(folder)
    ended = command(promises.root, *words, before=_no_look_ahead if "somebody" in what else None)
    print(f"seed {seed}, {left} bytes free: {ended.status} {ended.err}")
    judge(row, promises, ended, about=NO_ROOM)
    ballast.unlink()
    # The same again, now that there is room (2, 4: it was done): nobody has to mend anything.
    again = command(promises.root, *words)
    assert again.status in {0, 2, 4}, again
    for package in place.glob("*.zip"):
        package.unlink()
    promises.settle(template.recorder)


@pytest.mark.slow
def test_a_package_for_a_full_stick_leaves_none_that_could_be_taken_for_whole(
    lab: Lab, place: Path, template: Template
) -> None:
    with lab.row(area="space", fault="full disk where a package goes", how="tmpfs, seeded") as row:
        for seed in lab.seeds(short=1, long=20):
            draw = random.Random(seed)  # noqa: S311 - it has to be the same again
            with tmpfs(place / "stick", "size=4m") as stick, tmpfs(place / "disk") as folder:
                promises = template.placed(folder)
                ballast = fill(stick, free=int(1.5 * MEGABYTE * draw.random() ** 2))
                ended = command(promises.root, "package", CASE, "--out", str(stick / "p.zip"))
                judge(row, promises, ended, about=NO_ROOM)
                whole = ended.status == 0
                assert (stick / "p.zip").exists() is whole, ended
                assert [
                    p.name for p in stick.iterdir() if p not in {ballast, stick / "p.zip"}
                ] == []
                ballast.unlink()
                if not whole:
                    again = command(promises.root, "package", CASE, "--out", str(stick / "p.zip"))
                    assert again.status == 0, again
                assert command(promises.root, "verify", str(stick / "p.zip")).status == 0


def _no_look_ahead() -> None:
    """What a docking found free before a clip is gone when it writes: others write to the disk too."""
    for module in (ingest.transfer, ingest.salvage):
        module._ROOM = -(1 << 40)  # type: ignore[attr-defined]
