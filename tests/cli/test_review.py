"""A major decision as typed: refused at the gate, reviewed, made."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.opening import open_archive
from tests.cli.command import Command
from tests.unit.oversight.legal.made import ROW, Bureau

EARLY = "2026-01-17T08:00:00Z"
PASSWORD = b"a long password of the reviewer\n"


def now() -> str:
    """As a person types it, with the zone."""
    return datetime.now(UTC).isoformat()


def told(command: Command) -> str:
    """A case of an officer 7, a reviewer 8, a catalogue; ready for its decision. The case's number."""
    with open_archive(command.root, write=True) as archive:
        bureau = Bureau(archive=archive)
        bureau.officer("7", "enforcement")
        bureau.officer("8", "reviewer")
        bureau.listed(ROW)
        number = bureau.case("7")
        for stage in ("initiation", "investigation", "review"):
            data = {"stage": stage, "at": EARLY}
            bureau.event("case.stage_entered", bureau.row(number).id, data)
    return number


@pytest.mark.slow
def test_r12_no_major_decision_without_legal_review(archive: Command, tmp_path: Path) -> None:
    number, said = told(archive), tmp_path / "answer.json"
    refused = archive.json("case", "stage", number, "decision", "--at", now(), status=4)
    assert refused["error"]["code"] == "O030"
    shown = archive.json("review", "intend", number, "--amount", "80,000")
    assert (shown["gate"]["row"], shown["gate"]["open"]) == ("1", False)
    submitted = archive.json("review", "request", number, "--officer", "7")
    assert "待承办" in archive("--lang", "zh", "review", "list").text
    take = ("review", "take", number, "--reviewer", "8")
    assert "reviewer" in archive(*take, stdin=PASSWORD, status=None).err, "8 has no account yet"
    archive(
        *("user", "add", "fa", "--role", "reviewer", "--badge", "8", "--password-stdin"),
        stdin=PASSWORD,
    )
    for guess in (b"a guess\n", b""):
        assert archive(*take, stdin=guess, status=None).status != 0
    assert "待承办" in archive("--lang", "zh", "review", "list").text, "nobody proved to be 8"
    archive(*take, stdin=PASSWORD)
    clip, points = submitted["clips"][0], shown["points"]
    tied = [{"point": p["point"], "ok": True, "clip": clip} for p in points]
    answer = {"outcome": "agree", "reason": "同意", "points": tied}
    said.write_text("[]")
    archive("review", "answer", number, said, "--reviewer", "8", status=2)
    said.write_text(json.dumps(answer))
    give = ("review", "answer", number, said, "--reviewer", "8")
    assert archive(*give, stdin=b"a guess\n", status=None).status != 0
    assert archive(*give, stdin=PASSWORD).status == 0
    assert "可以作出决定" in archive("--lang", "zh", "review", "show", number).text
    archive("case", "stage", number, "decision", "--at", now())
