"""The release notes name the verifiers by digest: who gets one elsewhere has something to compare it with."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from archive.package.verifiers import verifiers

NOTES = (Path(__file__).resolve().parents[2] / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["verify.py", "verify.html"])
def test_the_release_notes_have_the_digest_of_each_verifier(name: str) -> None:
    digest = hashlib.sha256(verifiers()[name]).hexdigest()
    assert f"`{name}` {digest}" in NOTES
