"""A whole machine loses its power while it docks onto ext4: the kernel's own page cache, journal and syncfs."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.fault.lab.promises import Promises
from tests.fault.lab.runs import Lab
from tests.fault.power.guest import film
from tests.fault.power.machine import Frozen, cut_while_docking, power_is_back
from tests.fault.power.station import prepared
from tests.usb.lab.kernel import CannotRunError
from tests.usb.lab.machine import fit

BOOTS, MOMENTS = 4, 6
AHEAD = 6  # dockings that may have begun before we heard of them


@pytest.mark.timeout(3000)
def test_a_machine_that_loses_its_power_keeps_what_it_acknowledged(lab: Lab, bench: Path) -> None:
    try:
        fit()
    except CannotRunError as e:
        pytest.skip(f"a machine without power: {e}")
    base = prepared(bench / "machine", {})
    how = "a virtual machine that docks onto ext4; its disk at that moment, the journal replayed"
    with (
        lab.row(area="power", fault="the machine is killed outright", how=f"{how}: SIGKILL") as one,
        lab.row(area="power", fault="the machine stops for ever", how=f"{how}: SIGSTOP") as other,
    ):
        for seed in lab.seeds(short=1, long=BOOTS):
            with tempfile.TemporaryDirectory(dir=bench) as work:
                for frozen in cut_while_docking(Path(work), base, moments=MOMENTS, seed=seed):
                    row = one if frozen.killed else other
                    row.saw(check(frozen, Path(work), seed))


def check(frozen: Frozen, work: Path, seed: int) -> str:
    """Every promise, when the power is back."""
    with (
        tempfile.TemporaryDirectory(dir=work) as folder,
        power_is_back(frozen, work / "disk") as disk,
    ):
        recorder = Path(folder) / "recorder"
        recorder.mkdir()
        sources: dict[str, bytes] = {}
        for number in range(frozen.begun + AHEAD):
            sources |= film(recorder, seed, number)
        promises = Promises(disk / "archive", sources)
        for receipt in frozen.told:
            promises.acknowledged(receipt)
        report = promises.check()
        promises.settle(recorder)
    within = "within a docking, parts of it left" if report.interrupted else "nothing half done"
    return f"{within}; every promise held"
