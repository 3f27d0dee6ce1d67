"""The two verifiers that go into a package. Both are the same bytes for everybody who has this version."""

from __future__ import annotations

from typing import Final

SCRIPT: Final = "verify.py"
PAGE: Final = "verify.html"


def verifiers() -> dict[str, bytes]:
    """Each by its name in the bag."""
    try:
        from archive.package.joining import verifier_script

        script = verifier_script()
    except ImportError:
        script = b"# not there yet\n"
    try:
        from archive.package.page import verifier_page

        page = verifier_page()
    except ImportError:
        page = b"<!doctype html><title>not there yet</title>\n"
    return {SCRIPT: script, PAGE: page}
