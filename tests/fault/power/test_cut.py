"""The power goes at any moment of an operation: what anybody was told is true afterwards, and nobody has to help.

Each operation runs once over a file system that forgets what was not synced; its cuts are made from its story.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from api.identity.accounts import Accounts
from devices.folder import FolderRecorder
from tests.fault.lab.runs import Lab
from tests.fault.power.cutting import Cut, moment, plan
from tests.fault.power.station import (
    ORIGIN,
    Station,
    TellingDisk,
    asked,
    prepared,
    put,
    recorded,
)
from tests.lab.forgetful.medium import Kept

pytestmark = [pytest.mark.usefixtures("forgetful"), pytest.mark.timeout(3000)]

_DRAW: Final = random.Random(1)  # noqa: S311 - the same in every run
OLD: Final = {"old.mp4": _DRAW.randbytes(9_000), "notes.txt": b"old notes"}
NEW: Final = {
    "a.mp4": _DRAW.randbytes(2 << 20),
    "b/c.mp4": _DRAW.randbytes(70_000),
    "b/same.mp4": OLD["old.mp4"],
}
PASSWORD: Final = "a first long password"
ANOTHER: Final = "quite another password"
HOW: Final = "a file system that forgets what was not synced: after an acknowledgement, or anywhere"


def docking(station: Station) -> None:
    station.ask("dock", str(station.recorder), "--no-derive")


def docking_synced_whole(station: Station) -> None:
    """As on ext4 and xfs: many files for two syncs."""
    with FolderRecorder(station.recorder) as recorder:
        station.dock(TellingDisk(station.mounted), recorder)


def releasing(station: Station) -> None:
    station.ask("dock", str(station.recorder), "--erase", "--no-derive")


def appending(station: Station) -> None:
    clip = station.ask("find")["clips"][0]["clip"]
    station.ask("case", "open", "京〔2026〕7号", "--title", "占道经营", "--subject", "某公司")
    station.ask("case", "link", clip, "京〔2026〕7号", "--reason", "同日同地")
    station.ask("officer", "add", "012345", "--name", "张三")
    station.ask("find", "--case", "京〔2026〕7号")


def rebuilding(station: Station) -> None:
    station.ask("rebuild")


def stamping(station: Station) -> None:
    station.ask("timestamp")


def packaging(station: Station) -> None:
    clip = station.ask("find")["clips"][0]["clip"]
    station.ask("package", clip, "--out", str(station.root.parent / "out" / "clip.zip"))


def rotating(station: Station) -> None:
    station.ask("key", "rotate")
    station.ask("audit", "--record")


def accounts(station: Station) -> None:
    typed = "--password-stdin"
    add = ("user", "add", "李四", "--role", "archivist", typed)
    station.ask(*add, stdin=PASSWORD + "\n")
    station.tell("first", {})
    station.ask("user", "password", "李四", typed, stdin=ANOTHER + "\n")
    station.tell("second", {})
    station.ask("user", "add", "王五", "--role", "officer", typed, stdin=PASSWORD + "\n")
    station.ask("user", "disable", "王五")
    station.tell("disabled", {})


def whatever(_cut: Cut) -> None:
    """The promises are enough."""


def answers(cut: Cut) -> None:
    """The catalogue, and what was written into registers, is whole."""
    if told := cut.has_told("case"):
        shown = asked(cut.root, "case", "show", "京〔2026〕7号")
        assert (len(shown["clips"]) == 1) or len(told) == 1, shown
    assert asked(cut.root, "find")["total"] == len(cut.promises.sources)


def package_is_whole(cut: Cut) -> None:
    """One that has its name verifies; one that somebody was told of is there."""
    out = cut.folder / "out" / "clip.zip"
    assert out.exists() or not cut.has_told("package")
    if out.exists():
        assert asked(cut.root, "verify", str(out))["ok"]


def key_is_new(cut: Cut) -> None:
    """Once it was told, the new key signs, and both are known."""
    vkeys = (cut.root / "keys/ledger.vkey").read_text().splitlines()
    assert len(vkeys) == 1
    types = [e["entry"]["type"] for e in asked(cut.root, "ledger", "entries")["entries"]]
    assert types.count("key.introduced") == 2 or not cut.has_told("key")


def accounts_hold(cut: Cut) -> None:
    """Nobody signs in with what was taken away, and everybody with what was given."""
    with closing(Accounts(cut.root / "accounts.db")) as kept:
        if cut.has_told("second"):
            assert kept.check("李四", PASSWORD) is None
            assert kept.check("李四", ANOTHER) is not None
        elif cut.has_told("first"):
            assert (kept.check("李四", PASSWORD) is None) != (kept.check("李四", ANOTHER) is None)
        if cut.has_told("disabled"):
            assert kept.check("王五", PASSWORD) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What runs when the power goes, and what is looked at afterwards."""

    name: str
    do: Callable[[Station], None]
    after: Callable[[Cut], None] = whatever
    new: Mapping[str, bytes] = field(default_factory=dict)  # on the recorder, not docked yet
    short: int = 4
    long: int = 60


OPERATIONS: Final = (
    Operation(name="a docking", do=docking, new=NEW, short=8, long=200),
    Operation(
        name="a docking, many files for two syncs",
        do=docking_synced_whole,
        new=NEW,
        short=8,
        long=200,
    ),
    Operation(name="a docking that erases the recorder", do=releasing, new=NEW),
    Operation(name="case, link, officer and search", do=appending, after=answers),
    Operation(name="a rebuild of the catalogue", do=rebuilding, after=answers),
    Operation(name="a timestamp", do=stamping),
    Operation(name="a package", do=packaging, after=package_is_whole),
    Operation(name="a new signing key", do=rotating, after=key_is_new),
    Operation(name="changes of accounts", do=accounts, after=accounts_hold, long=24),
)


@pytest.fixture(scope="module")
def base(bench: Path) -> Path:
    """A medium with an archive that holds what is on the recorder."""
    folder = prepared(bench / "base", OLD)
    asked(folder / "archive", "dock", str(folder / "recorder"), "--no-derive")
    return folder


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_what_was_told_outlives_a_cut_of_the_power(
    lab: Lab, bench: Path, base: Path, operation: Operation
) -> None:
    for name in NEW:
        (base / "recorder" / name).unlink(missing_ok=True)
    put(base / "recorder", operation.new)
    sources = {**OLD, **operation.new}
    story = recorded(bench, base, operation.do)
    with lab.row(area="power", fault=f"the power goes during {operation.name}", how=HOW) as row:
        for point, how, seed in plan(lab, story, short=operation.short, long=operation.long):
            with moment(story, point).cut(how, seed, work=bench, sources=sources) as cut:
                seen = cut.check()
                operation.after(cut)
                row.saw(seen)


def test_an_archive_is_whole_once_it_was_told_that_it_is_made(lab: Lab, bench: Path) -> None:
    before = bench / "empty"
    (before / "recorder").mkdir(parents=True)
    put(before / "recorder", NEW)
    (before / "out").mkdir()

    def making(station: Station) -> None:
        station.ask("init", "--origin", ORIGIN, "--unit", "一中队")

    story = recorded(bench, before, making)
    with lab.row(
        area="power", fault="the power goes during the making of an archive", how=HOW
    ) as row:
        for point, how, seed in plan(lab, story, short=6, long=40):
            with moment(story, point).cut(how, seed, work=bench, sources=NEW) as cut:
                if (cut.root / "muniment.toml").exists():
                    row.saw(cut.check())
                else:
                    assert not cut.has_told("init")
                    row.saw("there is no archive, and nobody was told of one")


def test_a_disk_that_does_not_sync_breaks_promises(bench: Path, base: Path) -> None:
    """The check itself: without syncs what was told is lost, and it is seen."""
    put(base / "recorder", NEW)

    class Careless(TellingDisk):
        def sync_file_system(self, fd: int) -> None:
            """Says that it has."""

    def careless(station: Station) -> None:
        with FolderRecorder(station.recorder) as recorder:
            station.dock(Careless(station.mounted), recorder)

    story = recorded(bench, base, careless)
    last = moment(story, len(story.records))
    sources = {**OLD, **NEW}
    with (
        pytest.raises(AssertionError, match="object_missing"),
        last.cut((Kept.NOTHING, Kept.NOTHING), 1, work=bench, sources=sources) as cut,
    ):
        cut.check()
