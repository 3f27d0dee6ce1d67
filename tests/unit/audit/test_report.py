from __future__ import annotations

import hashlib
import re
from pathlib import Path

from archive.audit import AuditReport, CatalogueNotCheckedError, Code, Finding, Sample
from archive.audit.errors import AuditError, AuditFailedError
from archive.audit.report import NoticeCode
from muniment.messages import sentence

DOCS = Path(__file__).resolve().parents[3] / "docs" / "audit.md"
FAULTS = Path(__file__).resolve().parents[2] / "fault" / "test_audit_findings.py"


def test_every_code_is_documented_and_every_documented_code_is_there() -> None:
    rows = [line.split("|")[1] for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    listed = {code for row in rows for code in re.findall(r"`([a-z][a-z_0-9]+)`", row)}
    assert listed == {str(code) for code in [*Code, *NoticeCode]}


def test_every_code_has_its_meaning_in_both_languages_as_the_docs_have_it() -> None:
    text = DOCS.read_text()
    for code in [*Code, *NoticeCode]:
        meanings = [sentence("zh", f"audit.code.{code}"), sentence("en", f"audit.code.{code}")]
        assert " · ".join(meanings) in text, code


def test_every_error_is_documented() -> None:
    text = DOCS.read_text()
    for error in (AuditError, AuditFailedError, CatalogueNotCheckedError):
        assert f"| {error.code} |" in text
        assert error.exit_status == 5


def test_json_has_the_members_of_the_contract() -> None:
    finding = Finding(code=Code.OBJECT_CHANGED, where="store/x", detail="d", subject="clip-1")
    said = AuditReport(mode="full", findings=(finding,)).to_json()
    assert said["ok"] is False
    assert said["findings"] == [
        {"code": "object_changed", "subject": "clip-1", "where": "store/x", "detail": "d"}
    ]
    assert said.keys() >= {
        "mode",
        "objects_checked",
        "bytes_checked",
        "entries_checked",
        "tiles_checked",
        "signatures_checked",
        "timestamps_checked",
        "interrupted",
    }
    assert AuditReport(mode="full").to_json()["ok"] is True


def test_a_sample_is_the_first_in_the_order_of_the_seed_and_rounded_up() -> None:
    digests = [hashlib.sha256(bytes([i])).digest() for i in range(100)]
    some = Sample(percent=2.5, seed="7").draw(digests)
    assert len(some) == 3
    assert some == set(sorted(digests, key=lambda d: hashlib.sha256(b"7" + d).digest())[:3])
    assert some != Sample(percent=2.5, seed="8").draw(digests)
    assert Sample(percent=100, seed="7").draw(digests) == set(digests)
    assert Sample(percent=1, seed="7").draw([]) == set()
