"""A case from filing to closing, and its subject, as an archivist types it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from archive.package.report import fonts
from tests.cli.command import Command


@pytest.mark.slow
def test_a_case_goes_its_way_and_is_closed_with_a_signature(
    archive: Command, tmp_path: Path
) -> None:
    archive("case", "open", "2026-9", "--title", "占道经营")
    one = archive.json(
        *("subject", "add", "福州某公司", "--kind", "organisation"),
        *("--number", "91350100m000100y43"),
    )["subject"]
    filed = archive.json(
        "case", "file", "2026-9", "--act", "inspection", "--subject", "91350100M000100Y43"
    )
    assert (filed["act"], filed["subjects"][0]["subject"]) == ("inspection", one)
    refused = archive("case", "stage", "2026-9", "conclusion", "--at", "2026-01-02", status=4)
    assert "[A200]" in refused.err
    archive("case", "stage", "2026-9", "investigation", "--at", "2026-01-02")
    archive("case", "stage", "2026-9", "conclusion", "--at", "2026-01-01", status=2)
    archive("case", "stage", "2026-9", "conclusion", "--at", "2026-01-03")
    archive("case", "end", "2026-9", "--at", "2026-01-03")
    if fonts.find() is not None:
        form = ("case", "form", "2026-9", "conclusion", "--set", "carried_out=当场改正")
        assert archive.json(*form)["pages"] == 1
    data = archive("case", "catalogue", "2026-9").out
    (tmp_path / "catalogue.json").write_bytes(data)
    key = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=archivist")
    made = (*key, "-keyout", "key.pem", "-out", "own.pem", "-days", "2")
    subprocess.run(made, cwd=tmp_path, capture_output=True, check=True)
    sign = ("openssl", "cms", "-sign", "-binary", "-signer", "own.pem", "-inkey", "key.pem")
    command = (*sign, "-in", "catalogue.json", "-outform", "DER", "-out", "catalogue.p7s")
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    archive("case", "close", "2026-9", "--certificate", tmp_path / "own.pem", status=2)
    closed = archive.json("case", "close", "2026-9", "--signature", tmp_path / "catalogue.p7s")
    assert (closed["state"], closed["signature"] is not None) == ("closed", True)
    archive("case", "reopen", "2026-9", "--reason", "补充材料")
    again = ("--sign-with", tmp_path / "key.pem", "--certificate", tmp_path / "own.pem")
    archive("case", "close", "2026-9", *again, status=4)  # not concluded again
    archive("case", "stage", "2026-9", "conclusion", "--at", "2026-01-04", "--reason", "补齐")
    text = archive("case", "close", "2026-9", *again, "--lang", "zh").text
    assert "卷内目录由 CN=archivist 签名" in text
    assert "行政检查" in text
    assert archive.json("subject", "show", one)["cases"] == ["2026-9"]
    archive("audit")
