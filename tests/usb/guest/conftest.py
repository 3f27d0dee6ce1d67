"""What tests in the guest can use: cables, third-party recorders, hostile ones, and the host's folders.

Holds: a test leaves the bus as it found it; each result goes to the host as it comes, so a guest that hangs loses one.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devices.mtp.link import Link
from devices.mtp.recorder import MtpRecorder
from devices.mtp.timing import Timing
from devices.usb import open_link
from devices.usb_kernel import StillImageDevice, still_image_devices
from tests.usb.lab import gadget as gadgets
from tests.usb.lab.gadget import Gadget
from tests.usb.lab.vhci import VirtualRecorder

ZONE = ZoneInfo("Asia/Shanghai")
_PATIENCE = 10.0  # seconds; an emulated processor takes its time to enumerate


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell the host."""
    folder = os.environ.get("USB_LAB_FOLDER")
    if folder is None or (report.when != "call" and report.passed):
        return
    said = report.longreprtext if report.failed else ""
    if report.skipped and isinstance(report.longrepr, tuple):
        said = report.longrepr[2].removeprefix("Skipped: ")
    line = {
        "test": report.nodeid,
        "outcome": report.outcome,
        "said": said,
        "figures": report.user_properties,
    }
    with (Path(folder) / "results" / "tests.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


class Cable:
    """The cable of one of QEMU's recorders."""

    def __init__(self, name: str) -> None:
        self.name, self.serial = name, name.upper()
        self.plugged = True

    def unplug(self) -> None:
        """Pull it out; it is out when this returns."""
        _ask("unplug", self.name)
        self.plugged = False

    def plug(self) -> None:
        """Push it in; the kernel knows the recorder when this returns."""
        _ask("plug", self.name)
        self.plugged = True


def plugged(serial: str, *, number: int = 1) -> StillImageDevice:
    """A recorder, as soon as the kernel knows it (and as many as `number` with this serial)."""
    ends = time.monotonic() + _PATIENCE
    while True:
        devices = [device for device in still_image_devices() if device.serial == serial]
        if len(devices) >= number:
            return devices[-1]
        if time.monotonic() > ends:
            raise AssertionError(f"{serial} is not on the bus")
        time.sleep(0.02)


@pytest.fixture(scope="session")
def folder() -> Path:
    """What the host made: FOLDER/NAME is what the recorder NAME serves (tests/usb/shelf.py)."""
    return Path(os.environ["USB_LAB_FOLDER"])


@pytest.fixture
def cable() -> Iterator[Callable[[str], Cable]]:
    """`cable("cam0")`: pull and push one of QEMU's recorders. At the end all are in."""
    made: dict[str, Cable] = {}

    def give(name: str) -> Cable:
        return made.setdefault(name, Cable(name))

    yield give
    for each in made.values():
        if not each.plugged:
            each.plug()


@pytest.fixture
def gadget() -> Iterator[Callable[..., Gadget]]:
    """`gadget(serial, folder, writable=False)`: umtprd serves a folder of the guest. At the end all are gone."""
    made: list[Gadget] = []
    gadgets.load()

    def give(serial: str, folder: Path, *, writable: bool = False) -> Gadget:
        made.append(Gadget(len(made), serial=serial, folder=folder, writable=writable))
        plugged(serial, number=sum(each.serial == serial for each in made))
        return made[-1]

    yield give
    for each in made:
        each.close()


@pytest.fixture
def opened() -> Iterator[Callable[..., MtpRecorder]]:
    """`opened("CAM0")`: a recorder with its session open, by its serial. At the end all are closed."""
    made: list[MtpRecorder] = []

    def give(serial: str, timing: Timing | None = None) -> MtpRecorder:
        device = plugged(serial)
        link = open_link(bus=device.bus, address=device.address)
        recorder = MtpRecorder(link, zone=ZONE, serial=serial, port=device.port, timing=timing)
        made.append(recorder)
        return recorder

    yield give
    for each in made:
        each.close()


@pytest.fixture
def hostile() -> Iterator[Callable[[Link], VirtualRecorder]]:
    """`hostile(link)`: a fake recorder becomes a real USB device with a serial of its own. At the end all are out."""
    made: list[VirtualRecorder] = []

    def give(link: Link) -> VirtualRecorder:
        made.append(VirtualRecorder(link, serial=f"HOSTILE{len(made)}"))
        plugged(made[-1].serial)
        return made[-1]

    yield give
    for each in made:
        each.unplug()


def _ask(*request: str) -> None:
    subprocess.run(["lab-ctl", *request], check=True, stdout=subprocess.DEVNULL)
