"""A station's ports on real USB: four recorders at once, over MTP and as disks, one pulled and plugged in again."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from archive.opening import open_archive
from devices.hotplug import Plugged, Watcher
from muniment.ports.usb import real_usb
from muniment.ports.watching import Ports, shared_by
from tests.fakes.images import blank, make
from tests.fakes.plugs import Cable as FakeCable
from tests.station.bench import Bench, make_root, until
from tests.usb import shelf
from tests.usb.guest.conftest import Cable
from tests.usb.lab.disks import DiskGadget, fill
from tests.usb.lab.gadget import Gadget

WANTED = {"CAM0", "UMTPST", "STICK", "LARGE"}
OPTIONS = "loop,utf8=1,tz=UTC"
LARGE = 50 * shelf.MEGABYTE
CARD = {name: shelf.pattern(name, size) for name, size in shelf.SMALL.items()}


@dataclass(kw_only=True)
class Some:
    """The real watcher's word on some recorders: the others of this bench are not for the station."""

    inner: Watcher = field(default_factory=Watcher)

    def present(self) -> list[Plugged]:
        """What of them is plugged in."""
        return [p for p in self.inner.present() if p.serial in WANTED]

    def wait(self, timeout: float) -> list[Plugged]:
        """The same after a change."""
        return [p for p in self.inner.wait(timeout) if p.serial in WANTED]

    def close(self) -> None:
        """Stop."""
        self.inner.close()


def port_of(bench: Bench, serial: str) -> str | None:
    return next((p.port for p in bench.view().ports if p.recorder == serial), None)


def reaches(bench: Bench, serial: str, state: str) -> str:
    """Wait for a recorder's state; the port where it is."""

    def look() -> str | None:
        found = [p.port for p in bench.view().ports if (p.recorder, p.state) == (serial, state)]
        return found[0] if found else None

    return until(look, 120, lambda: f"{serial}: {bench.view().ports}")


def test_four_recorders_dock_by_themselves_and_one_is_pulled(
    tmp_path: Path,
    cable: Callable[[str], Cable],
    gadget: Callable[..., Gadget],
    record_property: Callable[[str, object], None],
) -> None:
    root = make_root(tmp_path / "archive")
    image = make(blank(tmp_path / "card"), "vfat")
    subprocess.run(["modprobe", "loop"], check=True)
    fill(image, "vfat", CARD, options=OPTIONS)
    large_image = make(blank(tmp_path / "large"), "vfat")
    fill(large_image, "vfat", {"long.mp4": shelf.pattern("long", LARGE)}, options=OPTIONS)
    shelf.small_files(tmp_path / "umtp")
    cable("cam0").unplug()
    usb = replace(real_usb(), watch=Some)
    with (
        closing(DiskGadget([image], serial="STICK")),
        closing(DiskGadget([large_image], serial="LARGE", number=1)) as large,
        open_archive(root, write=True) as archive,
    ):
        gadget("UMTPST", tmp_path / "umtp")
        shared = shared_by(archive, usb)
        with Ports(shared, archive) as ports:
            nothing = FakeCable(tmp_path / "nothing")
            bench = Bench(archive=archive, shared=shared, ports=ports, cable=nothing)
            pulled = reaches(bench, "LARGE", "copying")
            bench.moves(pulled, 10_000_000)
            large.unplug()
            cable("cam0").plug()
            began = time.monotonic()  # the kernel knows it now
            until(lambda: port_of(bench, "CAM0"), 10)
            took = time.monotonic() - began
            record_property("seconds from plug to board, others copying", f"{took:.2f}")
            # 2 s are for a real processor (test_hotplug.py); here transfers share an emulated one.
            assert took < 6
            reaches(bench, "LARGE", "gone")
            for serial in ("CAM0", "UMTPST", "STICK"):
                reaches(bench, serial, "done")
            large.plug()
            reaches(bench, "LARGE", "done")
            whole = [a.recorder for a in bench.view().arrivals if a.whole]
            assert sorted(whole) == sorted(WANTED)
            ingested = [e for e in archive.reader.entries() if e.type == "clip.ingested"]
            assert len(ingested) == 1 + 3 * len(shelf.SMALL)
            assert any((e.data["resumed"] or 0) > 5_000_000 for e in ingested)
            assert bench.is_whole()
