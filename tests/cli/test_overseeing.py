"""Deadlines, digests and excuses as a person at the station types them."""

from __future__ import annotations

from tests.cli.command import Command


def test_r2_a_case_without_a_file_is_told_and_its_digest_says_so(archive: Command) -> None:
    archive("case", "open", "2026-0117")
    assert archive.json("oversight", "deadlines")["deadlines"] == []
    archive("case", "end", "2026-0117", "--at", "2026-01-05T08:00:00Z")
    (row,) = archive.json("oversight", "deadlines", "--missed")["deadlines"]
    assert (row["case"], row["rule"], row["state"]) == ("2026-0117", "file", "missed")
    (row,) = archive.json("oversight", "deadlines", "2026-0117")["deadlines"]
    assert row["clause"]["zh"].startswith("三(三)")
    (unit,) = archive.json("oversight", "digest")["units"]
    assert (unit["missed"], unit["nearing"]) == (1, 0)
    assert "已逾期" in archive("--lang", "zh", "oversight", "digest").text
    assert archive.json("oversight", "digest", "--unit", "no such", status=4)["error"]
    assert archive.json("oversight", "deadlines", "no such", status=4)["error"]["code"] == "A070"
    refused = ("2026-0117", "--rule", "file", "--kind", "0", "--reason", "x")
    assert archive.json("oversight", "excuse", *refused, status=4)["error"]["code"] == "O011"
    archive("oversight", "excuse", "2026-0117", "--kind", "0", "--reason", "x", status=2)
