"""The rules that bind an archive: shown with clause and source, and a file of them checked before it counts."""

from __future__ import annotations

from tests.cli.command import Command

OWN = """format = 1
[rules]
level = "agency"
place = "综合执法局"
title = { zh = "本局规定", en = "Rules of the bureau" }

[[deadline]]
id = "upload"
begins = "recording_ended"
ends = "archived"
within = "12 hours"
rolls = false
clause = { zh = "第三条", en = "Article 3" }
source = { zh = "记录仪管理办法", en = "Rules on recorders" }
in_force = 2020-01-01
"""


def test_rules_are_shown_with_clause_and_source_in_both_languages(archive: Command) -> None:
    shown = archive.json("rules", "show", "--day", "2026-05-01")
    rules = {rule["id"]: rule for rule in shown["rules"]}
    assert rules["upload"]["within"] == "24 hours"
    assert rules["publish_permit_or_penalty"]["within"] == "7 working days"
    assert rules["evidence"]["keep"] is None
    assert rules["reviewers"]["percent"] == 5
    assert all(rule["clause"]["zh"] and rule["source"]["zh"] for rule in rules.values())
    assert "自执法决定作出起 7 个工作日内公示" in archive("--lang", "zh", "rules", "show").text
    assert "7 working days from the decision" in archive("--lang", "en", "rules", "show").text
    archive("rules", "show", "--day", "yesterday", status=2)


def test_an_agency_s_own_rule_binds_from_its_day_on(archive: Command) -> None:
    (archive.root / "rules").mkdir()
    own = archive.root / "rules" / "agency.toml"
    own.write_text(OWN)
    assert archive.json("rules", "check", own)["rules"] == 1
    for day, within in (("2026-05-01", "12 hours"), ("2019-05-01", "24 hours")):
        rules = archive.json("rules", "show", "--day", day)["rules"]
        assert [r["within"] for r in rules if r["id"] == "upload"] == [within]


def test_a_mistake_in_a_file_is_named_with_its_line_and_none_of_it_counts(archive: Command) -> None:
    (archive.root / "rules").mkdir()
    own = archive.root / "rules" / "agency.toml"
    own.write_text(OWN.replace("12 hours", "soon"))
    found = archive("--json", "rules", "check", own, status=1).document
    assert [m["line"] for m in found["mistakes"]] == [11]
    assert archive("--json", "rules", "show", status=2).document["error"]["code"] == "O001"
    own.write_text(OWN.replace('"agency"', '"city"'))
    assert "level" in archive("rules", "show", status=2).err
    archive("rules", "check", archive.root / "no such file", status=2)
