"""verify.html: the verifier of evidence packages that works in a browser, offline, by double click."""

from __future__ import annotations

from archive.package.page.joining import custody_engine, verifier_page

__all__ = ["custody_engine", "verifier_page"]
