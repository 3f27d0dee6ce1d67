"""Whole dockings on real USB by the program as people call it: receipt, audit, resume, register, erase."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from muniment.__main__ import run
from tests.usb import shelf
from tests.usb.guest.conftest import Cable
from tests.usb.lab.gadget import Gadget

MIB = shelf.MEGABYTE


class Station:
    """An archive, and the program that fills it, in this process: a start costs seconds in emulation."""

    def __init__(self, root: Path, printed: pytest.CaptureFixture[str]) -> None:
        self.root, self._printed = root, printed
        self.ask("init", "--origin", "station.example/usb", "--unit", "一中队")

    def ask(self, *words: str, status: int = 0) -> dict[str, Any]:
        """Run a command; its document."""
        self._printed.readouterr()
        ended = run(["--root", str(self.root), "--json", *words])
        answer, said = self._printed.readouterr()
        assert ended == status, f"{words}: {ended}\n{answer}{said}"
        document: dict[str, Any] = json.loads(answer)
        return document

    def incoming(self) -> int:
        """Bytes of transfers in progress."""
        found = 0
        for folder, _, names in os.walk(self.root / "store" / "incoming"):
            for name in names:
                with suppress(FileNotFoundError):
                    found += (Path(folder) / name).stat().st_size
        return found

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """What the ledger has of a type."""
        found = self.ask("ledger", "entries")["entries"]
        return [entry["entry"] for entry in found if entry["entry"]["type"] == kind]


@pytest.fixture
def station(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Station:
    return Station(tmp_path / "archive", capsys)


def digests(files: dict[str, int]) -> dict[str, str]:
    return {
        name: hashlib.sha256(shelf.pattern(name, size)).hexdigest() for name, size in files.items()
    }


def test_a_recorder_is_docked_with_receipt_and_audit(station: Station) -> None:
    receipt = station.ask("dock", "usb:CAM0", "--no-derive")
    assert receipt["recorder"] == "CAM0"
    assert {clip["path"]: clip["sha256"] for clip in receipt["clips"]} == digests(shelf.SMALL)
    assert {clip["status"] for clip in receipt["clips"]} == {"ingested"}
    again = station.ask("dock", "usb:CAM0", "--no-derive")
    assert {clip["status"] for clip in again["clips"]} == {"known"}
    report = station.ask("audit")
    assert report["ok"]
    assert report["objects_checked"] >= len(shelf.SMALL)


def test_a_recorder_that_is_not_there_is_no_docking(station: Station) -> None:
    answer = station.ask("dock", "usb:NOBODY", status=2)
    assert answer["error"]["code"] == "D023"


def test_pulled_in_mid_docking_it_goes_on_at_another_port(
    station: Station, cable: Callable[[str], Cable], folder: Path
) -> None:
    def pull() -> None:
        while station.incoming() < shelf.MIDDLE * 7 // 10:
            time.sleep(0.01)
        cable("cam1").unplug()

    puller = threading.Thread(target=pull, daemon=True)
    puller.start()
    answer = station.ask("dock", "usb:CAM1", "--no-derive", status=3)
    puller.join()
    [clip] = answer["clips"]
    assert (clip["status"], clip["code"]) == ("partial", "D010")
    cable("cam1").plug()
    receipt = station.ask("dock", "usb:CAM1", "--no-derive")
    [clip] = receipt["clips"]
    with (folder / "cam1" / "clip.mp4").open("rb") as file:
        assert clip["sha256"] == hashlib.file_digest(file, "sha256").hexdigest()
    [entry] = station.entries("clip.ingested")
    assert entry["data"]["resumed"] >= shelf.MIDDLE // 2
    [before] = entry["data"]["resumed_from"]
    assert before == {"docking": answer["docking"], "bytes": entry["data"]["resumed"]}
    assert station.ask("audit")["ok"]


def test_a_docked_recorder_is_erased_and_only_its_clips(
    station: Station, gadget: Callable[..., Gadget], tmp_path: Path
) -> None:
    card = tmp_path / "card"
    shelf.small_files(card)
    gadget("UMTPRW", card, writable=True)
    receipt = station.ask("dock", "usb:UMTPRW", "--erase", "--no-derive")
    assert {clip["path"]: clip["sha256"] for clip in receipt["clips"]} == digests(shelf.SMALL)
    assert receipt["released"] == {"erased": len(shelf.SMALL), "kept": []}
    assert [path for path in card.rglob("*") if path.is_file()] == []
    assert (card / "DCIM" / "100MEDIA").is_dir()
    erased = station.entries("recorder.erased")
    assert {entry["data"]["erased"]["object"] for entry in erased} == set(
        digests(shelf.SMALL).values()
    )
    assert station.ask("audit")["ok"]


def test_a_recorder_is_known_by_its_usb_serial(station: Station) -> None:
    station.ask("officer", "add", "012345", "--name", "张三")
    station.ask("recorder", "register", "CAM0", "--officer", "012345")
    receipt = station.ask("dock", "usb:CAM0", "--no-derive")
    assert receipt["recorder"] == "CAM0"
    [started] = station.entries("docking.started")
    assert started["data"]["source"] == "mtp"
    found = station.ask("find", "--officer", "012345")
    assert found["total"] >= 1
