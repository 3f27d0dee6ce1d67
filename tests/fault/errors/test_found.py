"""What this laboratory found once, each by itself."""

from __future__ import annotations

import errno

import pytest

from tests.fault.errors.machine import HALF, Fault
from tests.fault.errors.scene import Order, Scene

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("pattern", "error"),
    [
        ("archive/ledger/tile.new", errno.ENOSPC),
        ("archive/store/incoming", errno.EDQUOT),
        ("archive/store/sha256", errno.ENOSPC),
    ],
)
def test_a_sync_that_fails_for_lack_of_room_is_no_full_disk(
    scene: Scene, pattern: str, error: int
) -> None:
    order = Order(argv=scene.docking(), new=True)
    scene.back(order)
    ran = scene.run(*order.argv, fault=Fault(kind="sync", pattern=pattern, error=error))
    assert ran.fired
    assert ran.status == 5, ran


@pytest.mark.parametrize(
    "name", ["muniment.toml", "keys/ledger.vkey", "keys/ledger.key", "keys/highest-signed"]
)
def test_a_small_file_that_the_medium_does_not_give_is_named_and_is_no_wrong_setting(
    scene: Scene, name: str
) -> None:
    order = Order(argv=scene.docking(), new=True)
    scene.back(order)
    ran = scene.run(*order.argv, fault=Fault(kind="read", pattern=f"archive/{name}"))
    assert ran.status == 5, ran
    assert name in ran.document["error"]["reason"]


def test_a_package_is_whole_though_the_disk_took_a_half_of_what_it_was_given(scene: Scene) -> None:
    out = scene.out / "half.zip"
    order = Order(argv=["package", scene.clip, "--out", str(out)])
    scene.back(order)
    fault = Fault(kind="write", pattern="out/half.zip.making", nth=2, way=HALF)
    ran = scene.run(*order.argv, fault=fault)
    assert (ran.fired, ran.status) == (1, 0), ran
    assert scene.run("verify", str(out)).status == 0


@pytest.mark.parametrize("nth", [5, 6, 7, 8])
def test_a_page_of_the_accounts_that_reads_wrong_is_a_fault_of_the_file_and_not_ours(
    scene: Scene, nth: int
) -> None:
    words = ["user", "add", "eve", "--role", "officer", "--password-stdin"]
    order = Order(argv=words, said="correct horse 3")
    scene.back(order)
    fault = Fault(kind="read", pattern="archive/accounts.db", nth=nth)
    ran = scene.run(*order.argv, fault=fault, said=order.said)
    assert ran.status in {0, 5}, ran
