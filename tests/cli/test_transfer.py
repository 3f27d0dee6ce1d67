"""A transfer as it is typed: made, checked without an archive, its receipt recorded; and one that fails its tests."""

from __future__ import annotations

from tests.cli.command import Command


def test_a_case_goes_over_and_its_receipt_comes_back(archive: Command) -> None:
    card = archive.cwd / "card"
    card.mkdir()
    (card / "note.txt").write_text("笔记")
    archive("case", "open", "7")
    archive("dock", card, "--case", "7")
    archive("derive")
    make = ("transfer", "make", "7", "--to", "市综合档案馆", "--fonds", "J017", "--out", "out")
    archive(*make, status=2)
    archive("case", "close", "7")
    made = archive.json(*make)
    assert (made["sent"], made["failed"], made["clips"]) == (True, [], 1)
    elsewhere = Command(root=archive.cwd / "nothing", cwd=archive.cwd)
    vkey = archive("ledger", "vkey").text.strip()
    checked = elsewhere.json("transfer", "check", "out", "--by", "市综合档案馆", "--vkey", vkey)
    assert (checked["ok"], checked["pinned"], checked["result"]) == (True, True, "received")
    assert checked["transfer"] == made["transfer"]
    receipt = archive.cwd / "out-receipt.json"
    elsewhere("transfer", "check", "out", "--by", "馆", status=2)  # there is a receipt already
    taken = archive.json("transfer", "receipt", "7", receipt)
    assert (taken["result"], taken["root"]) == ("received", None)
    archive("transfer", "receipt", "7", receipt, status=4)
    shown = archive("--lang", "zh", "transfer", "show", "7").text
    assert "移交至" in shown
    assert "接收方" in shown
    assert "未核对由谁出具" in shown
    assert "who wrote it was not checked" in archive("transfer", "show", "7").text
    assert made["code"] in shown
    (archive.cwd / "out" / "more.txt").write_text("x")
    refused = ("transfer", "check", "out", "--by", "馆", "--out", "second.json")
    assert elsewhere.json(*refused, status=1)["result"] == "refused"
    assert archive("audit").status == 0


def test_a_recording_that_never_opened_is_not_sent(archive: Command) -> None:
    card = archive.cwd / "card"
    card.mkdir()
    (card / "a.mp4").write_bytes(b"no video" * 300)
    archive("case", "open", "8")
    archive("dock", card, "--case", "8")
    archive("derive", status=None)
    archive("case", "close", "8")
    make = ("transfer", "make", "8", "--to", "馆", "--fonds", "J017", "--out", "out")
    assert archive.json(*make, status=3)["failed"] == ["recordings_open"]
    assert not (archive.cwd / "out").exists()
    assert "未移交" in archive("--lang", "zh", *make, status=3).text
