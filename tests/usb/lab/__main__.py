"""Run a command in the guest: python -m tests.usb.lab --mtp cam0=FOLDER --disk card0=IMAGE -- COMMAND...

A recorder's serial is its name in capitals; one with a leading "-" is defined but not plugged in. In the
guest `lab-ctl plug NAME` and `lab-ctl unplug NAME` push and pull its cable.
Exit status: the command's; 77: cannot run here.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.usb.lab.kernel import CannotRunError, alone, cache, prepare
from tests.usb.lab.machine import Machine, MtpRecorder, Recorder, StorageRecorder


def _recorder(kind: str, text: str) -> Recorder:
    name, _, path = text.partition("=")
    plugged, name = not name.startswith("-"), name.lstrip("-")
    at, serial = Path(path).resolve(), name.upper()
    if kind == "mtp":
        return MtpRecorder(name=name, folder=at, serial=serial, readonly=False, plugged=plugged)
    return StorageRecorder(name=name, image=at, serial=serial, plugged=plugged)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.usb.lab", description=__doc__)
    parser.add_argument("--mtp", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--disk", action="append", default=[], metavar="NAME=IMAGE")
    parser.add_argument("--share", action="append", default=[], type=Path, metavar="FOLDER")
    parser.add_argument("--timeout", type=float, default=600)
    parser.add_argument("command", nargs="+")
    chosen = parser.parse_args()
    recorders = [_recorder("mtp", text) for text in chosen.mtp]
    recorders += [_recorder("disk", text) for text in chosen.disk]
    shares = [share.resolve() for share in chosen.share]
    try:
        machine = Machine(kernel=prepare(), recorders=recorders, shares=shares)
        with alone(cache() / "machine.lock"):
            return machine.run(chosen.command, output=sys.stdout.buffer, timeout=chosen.timeout)
    except CannotRunError as e:
        print(f"cannot run here: {e}", file=sys.stderr)
        return 77


if __name__ == "__main__":
    sys.exit(main())
