"""The two verifiers that go into a package. Both are the same bytes for everybody who has this version."""

from __future__ import annotations

from typing import Final

from archive.package.joining import verifier_script
from archive.package.page import verifier_page

SCRIPT: Final = "verify.py"
PAGE: Final = "verify.html"


def verifiers() -> dict[str, bytes]:
    """Each by its name in the bag."""
    return {SCRIPT: verifier_script(), PAGE: verifier_page()}
