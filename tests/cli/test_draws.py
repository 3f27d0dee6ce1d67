"""Case review from the command line: drawn, drawn again, scored."""

from __future__ import annotations

from tests.cli.command import Command


def test_closed_cases_are_drawn_drawn_again_and_scored(archive: Command) -> None:
    days = ("--from", "2020-01-01", "--to", "2100-01-01")
    archive("draw", "make", "--seed", "7", "--count", "2", *days, status=4)
    for number in ("1", "2"):
        archive("case", "open", number)
        archive("case", "close", number)
    made = archive.json("draw", "make", "--seed", "7", "--count", "1", "--unit", "一中队", *days)
    assert (made["of"], len(made["drawn"])) == (2, 1)
    points = ["subject=10", "facts=28", "recording=20", "procedure=20", "law=10", "papers=9"]
    said = [word for point in points for word in ("--point", point)]
    archive("draw", "score", made["draw"], made["drawn"][0], "--point", "facts", status=2)
    assert archive.json("draw", "score", made["draw"], made["drawn"][0], *said)["total"] == 97
    shown = archive.json("draw", "show", made["draw"])
    assert (shown["same"], [s["total"] for s in shown["scores"]]) == (True, [97])
    assert "一致" in archive("--lang", "zh", "draw", "show", made["draw"]).text
    assert [i["id"] for i in archive.json("draw", "sheet")["items"]][1] == "facts"
