"""What is read and cannot be: it is said, the file is named, and nothing passes for good that was not read."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fault.errors.machine import FAIL, FOREVER, HALF, Fault, Ran
from tests.fault.errors.scene import Order, Scene, chosen
from tests.fault.lab.runs import Lab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]

LOOKED_AT = ("archive/store/sha256/", "archive/ledger/entries/", "archive/ledger/tile/", "out/")
SMALL = ("archive/ledger/checkpoint", "archive/keys/highest-signed", "archive/keys/ledger.vkey")
NAMED = (*LOOKED_AT[:-1], *SMALL)  # a package has its name on the command line
OWN = "archive/authority/ca.pem"


def reading(faults: list[Fault]) -> list[Fault]:
    """A place of the medium that cannot be read: for ever, and once; and one that gives its bytes in halves."""
    asked = [f for f in faults if f.kind in {"read", "open", "list", "stat"}]
    failing = [f for f in asked if f.way == FAIL and f.error == errno.EIO]
    lasting = [replace(f, nth=1, times=FOREVER) for f in failing if f.kind in {"read", "open"}]
    half = [f for f in asked if f.way == HALF and f.pattern.startswith("archive")]
    return failing + list(dict.fromkeys(lasting)) + half


def judged(fault: Fault, ran: Ran) -> str:
    """What was seen; raises AssertionError for something that was passed over in silence."""
    told = f"{fault}: {ran.path}: exit {ran.status}: {ran.document} {ran.said}"
    assert ran.status in {0, 1, 5}, told
    assert "Traceback" not in ran.said, told
    if fault.way == HALF:
        assert ran.status == 0, told
        return "read on, all well"
    if fault.kind in {"read", "open"} and ran.path.startswith((*LOOKED_AT, *SMALL, OWN)):
        lasting = fault.times == FOREVER
        assert ran.status or (not lasting and not ran.path.startswith(LOOKED_AT)), told
    if ran.status == 0:
        assert ran.document.get("ok", True), told
        return "not needed for the answer, or read again"
    gone = ran.document.get("error", {}).get("code") == "A081"  # the whole store, not a file of it
    if fault.kind in {"read", "open"} and ran.path.startswith(NAMED):
        if gone and fault.times == FOREVER:
            return "said, exit 5: the store is not there"
        assert Path(ran.path).name in f"{ran.document}{ran.said}", f"not named: {told}"
    return f"said, exit {ran.status}"


@pytest.mark.parametrize(
    ("name", "short", "long"),
    [("audit", 4, 300), ("verify", 1, 20), ("find", 1, 90), ("ledger", 1, 90), ("clip", 1, 90)],
)
def test_what_cannot_be_read_is_said(
    lab: Lab, scene: Scene, name: str, short: int, long: int
) -> None:
    out = str(scene.out / "p.zip")
    words = {
        "verify": ["verify", out],
        "ledger": ["ledger", "proof", scene.clip],
        "clip": ["clip", "show", scene.clip],
    }.get(name, [name])
    order = Order(argv=words, ready=[["package", scene.clip, "--out", out], ["audit"]])
    how = "EIO at every open, read, listing and stat, once and for ever; reads by half"
    with lab.row(area="errors", fault=f"{name}: a file cannot be read", how=how) as row:
        problems = []
        faults = reading(scene.faults(order, below=""))
        for fault in chosen(lab, faults, short=short, long=long):
            ran = scene.run(*words, fault=fault)
            try:
                if ran.fired:
                    row.saw(judged(fault, ran))
            except AssertionError as e:
                problems.append(str(e))
        assert not problems, "\n\n".join(problems)
