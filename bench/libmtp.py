"""A recorder on a real USB stack beside libmtp: the figures of the test that has them, out of its virtual machine.

The machine and its recorders are tests/usb; one emulated processor, so ratios only. This module starts that test and
reads what it measured.
"""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Final

from bench.harness import PYTHON, ROOT, BenchError, NotRunError, Options, Report

_TEST: Final = "test_one_recorder_beside_libmtp"
_OURS: Final = "muniment, each round"
_THEIRS: Final = "mtp-getfile, each round"


def bench_usb(options: Options) -> Report:
    """One clip of 200 MB."""
    if options.quick:
        raise NotRunError("a virtual machine is not started for tiny data")
    written = options.folder / "usb.xml"
    command = [PYTHON, "-m", "pytest", "-q", "tests/usb", "-k", _TEST, f"--junit-xml={written}"]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if not written.exists():
        raise BenchError(f"pytest wrote nothing: {done.stdout[-300:]}")
    figures = read(written)
    report = Report()
    theirs = ("libmtp's mtp-getfile", figures[_THEIRS])
    report.compare("usb-one-recorder", figures[_OURS], "MB/s", against=theirs, best=max, least=1)
    return report


def read(written: Path) -> dict[str, list[float]]:
    """Megabytes a second of the one test, round by round.

    Raises:
        NotRunError: it was skipped.
        BenchError: it failed, or said nothing.
    """
    # Our own report of our own test; no foreign bytes.
    for case in ET.parse(written).iter("testcase"):  # noqa: S314 - our own report
        skipped = case.find("skipped")
        if skipped is not None:
            raise NotRunError(str(skipped.get("message")))
        if case.find("failure") is not None or case.find("error") is not None:
            raise BenchError(f"{_TEST} failed")
        figures = {
            str(each.get("name")): [float(word) for word in str(each.get("value")).split()]
            for each in case.iter("property")
            if each.get("name") in {_OURS, _THEIRS}
        }
        if figures.keys() >= {_OURS, _THEIRS}:
            return figures
    raise BenchError(f"{_TEST} said nothing")
