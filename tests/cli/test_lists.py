"""Lists from the command line: checked, published, shown; and a case that is checked by them."""

from __future__ import annotations

from tests.cli.command import Command


def test_r7_a_list_is_checked_published_and_what_it_asks_for_is_missed(archive: Command) -> None:
    own = archive.root.parent / "list.toml"
    own.write_bytes(archive("list", "sample", "recording").out)
    assert archive.json("list", "check", own)["kind"] == "recording"
    archive("list", "show", "recording", status=4)
    published = archive.json("list", "publish", own, "--in-force", "2020-01-01")
    assert (published["version"], published["until"]) == (1, None)
    archive("list", "publish", own, "--in-force", "2020-01-01", status=4)
    (alarm,) = archive.json("alarms", "list")["alarms"]
    assert alarm["code"] == "list_published_locally", "nobody else looked at it before"
    assert archive.json("list", "show", "recording")["list"]["kind"] == "recording"
    assert "强制拆除" in archive("--lang", "zh", "list", "show", "recording").text
    archive("case", "open", "2026-9")
    found = archive("--json", "case", "check", "2026-9", status=1).document
    assert [f["code"] for f in found["findings"]] == ["not_filed"]
    assert archive.json("case", "check") == {"cases": 0, "found": []}
    archive("case", "explain", "2026-9", "--code", "tired", "--reason", "x", status=2)


def test_a_mistake_in_a_list_is_named_with_its_line_and_none_of_it_counts(archive: Command) -> None:
    own = archive.root.parent / "名单.csv"
    own.write_bytes(
        "证件号,姓名,执法主体,有效期至\n１３-1,王某,执法局,2026-13-01\n".encode("gb18030")
    )
    found = archive("--json", "list", "check", own, "--kind", "officers", status=1).document
    assert [m["line"] for m in found["mistakes"]] == [2]
    failed = archive(
        "list", "publish", own, "--kind", "officers", "--in-force", "2026-05-01", status=2
    )
    assert "O020" in failed.err
    assert archive.json("list", "history") == {"versions": []}
