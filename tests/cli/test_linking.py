"""Data brought in and proposed links from the command line, after a real docking."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import Command

HEAD = "编号,案号,接报时间,结束时间,警号,记录仪编号\n"
ROW = "Ｊ１,2026-9,2026年1月17日7时50分,2026-01-17 09:30,012345,folder:recorder\n"


def test_clips_of_a_docking_are_proposed_for_the_case_that_a_later_import_is_about(
    archive: Command, recorder: Path
) -> None:
    archive("dock", recorder)
    archive("case", "open", "2026-9")
    file = archive.root.parent / "派单.csv"
    file.write_bytes((HEAD + "J0,,gestern,,,\n").encode("gb18030"))
    assert "line 2: from" in archive("dispatch", "import", file, status=2).err
    file.write_bytes((HEAD + ROW + "J2,,gestern,,,\n").encode("gb18030"))
    done = archive("--json", "dispatch", "import", file, "--skip-bad", status=3).document
    assert (done["rows"], done["encoding"], [m["line"] for m in done["mistakes"]]) == (
        1,
        "gb18030",
        [3],
    )
    assert archive.json("dispatch", "list")["imports"][0]["sha256"] == done["sha256"]
    found = archive.json("link", "propose")["proposed"]
    assert {(f["case"], f["rule"]) for f in found} == {("2026-9", "dispatch")}
    first = found[0]
    assert {"dispatch", "officer", "recorder"} <= set(first["terms"])
    assert first["score"] >= 800
    assert archive.json("link", "propose")["proposed"] == []
    archive("link", "confirm", first["clip"], "2026-9")
    for other in found[1:]:
        archive("link", "decline", other["clip"], "2026-9", "--reason", "另一现场")
    assert archive.json("link", "list") == {"waiting": 0, "proposals": []}
    assert archive.json("link", "propose", "--all")["proposed"] == []
    archive("link", "confirm", first["clip"], "2026-9", status=4)
    assert archive.json("find", "--case", "2026-9")["total"] == 1


def test_rules_of_the_agencys_own_are_read_and_a_mistake_names_its_line(archive: Command) -> None:
    assert "一律由人员确认" in archive("--lang", "zh", "link", "rules").text
    (archive.root / "linking.toml").write_text("format = 1\n[linking]\n")
    failed = archive("link", "rules", status=2)
    assert "linking.toml:2" in failed.err
    assert "O061" in failed.err
