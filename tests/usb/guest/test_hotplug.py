"""Plugs and pulls, as the kernel tells them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.hotplug import Plugged, Watcher
from tests.fakes.images import blank, make
from tests.usb.guest.conftest import Cable
from tests.usb.lab.disks import DiskGadget

SECONDS = (
    2.0  # from the plug to the station's knowing it; emulated processors get half as many again
)


@pytest.fixture
def watch() -> Iterator[Watcher]:
    with Watcher() as watcher:
        yield watcher


def serials(here: list[Plugged]) -> dict[str | None, str]:
    return {recorder.serial: recorder.kind for recorder in here}


def until(watch: Watcher, true: Callable[[list[Plugged]], bool]) -> float:
    """Wait for something; how long it took."""
    began = time.monotonic()
    while not true(watch.wait(5)):
        assert time.monotonic() - began < 20, watch.present()
    return time.monotonic() - began


def test_what_is_plugged_in_is_told_by_kind(watch: Watcher) -> None:
    here = serials(watch.present())
    assert here["CAM0"] == "mtp"
    assert here["CARD0"] == "mass_storage"
    assert None not in here


@pytest.mark.parametrize("name", ["cam0", "card0"])
@pytest.mark.parametrize("listening", [True, False], ids=["netlink", "polling"])
def test_a_plug_and_a_pull_are_noticed(
    name: str,
    listening: bool,
    watch: Watcher,
    cable: Callable[[str], Cable],
    record_property: Callable[[str, object], None],
) -> None:
    before = next(r for r in watch.present() if r.serial == name.upper())
    if not listening:
        watch.close()
    cable(name).unplug()
    until(watch, lambda here: name.upper() not in serials(here))
    cable(name).plug()
    took = until(watch, lambda here: name.upper() in serials(here))
    record_property("seconds from plug to notice", f"{took:.2f}")
    assert took < SECONDS * 1.5
    after = next(r for r in watch.present() if r.serial == name.upper())
    assert after.kind == before.kind
    assert (after.port, after.address) != (before.port, before.address)  # QEMU takes the next port
    assert bool(after.blocks) == (name == "card0")


def test_a_recorder_that_comes_back_at_once_is_one_plug(tmp_path: Path) -> None:
    """A port is believed later here than on a station: this processor is emulated, and its "at once" is not ours."""
    gadget = DiskGadget([make(blank(tmp_path / "card"), "vfat")], serial="SHORT")
    try:
        with Watcher(settle=4.0) as watch:
            until(watch, lambda here: "SHORT" in serials(here))
            before = next(r for r in watch.present() if r.serial == "SHORT")
            gadget.unplug()
            gadget.plug()
            seen: list[list[Plugged]] = []

            def came_back(here: list[Plugged]) -> bool:
                seen.append(here)
                return _address(here) not in {None, before.address}

            until(watch, came_back)
        assert all("SHORT" in serials(here) for here in seen)
    finally:
        gadget.close()


def test_two_recorders_with_one_serial_are_told_apart(tmp_path: Path, watch: Watcher) -> None:
    twin = DiskGadget([make(blank(tmp_path / "card"), "vfat")], serial="CAM0")
    try:
        until(watch, lambda here: len([r for r in here if r.serial == "CAM0"]) == 2)
        ports = [r.port for r in watch.present() if r.serial == "CAM0"]
        assert len(set(ports)) == 2
    finally:
        twin.close()


def _address(here: list[Plugged]) -> int | None:
    return next((r.address for r in here if r.serial == "SHORT"), None)
