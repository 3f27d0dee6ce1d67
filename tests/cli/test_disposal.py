"""Holds, categories, what another rule would change, and a disposal by two people, at the command line."""

from __future__ import annotations

import json

from tests.cli.command import Command

LONGER = """format = 1
[rules]
level = "agency"
place = "城管局"
title = { zh = "本机关", en = "Agency" }
[[retention]]
id = "ordinary"
name = { zh = "一般", en = "Ordinary" }
keep = "2 years"
clause = { zh = "一", en = "1" }
source = { zh = "办法", en = "Measures" }
in_force = 2020-01-01
"""


def docked(archive: Command) -> list[str]:
    card = archive.cwd / "card"
    card.mkdir()
    for name in ("a.mp4", "b.mp4"):
        (card / name).write_bytes(name.encode() * 300)
    receipt = archive.json("dock", card)
    return [clip["clip"] for clip in receipt["clips"]]


def test_a_disposal_needs_two_people_and_takes_nothing_before_its_time(archive: Command) -> None:
    one, two = docked(archive)
    archive("classify", one, "--as", "nothing_of_ours", "--reason", "r", status=2)
    assert archive.json("classify", one, two, "--as", "ordinary", "--reason", "巡逻") == {
        "changed": 2,
        "categories": ["ordinary"],
    }
    propose = ("disposal", "propose", "--reason", "期满", "--until", "9999-12-31")
    assert "O052" in archive(*propose, status=4).err  # a user of the machine may be anybody
    password = b"a long password for them\n"
    for who in ("wang", "li"):
        archive("user", "add", who, "--role", "archivist", "--password-stdin", stdin=password)
    disposal = json.loads(archive(*propose, "--by", "wang", "--json", stdin=password).out)
    assert disposal["items"] == 2
    name = disposal["disposal"]
    archive("disposal", "carry-out", name, status=4)
    approve = ("disposal", "approve", name, "--reason", "同意")
    assert "O052" in archive(*approve, status=4).err
    assert "O052" in archive(*approve, "--by", "wang", stdin=password, status=4).err
    archive("user", "add", "new", "--role", "archivist", "--password-stdin", stdin=password)
    assert "O052" in archive(*approve, "--by", "new", stdin=password, status=4).err
    archive(*approve, "--by", "li", stdin=b"another one\n", status=None)
    archive(*approve, "--by", "li", stdin=password)
    hold = archive.json("hold", "place", one, "--reason", "复议")["hold"]
    done = archive.json("disposal", "carry-out", name, status=3)
    assert done["kept"] == {one: "hold", two: "not_due"}
    assert (done["done"], done["ended"]) == ([], True)
    shown = archive.json("disposal", "show", name)
    assert (shown["state"], shown["kept"], shown["clips"]) == ("ended", 2, [])
    assert hold in archive("hold", "list").text
    archive("hold", "lift", hold, "--reason", "已结")


def test_what_another_rule_would_change_is_said_before_it_is_in_force(archive: Command) -> None:
    one, _ = docked(archive)
    archive("classify", one, "--as", "ordinary", "--reason", "巡逻")
    shown = archive.json("retention", "show", one)
    assert (shown["state"], shown["rule"]) == ("until", "ordinary")
    assert "第十三条" in archive("--lang", "zh", "retention", "show", one).text
    file = archive.cwd / "agency.toml"
    file.write_text(LONGER, encoding="utf-8")
    tried = archive.json("retention", "try", file)
    assert (tried["clips"], tried["counts"]["later"], tried["counts"]["same"]) == (2, 1, 1)
    assert "推迟届满" in archive("--lang", "zh", "retention", "try", file).text
    file.write_text(LONGER.replace('"2 years"', '"for ever"'), encoding="utf-8")
    assert archive.json("retention", "try", file)["counts"]["kept_for_good"] == 1
