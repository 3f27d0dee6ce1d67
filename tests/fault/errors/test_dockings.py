"""A docking on a disk whose calls fail, one by one and for good: SQLite's, the ledger's, the store's, the settings'."""

from __future__ import annotations

import pytest

from tests.fault.errors.machine import LOST, Ran
from tests.fault.errors.plan import lasting_faults
from tests.fault.errors.scene import NEW, OLD, Order, Scene, chosen
from tests.fault.lab.runs import Lab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]

ANY = "EIO, ENOSPC, EDQUOT, EROFS, EINTR, half a call; without effect, or an error though it took effect"


def docking(scene: Scene) -> Order:
    return Order(argv=[*scene.docking(), "--case", "1"], new=True)


def test_a_docking_survives_an_error_of_any_call(lab: Lab, scene: Scene) -> None:
    order = docking(scene)
    with lab.row(
        area="errors",
        fault="A docking: one call on the archive's disk fails, SQLite's too",
        how=ANY,
    ) as row:
        faults = [f for f in scene.faults(order) if f.way != LOST]
        scene.trials(row, order, chosen(lab, faults, short=5, long=420))


def test_what_a_failed_sync_lost_is_never_trusted_again(lab: Lab, scene: Scene) -> None:
    order = docking(scene)
    with lab.row(
        area="errors",
        fault="A docking: a sync fails once, later ones say that all is well, and the pages are lost",
        how="the medium's view is put in the place of memory at once, or after the next docking",
    ) as row:
        faults = [f for f in scene.faults(order) if f.way == LOST]
        scene.trials(row, order, chosen(lab, faults, short=4, long=200))


def test_a_disk_that_takes_nothing_more_from_some_moment_on_loses_nothing(
    lab: Lab, scene: Scene
) -> None:
    order = docking(scene)
    with lab.row(
        area="errors",
        fault="A docking: from some call on every change fails",
        how="EROFS (put to read-only), ENOSPC, EIO",
    ) as row:
        faults = lasting_faults(scene.calls(order), 60)
        scene.trials(row, order, chosen(lab, faults, short=3, long=120))


def test_nothing_goes_from_the_recorder_that_is_not_held(lab: Lab, scene: Scene) -> None:
    order = Order(argv=[*scene.docking(), "--erase"], new=True, after=is_held)
    with lab.row(area="errors", fault="A docking that erases: one call fails", how=ANY) as row:
        scene.trials(row, order, chosen(lab, scene.faults(order), short=3, long=160))


def is_held(scene: Scene, ran: Ran) -> None:
    held = {c["path"] for c in ran.clips if c["status"] in {"ingested", "known"}}
    gone = {name for name in OLD | NEW if not (scene.card / name).exists()}
    assert gone <= held, f"erased, and in no receipt: {gone - held}"
