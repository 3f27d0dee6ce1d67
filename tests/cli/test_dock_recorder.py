"""`dock` of what is more than a folder: its clock, and what is erased from it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.opening import create_archive, open_archive
from devices.errors import RecorderSilentError
from devices.folder import FolderRecorder
from devices.hotplug import Plugged
from devices.recorder import ClockReading, Recorder, RecorderFacts
from muniment.answer import Answer, Asked
from muniment.commands import dock as command
from muniment.commands.clips import show_clip
from muniment.commands.dock import DockingOrder
from muniment.commands.dockings import show_docking
from muniment.edge import EndedError
from tests.cli.command import NOBODY, Command
from tests.fakes.releasing import ForgetfulRecorder, gone


class ClockedRecorder(FolderRecorder):
    """A recorder whose clock is 90 s slow until it is set."""

    facts = RecorderFacts(transport="mtp", serial="SN-1")

    def __init__(self, folder: Path, *, fails: bool = False) -> None:
        super().__init__(folder)
        self.was_set = 0
        self._fails = fails

    def read_clock(self) -> ClockReading | None:  # type: ignore[override]
        host = datetime(2026, 1, 17, 1, 0, tzinfo=UTC)
        slow = timedelta(seconds=0 if self.was_set else 90)
        return ClockReading(
            raw="20260117T085830",
            device=host - slow,
            host=host,
            offset_us=slow // timedelta(microseconds=1),
            uncertainty_us=500_000,
        )

    def set_clock(self) -> bool:
        if self._fails:
            raise RecorderSilentError(source=self.name, doing="setting its clock")
        self.was_set += 1
        return True


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "archive"
    create_archive(path, origin="station.example/1")
    return path


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(b"evidence")
    return folder


Dock = Callable[..., Answer]


@pytest.fixture
def dock(root: Path, monkeypatch: pytest.MonkeyPatch) -> Dock:
    def run(source: Recorder, *, erase: bool = False, as_json: bool = True) -> Answer:
        monkeypatch.setattr(command, "open_source", lambda *_, **__: source)
        asked = Asked(root=root, json=as_json, language="en")
        return command.dock(asked, DockingOrder(source="usb:SN-1", derive=False, erase=erase))

    return run


class SecretiveRecorder(FolderRecorder):
    """Says of itself what it is told to say."""

    def __init__(self, folder: Path, **said: Any) -> None:
        super().__init__(folder)
        self.facts = RecorderFacts(**{"transport": "mtp", **said})


class StuckRecorder(FolderRecorder):
    """Cannot be let go of."""

    def close(self) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_what_was_taken_is_told_although_the_end_of_the_command_fails(
    dock: Dock, card: Path
) -> None:
    with pytest.raises(EndedError) as ended:
        dock(StuckRecorder(card), erase=True)
    (clip,) = ended.value.answer.document["clips"]
    assert (clip["path"], clip["status"]) == ("a.mp4", "ingested")
    assert isinstance(ended.value.cause, OSError)


def same_but_for_its_bytes(folder: Path, content: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "a.mp4").write_bytes(content)
    os.utime(folder / "a.mp4", (1_000_000_000, 1_000_000_000))
    return folder


def test_of_recorders_that_say_no_serial_none_passes_for_another(
    dock: Dock, tmp_path: Path
) -> None:
    for content in (b"one", b"two"):
        folder = same_but_for_its_bytes(tmp_path / "DSJ", content)
        (clip,) = dock(SecretiveRecorder(folder)).document["clips"]
        assert (clip["status"], clip["sha256"]) == ("ingested", hashlib.sha256(content).hexdigest())
    assert dock(SecretiveRecorder(folder)).document["clips"][0]["status"] == "known"


def test_of_two_with_one_serial_that_are_plugged_in_none_passes_for_the_other(
    dock: Dock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = ["1-1", "1-2"]
    here = {
        port: Plugged(
            port=port,
            kind="mtp",
            serial="SN-1",
            vendor=1,
            product=1,
            bus=1,
            address=at,
            make=None,
            model=None,
        )
        for at, port in enumerate(ports)
    }
    monkeypatch.setattr(
        command, "twins", lambda _, mine: [there for port, there in here.items() if port != mine]
    )
    docked = [
        dock(
            SecretiveRecorder(
                same_but_for_its_bytes(tmp_path / port, port.encode()), serial="SN-1", port=port
            )
        ).document
        for port in ports
    ]
    assert [d["recorder"] for d in docked] == ["SN-1#1-1", "SN-1#1-2"]
    assert [d["clips"][0]["status"] for d in docked] == ["ingested", "ingested"]


def kinds(root: Path) -> list[str]:
    with open_archive(root, write=False) as archive:
        return [e.type for e in archive.reader.entries()]


def test_a_receipt_tells_the_clock_which_is_set_after_it(
    dock: Dock, root: Path, card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = ClockedRecorder(card)
    answer = dock(source, as_json=False)
    assert answer.status == 0
    assert answer.document["recorder"] == "SN-1"
    assert answer.document["clock"]["offset_ms"] == 90_000
    assert "clock was 90.000 s slow when it was docked (± 0.500 s)" in capsys.readouterr().out
    assert source.was_set == 1
    seen = kinds(root)
    assert seen.index("docking.ended") < seen.index("recorder.clock_set")
    asked = Asked(root=root, json=True, language="en")
    again = show_docking(asked, answer.document["docking"])
    assert again.document["clock"] == answer.document["clock"]
    (clip,) = answer.document["clips"]
    shown = show_clip(asked, clip["clip"])
    assert shown.document["offset_ms"] == 90_000
    assert "clock was 90.000 s slow when it was docked (± 0.500 s)" in (shown.text or "")
    assert "from the file's modification time" in (shown.text or "")


def test_a_clock_that_cannot_be_set_is_a_warning(
    dock: Dock, card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dock(ClockedRecorder(card, fails=True)).status == 0
    assert "could not be set" in capsys.readouterr().err


def test_a_folder_has_no_clock_on_its_receipt(dock: Dock, card: Path) -> None:
    assert dock(FolderRecorder(card)).document["clock"] is None


def test_erasing_tells_what_went_and_what_is_not_known(
    dock: Dock, card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("b.mp4", "c.mp4"):
        (card / name).write_bytes(name.encode())
    answer = dock(ForgetfulRecorder(card, 1, gone(), took_effect=False), erase=True)
    assert answer.status == 3
    released = answer.document["released"]
    assert released["erased"] == 1
    assert [clip["code"] for clip in released["kept"]] == ["D010", "not_known"]
    assert answer.document["error"]["code"] == "D010"
    assert "Erasing stopped early" in capsys.readouterr().err


# The command in a process of its own


def test_erase_takes_from_the_recorder_what_is_verified(archive: Command, recorder: Path) -> None:
    before = {p.name: hashlib.sha256(p.read_bytes()) for p in recorder.rglob("*") if p.is_file()}
    document = archive.json("dock", recorder, "--erase", "--no-derive")
    assert document["released"] == {"erased": 3, "kept": []}
    assert [p for p in recorder.rglob("*") if p.is_file()] == []
    assert {c["sha256"] for c in document["clips"]} == {h.hexdigest() for h in before.values()}
    assert archive.json("audit")["ok"]
    entries = [e["entry"] for e in archive.json("ledger", "entries")["entries"]]
    assert _count(entries, "recorder.erased") == 3


def _count(entries: list[Any], kind: str) -> int:
    texts = [entry if isinstance(entry, str) else json.dumps(entry) for entry in entries]
    return sum(f'"{kind}"' in text for text in texts)


def test_without_a_word_nothing_is_erased_and_the_policy_may_be_that_word(
    archive: Command, recorder: Path
) -> None:
    assert "released" not in archive.json("dock", recorder, "--no-derive")
    assert len([p for p in recorder.rglob("*") if p.is_file()]) == 3
    toml = archive.root / "muniment.toml"
    toml.write_text(toml.read_text().replace('policy = "never"', 'policy = "after-verify"'))
    assert archive.json("dock", recorder, "--no-derive")["released"]["erased"] == 3


def test_what_is_no_file_is_named_as_kept(archive: Command, recorder: Path) -> None:
    (recorder / "link").symlink_to("DCIM")
    document = archive.json("dock", recorder, "--erase", "--no-derive", status=3)
    assert [(c["path"], c["code"]) for c in document["released"]["kept"]] == [("link", "link")]
    assert (recorder / "link").is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_a_folder_that_may_not_be_written_keeps_its_files_and_says_so(
    archive: Command, recorder: Path
) -> None:
    for path in [archive.root, *archive.root.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    document = archive.as_nobody().json("dock", recorder, "--erase", "--no-derive", status=3)
    kept = document["released"]["kept"]
    assert {c["code"] for c in kept} == {"D022"}
    assert "Permission denied" in kept[0]["reason"]
    assert len([p for p in recorder.rglob("*") if p.is_file()]) == 3


@pytest.mark.parametrize("source", ["usb:nobody-has-this-serial", "usb:"])
def test_a_recorder_that_is_not_plugged_in_is_said(archive: Command, source: str) -> None:
    document = archive.json("dock", source, status=2)
    assert (document["clips"], document["error"]["code"]) == ([], "D023")
