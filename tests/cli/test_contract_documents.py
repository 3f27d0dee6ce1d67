"""The documents that scripts read: one for each call, whatever happens, with the members that were promised."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from muniment.__main__ import run
from tests.cli.command import Command

# Arguments, and the exit status that they have on an archive with one docking.
CALLS: list[tuple[str, int]] = [
    ("--help", 0),
    ("audit --full", 0),
    ("audit --sample 50 --seed 7", 0),
    ("audit --since 3", 0),
    ("audit --since 9999", 2),
    ("audit --sample 5", 2),
    ("audit --sample 101 --seed 1", 2),
    ("audit --full --since 3", 2),
    ("case", 2),
    ("case show nosuch", 4),
    ("case open", 2),
    ("clip show nosuch", 4),
    ("derive nosuch", 4),
    ("dock", 2),
    ("dock nosuch", 2),
    ("dock usb:42", 2),
    ("dock . --case nosuch", 4),
    ("docking list", 0),
    ("docking show nosuch", 2),
    ("docking cancel nosuch", 2),
    ("doctor nosuch", 2),
    ("find", 0),
    ("find --limit 0", 0),
    ("find --limit -1", 2),
    ("find --from yesterday", 2),
    ("find --case nosuch", 0),
    ("init --origin a.example/b", 2),
    ("key", 2),
    ("key list", 0),
    ("key retire --reason x", 2),
    ("ledger", 2),
    ("ledger checkpoint", 0),
    ("ledger entries --from 2 --to 1", 0),
    ("ledger entries --from -1", 2),
    ("ledger proof nosuch", 4),
    ("ledger vkey", 0),
    ("nosuch", 2),
    ("officer list", 0),
    ("rebuild", 0),
    ("recorder list", 0),
    ("serve --port 65536", 2),
    ("user list", 0),
    ("user add a --role king --password-stdin", 2),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """An archive with one docking, on a case; tests here leave it as good as it is."""
    place = tmp_path_factory.mktemp("whole")
    source = place / "recorder"
    (source / "DCIM").mkdir(parents=True)
    for number, hour in enumerate(("10", "08", "09")):
        name = f"DCAM_DSJ4A00042_012345_20260117_{hour}0000.mp4"
        (source / "DCIM" / name).write_bytes(b"clip" * (1 + number))
    (source / "link").symlink_to("/etc/hostname")
    command = Command(root=place / "archive", cwd=place)
    command("init", "--origin", "test.example/archive", "--unit", "一中队")
    command("case", "open", "2026-1")
    receipt = command.json("dock", source, "--case", "2026-1", status=3)
    _check(receipt, DOCK)
    for clip in receipt["clips"]:
        _check(clip, ENTRY)
    return command


Shape = dict[str, type | tuple[type, ...]]
NOTHING = type(None)
DOCK: Shape = {
    "docking": str,
    "recorder": str,
    "clips": list,
    "bytes": int,
    "seconds": float,
    "transfer_seconds": float,
    "checkpoint": str,
    "late": int,
}
ENTRY: Shape = {
    "path": str,
    "size": (int, NOTHING),
    "sha256": (str, NOTHING),
    "clip": (str, NOTHING),
    "status": str,
    "code": (str, NOTHING),
    "reason": (str, NOTHING),
}
FOUND: Shape = {
    "clip": str,
    "recorder": str,
    "officer": (str, NOTHING),
    "start": str,
    "start_source": str,
    "start_raw": (str, NOTHING),
    "duration": (int, float, NOTHING),
    "size": int,
    "sha256": str,
    "cases": list,
    "marked": bool,
}
SHOWN: Shape = {
    "clip": str,
    "path": str,
    "recorder": str,
    "officer": (str, NOTHING),
    "sha256": str,
    "size": int,
    "start": str,
    "media": dict,
    "cases": list,
    "custody": list,
    "renditions": list,
}
MEDIA: Shape = {
    "kind": str,
    "container": (str, NOTHING),
    "duration": (int, float, NOTHING),
    "damaged": bool,
    "damage": list,
}
AUDIT: Shape = {
    "ok": bool,
    "mode": str,
    "objects_checked": int,
    "bytes_checked": int,
    "entries_checked": int,
    "tiles_checked": int,
    "signatures_checked": int,
    "timestamps_checked": int,
    "findings": list,
}


def _check(document: dict[str, Any], shape: Shape) -> None:
    for name, kinds in shape.items():
        value = document[name]
        assert isinstance(value, kinds), (name, value)
        assert kinds is not int or not isinstance(value, bool), (name, value)


@pytest.mark.parametrize(("line", "status"), CALLS)
def test_stdout_is_one_document_whatever_the_exit_status(
    line: str,
    status: int,
    whole: Command,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    # Within this process: forty of them would take a minute to start, and test_usage.py starts enough.
    monkeypatch.chdir(whole.cwd)
    assert run(["--root", str(whole.root), *line.split(), "--json"]) == status
    captured = capfdbinary.readouterr()
    document = json.loads(captured.out)
    assert b"Traceback" not in captured.err
    if status == 0:
        assert "error" not in document
    else:
        assert document["error"].keys() == {"code", "reason"}
        assert all(document["error"].values())


def test_find_and_clip_show_and_audit_have_the_promised_members(whole: Command) -> None:
    found = whole.json("find")
    assert found["total"] == len(found["clips"]) == 3
    for clip in found["clips"]:
        _check(clip, FOUND)
        shown = whole.json("clip", "show", clip["clip"])
        _check(shown, SHOWN)
        _check(shown["media"], MEDIA)
        assert {name: shown[name] for name in clip} == clip
    for mode in ("full", "since", "sample"):
        more = {"full": [], "since": ["2"], "sample": ["50", "--seed", "1"]}[mode]
        document = whole.json("audit", f"--{mode}", *more)
        _check(document, AUDIT)
        assert (document["ok"], document["mode"], document["findings"]) == (True, mode, [])


def test_clips_are_found_by_start_and_the_total_counts_all_of_them(whole: Command) -> None:
    starts = [clip["start"] for clip in whole.json("find", "--case", "2026-1")["clips"]]
    assert starts == [f"2026-01-17T0{hour}:00:00Z" for hour in range(3)]
    first = whole.json("find", "--limit", "1")
    assert (first["total"], [clip["start"] for clip in first["clips"]]) == (3, starts[:1])


def test_a_refused_entry_says_why_and_an_ingested_one_has_nothing_to_say(whole: Command) -> None:
    (row,) = whole.json("docking", "list")["dockings"]
    receipt = whole.json("docking", "show", row["id"])
    (link,) = [clip for clip in receipt["clips"] if clip["status"] == "refused"]
    assert (link["path"], link["sha256"], link["clip"]) == ("link", None, None)
    assert all((link["code"], link["reason"]))
    taken = [clip for clip in receipt["clips"] if clip is not link]
    assert {(clip["status"], clip["code"], clip["reason"]) for clip in taken} == {
        ("ingested", None, None)
    }


def test_a_moved_archive_audits_the_same(whole: Command, tmp_path: Path) -> None:
    shutil.copytree(whole.root, tmp_path / "新 place")
    moved = Command(root=tmp_path / "新 place", cwd=tmp_path)
    assert moved.json("audit") == whole.json("audit")


def test_an_audit_from_an_index_that_is_not_there_yet_is_no_good_news(whole: Command) -> None:
    size = whole.json("audit")["size"]
    assert whole.json("audit", "--since", str(size))["ok"] is True
    document = whole.json("audit", "--since", str(size + 1), status=2)
    assert str(size) in document["error"]["reason"]
    assert document.keys() == {"error"}, "it is refused before anything is read"
