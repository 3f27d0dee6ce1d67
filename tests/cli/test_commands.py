"""What the commands answer, on a real archive with real files."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import NOBODY, Command, end, objects, tree, wait_until

CLIP = {
    *("clip", "path", "recorder", "officer", "sha256", "size", "start", "media"),
    *("cases", "custody", "renditions"),
}
AUDIT = {
    *("ok", "mode", "objects_checked", "bytes_checked", "entries_checked", "tiles_checked"),
    *("signatures_checked", "timestamps_checked", "findings"),
}


@pytest.fixture
def docked(archive: Command, recorder: Path) -> dict[str, Any]:
    """The receipt of a docking."""
    return archive.json("dock", recorder, "--recorder", "DSJ4A00042", "--no-derive")


def clip_of(receipt: dict[str, Any], part: str) -> str:
    """The id of the clip whose path holds `part`."""
    (clip,) = [clip["clip"] for clip in receipt["clips"] if part in clip["path"]]
    return str(clip)


def test_init_refuses_a_folder_that_holds_something(muniment: Command) -> None:
    muniment.root.mkdir()
    (muniment.root / "mine").write_text("x")
    assert muniment.json("init", "--origin", "a.example", status=2)["error"]["code"] == "A044"
    assert [path.name for path in muniment.root.iterdir()] == ["mine"]


def test_a_receipt_has_what_was_promised(docked: dict[str, Any], recorder: Path) -> None:
    assert list(docked)[:3] == ["docking", "recorder", "officer"]
    assert docked["recorder"] == "DSJ4A00042"
    assert docked["late"] == 2  # the notes were written just now
    assert 0 < docked["transfer_seconds"] <= docked["seconds"]
    assert docked["checkpoint"].startswith("test.example/archive\n")
    for clip in docked["clips"]:
        data = (recorder / clip["path"]).read_bytes()
        assert (clip["size"], clip["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert docked["clips"][0]["path"].endswith("_IMP.mp4")
    assert docked["clips"][0]["marked"] is True
    assert docked["clips"][0]["start"] == "2026-01-17T01:00:00Z"


def test_a_receipt_can_be_shown_again(archive: Command, docked: dict[str, Any]) -> None:
    again = archive.json("docking", "show", docked["docking"])
    shown = {name: docked[name] for name in ("docking", "recorder", "bytes", "late")}
    assert {name: again[name] for name in shown} == shown
    assert sorted(map(str, again["clips"])) == sorted(map(str, docked["clips"]))
    text = archive("docking", "show", docked["docking"], "--lang", "zh").text
    assert "接入回执" in text
    assert "! DCIM" in text
    (row,) = archive.json("docking", "list")["dockings"]
    assert row["id"] == docked["docking"]
    archive("docking", "show", "docking-nosuch", status=2)


def test_a_docking_leaves_a_row_for_the_station(archive: Command, docked: dict[str, Any]) -> None:
    from muniment.work import Work

    assert Work(archive.root).pending() == [docked["docking"]]


def test_nothing_is_left_in_between(archive: Command, docked: dict[str, Any]) -> None:
    assert docked["verified"] == 3
    assert list((archive.root / "store" / "incoming").iterdir()) == []


def test_clip_show_says_everything_and_writes_nothing(
    archive: Command, docked: dict[str, Any]
) -> None:
    clip = clip_of(docked, "_IMP")
    before = tree(archive.root)
    shown = archive.json("clip", "show", clip)
    assert shown.keys() >= CLIP
    assert [event["type"] for event in shown["custody"]] == ["clip.ingested", "clip.verified"]
    assert shown["officer"] == "012345"
    assert clip in archive("clip", "show", clip).text
    assert tree(archive.root) == before
    for name in ("catalogue.db", "catalogue.db-wal", "catalogue.db-shm"):
        (archive.root / name).unlink(missing_ok=True)
    before = tree(archive.root)
    assert archive.json("clip", "show", clip) == shown
    assert tree(archive.root) == before
    assert archive.json("clip", "show", "clip-nosuch", status=4)["error"]["code"] == "A073"


def test_an_audit_writes_nothing_unless_it_is_recorded(
    archive: Command, docked: dict[str, Any]
) -> None:
    assert docked["clips"]
    before = tree(archive.root)
    for mode in (["--full"], ["--sample", "50", "--seed", "7"], ["--since", "5"]):
        report = archive.json("audit", *mode)
        assert report.keys() >= AUDIT
        assert (report["ok"], report["mode"]) == (True, mode[0][2:])
    assert tree(archive.root) == before
    size = archive.json("audit", "--record")["entries_checked"]
    newest = archive.json("ledger", "entries", "--from", str(size))["entries"][0]["entry"]
    assert newest["type"] == "audit.run"
    assert newest["data"]["ok"] is True


def test_a_flipped_byte_is_status_1_and_the_file_is_named(
    archive: Command, docked: dict[str, Any]
) -> None:
    digest = docked["clips"][0]["sha256"]
    (path,) = [p for p in objects(archive.root) if p.name == digest]
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(0o444)
    (finding,) = archive.json("audit", status=1)["findings"]
    assert finding["where"] == str(path.relative_to(archive.root))
    assert finding["subject"] == docked["clips"][0]["clip"]
    assert finding["where"] in archive("audit", status=1).text
    clip = docked["clips"][0]
    for language, meaning in (("en", "its bytes hash to"), ("zh", "内容、大小或 SM3 不符")):
        (line,) = (
            line
            for line in archive("--lang", language, "audit", status=1).text.splitlines()
            if line.startswith("object_changed")
        )
        assert all(part in line for part in (clip["clip"], clip["path"], meaning)), line


def test_an_original_that_is_gone_is_not_covered(archive: Command, docked: dict[str, Any]) -> None:
    digest = docked["clips"][0]["sha256"]
    (path,) = [p for p in objects(archive.root) if p.name == digest]
    path.unlink()
    covered = archive.json("audit", status=1)["coverage_90_days"]
    assert covered["objects_hashed"] == covered["objects"] - 1
    assert covered["objects_percent"] < 100
    assert covered["bytes"] - covered["bytes_hashed"] == docked["clips"][0]["size"]


@pytest.mark.parametrize(
    ("wanted", "others"),
    [
        ("--damage", "--no-damage"),
        ("--linked", "--unlinked"),
        ("--late", "--no-late"),
        ("--quarantined", "--no-quarantined"),
    ],
)
def test_each_state_is_wanted_or_not(
    archive: Command, docked: dict[str, Any], wanted: str, others: str
) -> None:
    found = [
        {clip["clip"] for clip in archive.json("find", name)["clips"]} for name in (wanted, others)
    ]
    assert found[0] | found[1] == {clip["clip"] for clip in docked["clips"]}
    assert not found[0] & found[1]


def test_find_answers_and_says_in_the_ledger_who_asked(
    archive: Command, docked: dict[str, Any]
) -> None:
    marked = clip_of(docked, "_IMP")
    assert archive.json("find", "--mark")["clips"][0]["clip"] == marked
    assert archive.json("find", "--no-mark")["total"] == 2
    assert archive.json("find", "--officer", "012345", "--limit", "1")["total"] == 2
    assert archive.json("find", "--recorder", "DSJ4A00042")["total"] == 3
    assert archive.json("find", "--unit", "一中队")["total"] == 3
    assert archive.json("find", "--text", "notes")["total"] == 1
    assert archive.json("find", "--from", "2026-01-17 08:30", "--to", "2026-01-17")["total"] == 1
    assert archive.json("find", "--from", "2026-01-17T00:00:00Z", "--limit", "0")["clips"] == []
    searches = [
        e["entry"]
        for e in archive.json("ledger", "entries")["entries"]
        if e["entry"]["type"] == "search.made"
    ]
    assert [s["data"]["total"] for s in searches] == [
        1,
        2,
        2,
        3,
        3,
        1,
        1,
        searches[-1]["data"]["total"],
    ]
    assert searches[0]["actor"].startswith("local-")
    assert searches[0]["subject"].startswith("station-")
    assert "text" not in searches[0]["data"]
    assert "notes" not in json.dumps(searches)


def test_find_is_byte_identical_after_a_rebuild(archive: Command, docked: dict[str, Any]) -> None:
    archive(
        "case",
        "open",
        "2026-1",
        "--officer",
        "012345",
        "--from",
        "2026-01-17",
        "--to",
        "2026-01-17",
    )
    before = archive("find", "--json").out
    assert len(json.loads(before)["clips"]) == len(docked["clips"])
    archive("rebuild")
    assert archive("find", "--json").out == before
    (archive.root / "catalogue.db").write_bytes(b"this is no database" * 100)
    assert archive.json("find", status=1)["error"]["code"] == "A061"
    archive("rebuild")
    assert archive("find", "--json").out == before


def test_a_killed_rebuild_hides_nothing(archive: Command, docked: dict[str, Any]) -> None:
    process = archive.start("rebuild")
    wait_until(lambda: (archive.root / "catalogue.db-wal").exists() or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    end(process)
    found = archive("find", "--json", status=None)
    if found.status == 0:
        assert found.document["total"] == len(docked["clips"])
    else:
        assert "rebuild" in found.document["error"]["reason"]


def test_a_case_from_opening_to_closing(archive: Command, docked: dict[str, Any]) -> None:
    clip = clip_of(docked, "notes")
    opened = archive.json(
        *(
            "case",
            "open",
            " 京A/2026-1 ",
            "--title",
            "夜查",
            "--subject",
            "某公司",
            "--place",
            "人民路",
        ),
        *("--officer", "012345", "--from", "2026-01-17", "--to", "2026-01-17"),
    )
    assert (opened["number"], opened["state"]) == ("京A/2026-1", "open")
    assert len(opened["linked"]) == 2
    assert archive.json("case", "open", "京A/2026-1", status=4)["error"]["code"] == "A072"
    linked = archive.json("case", "link", clip, "京A/2026-1", "--reason", "笔记属于本案")
    assert linked["cases"] == ["京A/2026-1"]
    archive("case", "link", clip, "京A/2026-1", "--reason", "again", status=4)
    assert archive.json("find", "--case", "京A/2026-1")["total"] == 3
    assert archive.json("find", "--place", "人民")["total"] == 3
    assert archive.json("case", "unlink", clip, "京A/2026-1", "--reason", "错了")["cases"] == []
    archive("case", "unlink", clip, "京A/2026-1", "--reason", "错了", status=4)
    shown = archive.json("case", "show", "京A/2026-1")
    assert len(shown["clips"]) == 2
    assert shown["officers"] == ["012345"]
    assert "夜查" in archive("case", "show", "京A/2026-1").text
    assert archive.json("case", "close", "京A/2026-1")["state"] == "closed"
    archive("case", "link", clip, "京A/2026-1", "--reason", "late", status=4)
    archive("case", "show", "nosuch", status=4)
    assert "京A/2026-1" in archive("case", "list", "--lang", "zh").text
    history = archive.json("clip", "show", clip)["custody"]
    assert [event["type"] for event in history[-2:]] == ["clip.linked", "clip.unlinked"]


def test_a_docking_links_its_clips_to_the_case(archive: Command, recorder: Path) -> None:
    archive("case", "open", "2026-1")
    archive("dock", recorder, "--case", "2026-1", "--no-derive")
    assert archive.json("find", "--case", "2026-1")["total"] == 3


def test_the_ledger_is_given_out_byte_for_byte(archive: Command, docked: dict[str, Any]) -> None:
    assert archive("ledger", "vkey").out == (archive.root / "keys" / "ledger.vkey").read_bytes()
    note = (archive.root / "ledger" / "checkpoint").read_bytes()
    assert archive("ledger", "checkpoint").out == note
    entries = archive.json("ledger", "entries")["entries"]
    assert [entry["index"] for entry in entries] == list(range(int(note.split(b"\n")[1])))
    previous = None
    lines = archive("ledger", "entries").out.splitlines()
    for entry, raw in zip(entries, lines, strict=True):
        assert entry["leaf"] == hashlib.sha256(b"\0" + raw).hexdigest()
        assert entry["entry"] == json.loads(raw)
        assert entry["entry"]["prev"] == previous
        previous = entry["leaf"]
    clip = clip_of(docked, "notes")
    about = archive.json("ledger", "entries", "--subject", clip)["entries"]
    assert [entry["entry"]["subject"] for entry in about] == [clip, clip]
    part = archive.json("ledger", "entries", "--from", "2", "--to", "4")["entries"]
    assert [entry["index"] for entry in part] == [2, 3, 4]


def test_a_proof_holds_against_the_checkpoint_by_anybodys_arithmetic(
    archive: Command, docked: dict[str, Any]
) -> None:
    clip = clip_of(docked, "_IMP")
    proof = archive("ledger", "proof", clip).text
    head, note = proof.split("\n\n", 1)
    kind, index_line, *path = head.split("\n")
    assert kind == "c2sp.org/tlog-proof@v1"
    index = int(index_line.removeprefix("index "))
    entry = archive.json("ledger", "entries", "--from", str(index), "--to", str(index))["entries"][
        0
    ]
    assert (entry["entry"]["type"], entry["entry"]["subject"]) == ("clip.ingested", clip)
    _, size, root, *_ = note.split("\n")
    node, at, last = bytes.fromhex(entry["leaf"]), index, int(size) - 1
    for text in path:  # RFC 9162, 2.1.3.2
        other = base64.b64decode(text)
        if at % 2 or at == last:
            node = hashlib.sha256(b"\1" + other + node).digest()
            while at and not at % 2:
                at, last = at >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + other).digest()
        at, last = at >> 1, last >> 1
    assert (node, last) == (base64.b64decode(root), 0)


def test_accounts_from_the_command_line(archive: Command) -> None:
    def add(name: str, *more: str, status: int = 0, password: bytes = b"long enough\n") -> Any:
        return archive(
            "user", "add", name, "--password-stdin", "--json", *more, stdin=password, status=status
        )

    added = add("李四", "--role", "officer", "--badge", "012345").document
    assert (added["user"], added["role"], added["badge"], added["unit"]) == (
        "李四",
        "officer",
        "012345",
        "一中队",
    )
    add("李四", "--role", "officer", status=4)
    add("x", "--role", "officer", status=2, password=b"short\n")
    add("x", "--role", "officer", status=2, password=b"")
    add("王五", "--role", "supervisor", "--unit", "二中队")
    archive("user", "password", "李四", "--password-stdin", stdin=b"another long one\n")
    archive("user", "password", "nobody", "--password-stdin", stdin=b"another long one\n", status=4)
    archive("user", "disable", "李四")
    users = {user["user"]: user for user in archive.json("user", "list")["users"]}
    assert (users["李四"]["disabled"], users["王五"]["disabled"]) == (True, False)
    assert users["王五"]["unit"] == "二中队"
    assert (archive.root / "accounts.db").stat().st_mode & 0o777 == 0o600
    archive("rebuild")
    assert len(archive.json("user", "list")["users"]) == 2


def test_the_registers_of_officers_and_recorders(archive: Command, docked: dict[str, Any]) -> None:
    assert docked["recorder"] == "DSJ4A00042"
    (noticed,) = archive.json("officer", "list")["officers"]
    assert (noticed["badge"], noticed["registered"]) == ("012345", False)
    added = archive.json("officer", "add", "012345", "--name", "张三", "--unit", "二中队")
    assert (added["id"], added["name"], added["unit"]) == (noticed["id"], "张三", "二中队")
    archive("officer", "add", "012345", status=4)
    (found,) = archive.json("recorder", "list")["recorders"]
    assert (found["recorder"], found["registered"]) == ("DSJ4A00042", False)
    registered = archive.json("recorder", "register", "DSJ4A00042", "--officer", "012345")
    assert (registered["id"], registered["officer"]) == (found["id"], "012345")
    archive("recorder", "register", "DSJ4A00042", status=4)
    history = archive.json("recorder", "show", "DSJ4A00042")["history"]
    assert [event["type"] for event in history] == ["recorder.noticed", "recorder.registered"]
    archive("recorder", "show", "nosuch", status=4)


def test_the_doctor_finds_this_machine_fit(archive: Command) -> None:
    report = archive.json("doctor", status=None)
    assert {c["name"]: c["detail"] for c in report["checks"] if not c["ok"]}.keys() <= {
        "free space"
    }


def test_an_archive_that_may_only_be_read_is_searched_shown_and_audited(
    archive: Command, docked: dict[str, Any], recorder: Path
) -> None:
    clip = clip_of(docked, "_IMP")
    for path in [archive.root, *archive.root.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
        shutil.chown(path, NOBODY, NOBODY)
    (archive.root / "keys" / "ledger.key").chmod(0o400)
    nobody = archive.as_nobody()
    before = tree(archive.root)
    found = nobody("find", "--json")
    assert (found.document["total"], found.document["recorded"]) == (3, False)
    assert "not in the ledger" in found.err
    assert nobody.json("clip", "show", clip)["clip"] == clip
    assert nobody.json("audit", status=None)["findings"] == []
    nobody("ledger", "proof", clip)
    refused = nobody.json("dock", recorder, status=5)
    assert (refused["clips"], refused["error"]["code"]) == ([], "A043")
    assert nobody.json("case", "open", "1", status=5)["error"]["code"] == "A043"
    assert tree(archive.root) == before


def test_a_newer_archive_is_left_alone(archive: Command) -> None:
    toml = archive.root / "muniment.toml"
    toml.write_text(toml.read_text().replace("format = 1", "format = 2"))
    for command in ("find", "audit"):
        assert archive.json(command, status=5)["error"]["code"] == "A041"
    toml.write_text("nonsense")
    assert archive.json("find", status=2)["error"]["code"] == "A045"


def test_a_ledger_put_back_is_never_signed_over(archive: Command, recorder: Path) -> None:
    shutil.copytree(archive.root / "ledger", archive.cwd / "old")
    archive("dock", recorder, "--no-derive")
    shutil.rmtree(archive.root / "ledger")
    shutil.copytree(archive.cwd / "old", archive.root / "ledger")
    assert archive.json("dock", recorder, status=1)["error"]["code"] == "A021"
    codes = {finding["code"] for finding in archive.json("audit", status=1)["findings"]}
    assert "ledger_rolled_back" in codes
