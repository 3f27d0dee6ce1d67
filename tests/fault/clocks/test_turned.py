"""The station's clock is set while it works, or was wrong from the start: nothing is lost, and the order stands."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive.ledger.reader import LedgerReader
from archive.timestamps.clock import host_clock
from tests.fault.clocks.faked import FakedClock, turned_in_the_middle
from tests.fault.lab.promises import Promises
from tests.fault.lab.runs import Lab
from tests.fault.space.commands import Ended, command, fresh
from tests.fault.space.template import CASE, Template

READINGS: dict[str, datetime | timedelta] = {
    "back by five hours": timedelta(hours=-5),
    "forward by five hours": timedelta(hours=5),
    "back by a second, as after a leap second": timedelta(seconds=-1),
    "to 1970": datetime(1970, 1, 1, 0, 0, 10, tzinfo=UTC),
    "to 2106": datetime(2106, 2, 7, 6, 28, 10, tzinfo=UTC),
    "to the last second that 32 bits hold": datetime(2038, 1, 19, 3, 14, 6, tzinfo=UTC),
    "to the end of a leap day": datetime(2028, 2, 29, 23, 59, 58, tzinfo=UTC),
}
ZONES = ("Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Antarctica/Troll")
MOST = 9_000  # bytes of entries that the docking appends, about


@pytest.mark.slow
def test_a_clock_that_is_set_in_mid_docking_costs_nothing(
    lab: Lab, tmp_path: Path, template: Template, clock: FakedClock
) -> None:
    names = list(READINGS)
    for what in names if lab.long else names[:1]:
        how = "a preloaded clock, docking held at a seeded entry"
        with lab.row(area="clocks", fault=f"clock set {what} in mid docking", how=how) as row:
            for seed in lab.seeds(short=1, long=12):
                draw = random.Random(f"{seed} {what}")  # noqa: S311 - the same again
                root = tmp_path / "root"
                root.mkdir()
                promises = template.placed(root)
                clock.turn(timedelta())
                ended = turned_in_the_middle(
                    clock,
                    READINGS[what],
                    root,
                    *("dock", str(template.recorder)),
                    entries=draw.randrange(MOST),
                    zone=draw.choice(ZONES),
                )
                print(f"seed {seed} {what}: {ended.status} {ended.err}")
                _judge(promises, ended, template)
                row.saw(f"exit {ended.status}; entries in order, all clips there, once")
                shutil.rmtree(root)


@pytest.mark.slow
def test_a_clock_that_was_never_right_is_no_reason_to_lose_a_clip(
    lab: Lab, tmp_path: Path, template: Template, clock: FakedClock
) -> None:
    names = [name for name in READINGS if name.startswith("to")]
    for what in (names[n] for n in lab.sample(len(names), short=1)):
        how = "a preloaded clock, for a docking, a timestamp, an audit, a package, a rebuild"
        with lab.row(area="clocks", fault=f"clock wrong: {what}", how=how) as row:
            root = tmp_path / "root"
            root.mkdir()
            promises = template.placed(root)
            package = tmp_path / "p.zip"
            for words in (
                ("dock", str(template.recorder)),
                *((("timestamp",), ("audit", "--record")) if lab.long else ()),
                ("package", CASE, "--out", str(package)),
                *((("verify", str(package)), ("rebuild",)) if lab.long else ()),
            ):
                clock.turn(READINGS[what])
                ended = fresh(root, *words, environment=clock.environment())
                print(words, ended.status, ended.err)
                assert "Traceback" not in ended.err, ended.err
                if words[0] == "dock":
                    _judge(promises, ended, template)
                row.saw(f"{words[0]}: exit {ended.status} {ended.code}".rstrip())
            assert command(root, "verify", str(package)).status == 0
            promises.settle(template.recorder)
            package.unlink()
            shutil.rmtree(root)


def _judge(promises: Promises, ended: Ended, template: Template) -> None:
    """Every clip is there, the entries say which clock had been set back, and what is found is found again."""
    assert ended.status in {0, 5}, ended
    assert all(clip["status"] in {"ingested", "known"} for clip in ended.document["clips"]), ended
    promises.acknowledged(ended.document)
    promises.check()
    entries = list(LedgerReader(promises.root).entries())
    clips = [entry.subject for entry in entries if entry.type == "clip.ingested"]
    assert len(set(clips)) == len(clips)
    for before, after in pairwise(entries):
        back = datetime.fromisoformat(after.time) < datetime.fromisoformat(before.time)
        assert (after.clock == "host-set-back") == back, (before.time, after.time, after.clock)
    found = command(promises.root, "find", "--limit", "1000")
    assert found.status == 0, found
    promises.settle(template.recorder)
    assert command(promises.root, "rebuild").status == 0
    again = command(promises.root, "find", "--limit", "1000")
    assert again.out == found.out


@pytest.mark.slow
def test_doctor_says_that_the_clock_was_set_back_or_is_in_step_with_nobody(
    lab: Lab, template: Template, clock: FakedClock
) -> None:
    with lab.row(area="clocks", fault="clock behind the ledger", how="doctor") as row:
        clock.turn(timedelta(hours=-5))
        ended = fresh(template.root, "doctor", environment=clock.environment())
        assert ended.status == 5, ended
        checks = {check["name"]: check for check in ended.document["checks"]}
        assert "before the newest entry" in checks["clock"]["detail"]
        assert checks["clock"]["ok"] is False
        row.saw("named as a fault")
        step = checks["clock in step"]
        assert step["warning"] is not host_clock().synchronised
        assert ("NTP" in step["detail"]) is step["warning"]
        row.saw("whether anybody keeps it in step is said")
