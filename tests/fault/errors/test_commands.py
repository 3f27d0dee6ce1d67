"""Appends, a rebuild, a timestamp, a package, accounts: one call of each fails, and what it says is true."""

from __future__ import annotations

import pytest

from tests.fault.errors.machine import Ran
from tests.fault.errors.scene import Order, Scene, chosen
from tests.fault.errors.test_dockings import ANY
from tests.fault.lab.runs import Lab, Row

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


def tried(lab: Lab, scene: Scene, row: Row, order: Order, *, short: int, long: int) -> None:
    scene.trials(row, order, chosen(lab, scene.faults(order), short=short, long=long))


def test_a_case_is_open_when_it_was_said_so(lab: Lab, scene: Scene) -> None:
    order = Order(argv=["case", "open", "2", "--title", "two"], after=is_open)
    with lab.row(area="errors", fault="An append (case open): one call fails", how=ANY) as row:
        tried(lab, scene, row, order, short=3, long=150)


def is_open(scene: Scene, ran: Ran) -> None:
    if ran.status == 0:
        assert scene.whole("case", "show", "2").document["number"] == "2"


def test_a_rebuild_gives_the_whole_answer_or_says_that_one_is_due(lab: Lab, scene: Scene) -> None:
    order = Order(argv=["rebuild"], after=finds_all)
    with lab.row(area="errors", fault="A rebuild: one call fails", how=ANY) as row:
        tried(lab, scene, row, order, short=2, long=110)


def finds_all(scene: Scene, ran: Ran) -> None:
    found = scene.run("find")
    if found.status == 0:
        assert [c["clip"] for c in found.document["clips"]] == [scene.clip], (ran, found)
    else:
        assert "rebuild" in found.said, found


def test_a_timestamp_is_there_when_it_was_said_so(lab: Lab, scene: Scene) -> None:
    order = Order(argv=["timestamp"])
    with lab.row(area="errors", fault="A timestamp: one call fails", how=ANY) as row:
        tried(lab, scene, row, order, short=2, long=110)


def test_a_package_is_whole_or_not_there(lab: Lab, scene: Scene) -> None:
    out = scene.out / "p.zip"
    order = Order(argv=["package", scene.clip, "--out", str(out)], after=is_whole)
    with lab.row(area="errors", fault="A package: one call fails, on either disk", how=ANY) as row:
        faults = scene.faults(order, below="")
        scene.trials(row, order, chosen(lab, faults, short=2, long=130))


def is_whole(scene: Scene, ran: Ran) -> None:
    out = scene.out / "p.zip"
    assert out.exists() or ran.status, ran
    scene.machine.power_goes()
    if out.exists():
        assert scene.run("verify", str(out)).status == 0, ran


def test_an_account_is_there_when_it_was_said_so(lab: Lab, scene: Scene) -> None:
    words = ["user", "add", "bob", "--role", "officer", "--password-stdin"]
    order = Order(argv=words, said="correct horse 2", after=is_known)
    with lab.row(area="errors", fault="An account is added: one call fails", how=ANY) as row:
        tried(lab, scene, row, order, short=2, long=110)


def is_known(scene: Scene, ran: Ran) -> None:
    scene.machine.power_goes()
    users = {u["user"] for u in scene.whole("user", "list").document["users"]}
    assert "ann" in users, ran
    if ran.status == 0:
        assert "bob" in users, ran
