"""Units, rights and alarms at the machine itself: at once, and loud."""

from __future__ import annotations

from tests.cli.command import Command

PASSWORD = b"a password of ours\n"


def test_units_stand_in_a_tree_and_never_in_a_circle(archive: Command) -> None:
    archive("unit", "add", "县局", "--level", "county")
    under = archive.json("unit", "add", "城关所", "--parent", "县局", "--level", "office")
    assert under["above"] == ["县局"]
    circle = archive("--json", "unit", "place", "县局", "--parent", "城关所", status=4)
    assert circle.document["error"]["code"] == "P064"
    kept = archive.json("unit", "place", "城关所", "--level", "squad")
    assert (kept["level"], kept["above"]) == ("squad", ["县局"])
    text = archive("--lang", "zh", "unit", "list").text
    assert text.index("县局") < text.index("  城关所")
    assert archive.json("unit", "place", "城关所", "--parent", "-")["above"] == []
    alarms = archive.json("alarms", "list")["alarms"]
    assert {(a["code"], a["about"]) for a in alarms} == {("unit_placed", "城关所")}
    archive("unit", "add", "x", "--level", "moon", status=2)
    archive("unit", "place", "nowhere", "--level", "city", status=4)


def test_an_account_added_or_changed_here_is_there_at_once_and_raises_an_alarm(
    archive: Command,
) -> None:
    archive(
        *("user", "add", "wang", "--role", "officer", "--badge", "1", "--password-stdin"),
        stdin=PASSWORD,
    )
    changed = archive.json("user", "role", "wang", "--role", "supervisor", "--unit", "二中队")
    assert (changed["role"], changed["unit"], changed["badge"]) == ("supervisor", "二中队", None)
    (row,) = archive.json("user", "list")["users"]
    assert (row["role"], row["unit"]) == ("supervisor", "二中队")
    alarms = archive.json("alarms", "list")["alarms"]
    assert [a["code"] for a in alarms] == ["rights_changed_locally", "account_added_locally"]
    assert {a["about"] for a in alarms} == {"wang"}
    archive("user", "role", "wang", "--role", "king", status=2)
    archive("user", "role", "nobody", "--role", "officer", status=4)
    archive("user", "identity", "wang", "w", status=4)  # no provider is configured


def test_an_alarm_is_settled_once_with_what_came_of_it(archive: Command) -> None:
    archive(
        *("user", "add", "li", "--role", "archivist", "--password-stdin"),
        stdin=PASSWORD,
    )
    archive("user", "disable", "li")
    archive("user", "enable", "li")
    number = str(archive.json("alarms", "list")["alarms"][0]["alarm"])
    done = archive.json("alarms", "settle", number, "--reason", "新来的档案员")
    assert done["settled_reason"] == "新来的档案员"
    archive("alarms", "settle", number, "--reason", "again", status=4)
    archive("alarms", "settle", "999999", "--reason", "x", status=4)
    left = archive.json("alarms", "list")["alarms"]
    assert [a["code"] for a in left] == ["account_added_locally"]
    assert len(archive.json("alarms", "list", "--all")["alarms"]) == 2
    assert "账号" in archive("--lang", "zh", "alarms", "list").text


def test_roles_and_rules_have_names_in_the_reader_s_language(archive: Command) -> None:
    added = ("user", "add", "li", "--role", "reviewer", "--password-stdin")
    said = archive("--lang", "zh", *added, stdin=PASSWORD).text
    assert "法制审核人员" in said
    changed = archive("--lang", "zh", "user", "role", "li", "--role", "supervisor").text
    listed = archive("--lang", "zh", "user", "list").text
    rules = archive("--lang", "zh", "policy", "show").text
    for text in (said, changed, listed, rules):
        for code in ("reviewer", "supervisor", "officer", "other_unit", "county_head"):
            assert code not in text, text
    assert "负责人" in changed
    assert "负责人" in listed
    for words in ("本单位", "其他单位", "县级以上负责人", "执法人员、负责人"):
        assert words in rules
    rules = archive("--lang", "en", "policy", "show").text
    assert "another unit" in rules
    assert "head of county level or above" in rules
