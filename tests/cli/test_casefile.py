"""A case from filing to closing, and its subject, as an archivist types it. In this process: a start costs a second."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from archive.audit import audit
from archive.casefiles.errors import StageOrderError, StageTimeError
from archive.errors import ArchiveError
from archive.opening import create_archive
from archive.package.report import fonts
from muniment.answer import Answer, Asked
from muniment.errors import UnknownNameError, WrongUsageError
from muniment.grammar import read_command
from muniment.messages import Language

KEY = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=archivist")


class Typed:
    """What is typed on one archive."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, *words: str | Path, language: Language = "en") -> Answer:
        """Read the words and do what they ask for."""
        job = read_command([str(word) for word in words], language)
        assert not isinstance(job, str)
        return job(Asked(root=self.root, json=True, language=language))

    def json(self, *words: str | Path) -> dict[str, Any]:
        """What a script gets."""
        return self(*words).document


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    create_archive(tmp_path / "root", origin="station.test/archive", unit="North")
    found = Typed(tmp_path / "root")
    found("case", "open", "2026-9", "--title", "占道经营")
    return found


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(words, cwd=folder, capture_output=True, check=True)


def test_a_case_goes_its_way_and_is_closed_with_a_signature(typed: Typed, tmp_path: Path) -> None:
    company = ("福州某公司", "--kind", "organisation", "--number", "91350100m000100y43")
    one = typed.json("subject", "add", *company)["subject"]
    filed = ("case", "file", "2026-9", "--act", "inspection", "--subject", "91350100M000100Y43")
    said = typed.json(*filed)
    assert (said["act"], said["subjects"][0]["subject"]) == ("inspection", one)
    with pytest.raises(UnknownNameError):
        typed(*filed, "--officer", "999999")
    stage = ("case", "stage", "2026-9")
    with pytest.raises(StageOrderError):
        typed(*stage, "conclusion", "--at", "2026-01-02")
    typed(*stage, "investigation", "--at", "2026-01-02")
    with pytest.raises(StageTimeError):
        typed(*stage, "conclusion", "--at", "2026-01-01")
    typed(*stage, "conclusion", "--at", "2026-01-03")
    typed("case", "end", "2026-9", "--at", "2026-01-03")
    with pytest.raises(WrongUsageError):
        typed("case", "catalogue", "2026-9", "--p7s")
    data = typed("case", "catalogue", "2026-9").raw
    assert data is not None
    (tmp_path / "catalogue.json").write_bytes(data)
    openssl(tmp_path, *KEY, "-keyout", "key.pem", "-out", "own.pem", "-days", "2")
    sign = ("openssl", "cms", "-sign", "-binary", "-signer", "own.pem", "-inkey", "key.pem")
    openssl(tmp_path, *sign, "-in", "catalogue.json", "-outform", "DER", "-out", "made.p7s")
    with pytest.raises(WrongUsageError):
        typed("case", "close", "2026-9", "--certificate", tmp_path / "own.pem")
    closed = typed.json("case", "close", "2026-9", "--signature", tmp_path / "made.p7s")
    assert (closed["state"], closed["signature"] is not None) == ("closed", True)
    assert typed("case", "catalogue", "2026-9").raw == data
    assert typed("case", "catalogue", "2026-9", "--p7s").raw == (tmp_path / "made.p7s").read_bytes()
    typed("case", "reopen", "2026-9", "--reason", "补充材料")
    again = ("--sign-with", tmp_path / "key.pem", "--certificate", tmp_path / "own.pem")
    with pytest.raises(StageOrderError):
        typed("case", "close", "2026-9", *again)
    typed(*stage, "conclusion", "--at", "2026-01-04", "--reason", "补齐")
    text = typed("case", "close", "2026-9", *again, language="zh").text
    assert "卷内目录由 CN=archivist 签名" in text
    assert "行政检查" in text
    assert typed.json("subject", "show", one)["cases"] == ["2026-9"]
    assert audit(tmp_path / "root").ok


@pytest.mark.skipif(fonts.find() is None, reason="needs a font with Chinese: fonts-noto-cjk")
def test_a_form_is_typed_and_what_it_says_taken_back(typed: Typed) -> None:
    typed("case", "file", "2026-9", "--act", "penalty")
    form = ("case", "form", "2026-9", "service", "--set", "delivered=决定书", "--set", "place=本局")
    with pytest.raises(ArchiveError, match="needs subject"):
        typed(*form)
    whole = (*form, "--set", "manner=直接", "--set", "subject=李四", "--set", "officers=王五")
    made = typed.json(*whole, "--set", "from=2026-01-18 09:00")
    assert made["pages"] == 1
    typed("case", "time", made["document"], "service")
    pdf = typed("case", "catalogue", "2026-9", "--pdf").raw
    assert pdf is not None
    assert pdf.startswith(b"%PDF")
    with pytest.raises(WrongUsageError):
        typed(*whole, "--set", "nothing")


def test_subjects_are_found_merged_and_split_and_a_decision_revoked(typed: Typed) -> None:
    one = typed.json("subject", "add", "张三丰", "--kind", "person")["subject"]
    other = typed.json("subject", "add", "张三", "--kind", "person")["subject"]
    assert {s["subject"] for s in typed.json("subject", "find", "张三")["subjects"]} == {one, other}
    typed("case", "file", "2026-9", "--act", "payment", "--subject", one)
    merged = typed.json("subject", "merge", one, other, "--reason", "曾用名")
    assert (merged["cases"], len(merged["same"])) == (["2026-9"], 2)
    split = typed("subject", "split", one, other, "--reason", "两人", language="zh")
    assert "张三丰" in split.text
    assert typed.json("subject", "show", other)["cases"] == []
    for stage, day in (("initiation", 1), ("decision", 2)):
        typed("case", "stage", "2026-9", stage, "--at", f"2026-01-0{day}")
    revoke = ("case", "revoke", "2026-9", "--at", "2026-01-05", "--reason", "复议撤销")
    assert typed.json(*revoke, "--how", "revoked")["revocations"][0]["how"] == "revoked"
    with pytest.raises(WrongUsageError):
        typed(*revoke, "--how", "lost")
    assert "2026-9" in typed("case", "file", "2026-9", language="zh").text
