"""`recorder assign` and `worklist`, as a person at the station types them."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from threading import Timer

import pytest

from archive.ledger.lock import SOON, FileLock
from tests.cli.command import Command

CARD = "DCAM_A1_012345_20260117_090000.mp4"


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / CARD).write_bytes(b"no film at all")
    return folder


def quarantining(archive: Command) -> None:
    settings = archive.root / "muniment.toml"
    settings.write_text(
        settings.read_text().replace('recorder = "accept"', 'recorder = "quarantine"')
    )


def test_a_recorder_goes_from_hand_to_hand_and_shows_it(archive: Command) -> None:
    archive("recorder", "register", "SN-1", "--officer", "1")
    archive("recorder", "assign", "SN-1", "--nobody")
    assert archive.json("recorder", "show", "SN-1")["officer"] is None
    given = archive.json(
        *("recorder", "assign", "SN-1", "--officer", "2", "--unit", "二中队"),
        *("--from", "2026-02-01", "--reason", "借调"),
    )
    assert given["assignments"][0]["from"] == "2026-01-31T16:00:00Z"
    # What was said last is not what holds now: it began before.
    assert given["officer"] is None
    shown = archive.json("recorder", "show", "SN-1")
    first = shown["assignments"][0]
    assert (first["officer"], first["unit"], first["reason"]) == ("2", "二中队", "借调")
    text = archive("recorder", "show", "SN-1", "--lang", "zh").text
    assert "使用记录" in text
    assert "2026-02-01 00:00:00" in text
    (row,) = archive.json("recorder", "list")["recorders"]
    assert row["recorder"] == "SN-1"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["SN-1"], 2),
        (["SN-1", "--nobody", "--officer", "1"], 2),
        (["SN-1", "--officer", " "], 2),
        (["SN-1", "--officer", "1", "--from", "yesterday"], 2),
        (["SN-9", "--officer", "1"], 4),
    ],
)
def test_an_assignment_that_cannot_be_is_refused(
    archive: Command, words: list[str], status: int
) -> None:
    archive("recorder", "register", "SN-1")
    before = len(archive.json("ledger", "entries")["entries"])
    assert "error" in archive.json("recorder", "assign", *words, status=status)
    assert len(archive.json("ledger", "entries")["entries"]) == before


def test_clips_of_a_docking_belong_to_who_had_the_recorder_then(
    archive: Command, card: Path
) -> None:
    archive("recorder", "register", "SN-1", "--officer", "1")
    archive("recorder", "assign", "SN-1", "--officer", "2", "--from", "2026-01-17")
    archive("recorder", "assign", "SN-1", "--officer", "3", "--from", "2026-01-18")
    docking = archive.json("dock", card, "--recorder", "SN-1", "--no-derive")["docking"]
    (clip,) = archive.json("find")["clips"]
    assert clip["officer"] == "2"
    waiting = archive.json("worklist")
    (dispute,) = waiting["disputes"]
    assert (dispute["assigned"], dispute["carried"], dispute["by"]) == ("2", "012345", "name")
    assert waiting == archive.json("worklist", "list")
    text = archive("worklist", "--lang", "zh").text
    assert docking in text
    assert "文件名" in text
    done = archive.json("worklist", "settle", docking, "--officer", "012345", "--reason", "戴错了")
    assert done["clips"] == [clip["clip"]]
    assert archive.json("find", "--officer", "012345")["total"] == 1
    assert archive.json("worklist")["disputes"] == []
    again = archive.json("worklist", "settle", docking, "--officer", "2", "--reason", "r", status=4)
    assert again["error"]["code"] == "I043"


def test_clips_in_quarantine_wait_for_a_named_person(archive: Command, card: Path) -> None:
    quarantining(archive)
    archive("case", "open", "2026-0117")
    receipt = archive.json(
        *("dock", card, "--recorder", "SN-1", "--case", "2026-0117", "--no-derive"), status=3
    )
    docking = receipt["docking"]
    assert receipt["clips"][0]["status"] == "quarantined"
    assert archive.json("case", "show", "2026-0117")["clips"] == []
    (waiting,) = archive.json("worklist")["quarantined"]
    assert (waiting["docking"], waiting["recorder"], waiting["clips"]) == (docking, "SN-1", 1)
    archive("worklist", "accept", docking, status=2)
    done = archive("worklist", "accept", docking, "--officer", "7", "--reason", "ours").text
    assert "Clips accepted: 1." in done
    (clip,) = archive.json("find", "--case", "2026-0117")["clips"]
    assert clip["officer"] == "7"
    assert "Nothing waits" in archive("worklist").text
    # The receipt stays what it was.
    assert archive.json("docking", "show", docking)["clips"][0]["status"] == "quarantined"
    assert archive.json("audit")["ok"]


def test_rebuilding_forgets_no_word_of_a_person(archive: Command, card: Path) -> None:
    quarantining(archive)
    docking = archive.json("dock", card, "--recorder", "SN-1", "--no-derive", status=3)["docking"]
    archive("worklist", "accept", docking, "--officer", "7", "--reason", "ours")
    before = archive("find", "--json").out
    archive("rebuild")
    assert archive("find", "--json").out == before
    assert archive.json("worklist")["quarantined"] == []


def test_who_waits_for_another_that_decides_is_told_and_goes_on(archive: Command) -> None:
    with closing(FileLock(archive.root / "cases.lock")) as lock, ExitStack() as held:
        held.enter_context(lock.held())
        timer = Timer(SOON + 3, held.close)
        timer.start()
        done = archive("case", "open", "W-1")
        timer.join()
    assert done.err.count("waiting for it") == 1
