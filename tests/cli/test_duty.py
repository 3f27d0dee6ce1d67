"""Certificates, hand-overs, checks before duty and who is in charge, as a person at the station types them."""

from __future__ import annotations

import pytest

from tests.cli.command import Command


@pytest.mark.slow
def test_r14_a_certificate_is_entered_shown_and_withdrawn(archive: Command) -> None:
    archive("officer", "add", "7", "--name", "王")
    days = ("--from", "2020-01-01", "--until", "2099-12-31")
    entered = archive.json("officer", "certify", "7", "--number", "皖 1", *days)
    assert (entered["kind"], entered["until"]) == ("enforcement", "2099-12-31")
    archive("officer", "withdraw", "7", "--reason", "调离")
    assert "已收回" in archive("--lang", "zh", "officer", "list").text
    refused = archive.json("officer", "withdraw", "7", "--reviewer", "--reason", "x", status=4)
    assert refused["error"]["code"] == "O070"
    assert archive.json("station", "charge", "7")["officer"] == "7"
    # The service of this name still takes its own options.
    assert "--port" in archive("station", "--port", "99999", status=2).err


@pytest.mark.slow
def test_r8_a_recorder_is_handed_over_and_looked_at_before_duty(archive: Command) -> None:
    archive("recorder", "register", "SN-1")
    archive("officer", "add", "7")
    given = archive.json("recorder", "hand-over", "SN-1", "--to", "7", "--reason", "上岗")
    assert (given["from"], given["to"], given["reason"]) == (None, "7", "上岗")
    found = archive.json(
        *("recorder", "check", "SN-1", "--battery", "10", "--clock-off", "-1.5"), status=1
    )
    assert found["codes"] == ["battery_low", "card_not_looked_at"]
    assert found["offset_ms"] == -1500
    shown = archive.json("recorder", "show", "SN-1")
    assert (shown["assignments"][0]["by"], shown["assignments"][0]["officer"]) == (None, "7")
    assert [check["ok"] for check in shown["checks"]] == [False]
