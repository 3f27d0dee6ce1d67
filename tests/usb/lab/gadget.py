"""In the guest: recorders that a third party wrote (umtprd) on a virtual bus (dummy_hcd, FunctionFS).

Holds: a gadget is whole when `serve` returns and nothing of it is left after `close`. umtprd 1.3.10 does not answer
any more after a pull in mid-transfer; `restart` is for that.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_CONFIGFS = Path("/sys/kernel/config")
_GADGETS = _CONFIGFS / "usb_gadget"
_RUN = Path("/run/umtprd")
_PORTS = 8
_PATIENCE = 10.0  # seconds
_ENGLISH = "strings/0x409"


class GadgetError(Exception):
    """umtprd or the kernel did not do its part."""


def load() -> None:
    """The bus with its ports; may be called again."""
    subprocess.run(["modprobe", "dummy_hcd", f"num={_PORTS}"], check=True)
    subprocess.run(["modprobe", "-a", "libcomposite", "usb_f_fs"], check=True)
    if not _GADGETS.exists():
        subprocess.run(["mount", "-t", "configfs", "none", _CONFIGFS], check=True)


class Gadget:
    """One recorder over a folder of the guest, plugged in until `unplug` or `close`."""

    def __init__(self, number: int, *, serial: str, folder: Path, writable: bool) -> None:
        """Serve a folder.

        Raises:
            GadgetError: umtprd does not come up.
        """
        self.serial, self._number = serial, number
        self._tree = _GADGETS / f"g{number}"
        self._pipes = _RUN / f"ffs{number}"
        self._configuration = _RUN / f"{number}.conf"
        self._pipes.mkdir(parents=True, exist_ok=True)
        mode = "rw" if writable else "ro"
        self._configuration.write_text(_umtprd(serial, folder, mode, self._pipes))
        self._build()
        subprocess.run(["mount", "-t", "functionfs", f"mtp{number}", self._pipes], check=True)
        self._responder = self._start()
        self.plug()

    def plug(self) -> None:
        """Push the cable in."""
        (self._tree / "UDC").write_text(f"dummy_udc.{self._number}\n")

    def unplug(self) -> None:
        """Pull the cable out."""
        (self._tree / "UDC").write_text("\n")

    def restart(self) -> None:
        """Start the responder anew, as a recorder that is switched off and on, and push the cable in."""
        self._stop()
        self._responder = self._start()
        self.plug()

    def close(self) -> None:
        """Unplug and take everything down."""
        if (self._tree / "UDC").read_text().strip():
            self.unplug()
        self._stop()
        subprocess.run(["umount", self._pipes], check=True)
        (self._tree / "configs/c.1" / f"ffs.mtp{self._number}").unlink()
        for folder in (
            *(f"configs/c.1/{_ENGLISH}", "configs/c.1", f"functions/ffs.mtp{self._number}"),
            *(_ENGLISH, "."),
        ):
            (self._tree / folder).resolve().rmdir()

    def _build(self) -> None:
        """The gadget's descriptors (kernel: Documentation/usb/gadget_configfs.rst)."""
        function = self._tree / "functions" / f"ffs.mtp{self._number}"
        configuration = self._tree / "configs/c.1"
        for folder in (self._tree, function, self._tree / _ENGLISH, configuration):
            folder.mkdir()
        (configuration / _ENGLISH).mkdir()
        for name, value in {
            **{"idVendor": "0x1d6b", "idProduct": "0x0100", "bcdUSB": "0x0200"},
            f"{_ENGLISH}/serialnumber": self.serial,
            f"{_ENGLISH}/manufacturer": "Lab",
            f"{_ENGLISH}/product": "Body-worn recorder",
            f"configs/c.1/{_ENGLISH}/configuration": "MTP",
        }.items():
            (self._tree / name).write_text(value)
        (configuration / function.name).symlink_to(function)

    def _start(self) -> subprocess.Popen[bytes]:
        log = _RUN / f"{self._number}.log"
        with log.open("ab") as output:
            responder = subprocess.Popen(
                ["umtprd", "-conf", self._configuration],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        if not _becomes((self._pipes / "ep3").exists):
            raise GadgetError(log.read_text(errors="replace"))
        return responder

    def _stop(self) -> None:
        self._responder.kill()
        self._responder.wait()
        if not _becomes(lambda: not (self._pipes / "ep3").exists()):
            raise GadgetError("umtprd's pipes do not go away")


def _becomes(true: Callable[[], bool]) -> bool:
    ends = time.monotonic() + _PATIENCE
    while not true():
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def _umtprd(serial: str, folder: Path, mode: str, pipes: Path) -> str:
    """umtprd's settings."""
    return f"""
loop_on_disconnect 1
storage "{folder}" "internal" "{mode}"
manufacturer "Lab"
product "Body-worn recorder"
serial "{serial}"
firmware_version "1.0"
interface "MTP"
usb_vendor_id 0x1D6B
usb_product_id 0x0100
usb_class 0x6
usb_subclass 0x1
usb_protocol 0x1
usb_dev_version 0x3008
usb_functionfs_mode 0x1
usb_dev_path "{pipes}/ep0"
usb_epin_path "{pipes}/ep1"
usb_epout_path "{pipes}/ep2"
usb_epint_path "{pipes}/ep3"
usb_max_packet_size 0x200
"""
