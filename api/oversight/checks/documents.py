"""Checks as JSON, for the API and the command line alike. No web framework here."""

from __future__ import annotations

from typing import Any

from archive.catalogue.times import moment_text
from archive.tables import Words
from oversight.checks.findings import Checked, Finding, Required


def checked(found: Checked) -> dict[str, Any]:
    """A case that was checked."""
    return {
        "case": found.number,
        "list": None
        if found.list_version is None
        else {"version": found.list_version, "sha256": found.list_digest},
        "open": len(found.open),
        "required": [required(each) for each in found.required],
        "findings": [finding(each) for each in found.findings],
    }


def required(found: Required) -> dict[str, Any]:
    """One required recording and how it stands."""
    asked = found.requirement
    return {
        "id": asked.id,
        "name": asked.name,
        "stage": asked.stage,
        "part": asked.part,
        "manner": asked.manner,
        "extent": "full" if asked.full else "key",
        "clause": _both(asked.clause),
        "source": _both(asked.source),
        "state": found.state,
        "clips": list(found.clips),
    }


def finding(found: Finding) -> dict[str, Any]:
    """One thing that is wrong."""
    asked, stop = found.requirement, found.explained
    return {
        "code": found.code,
        "required": None if asked is None else asked.id,
        "name": None if asked is None else asked.name,
        "clause": None if asked is None else _both(asked.clause),
        "source": None if asked is None else _both(asked.source),
        "document": found.document,
        "clip": found.clip,
        "from": _text(found.from_us),
        "to": _text(found.to_us),
        "by_us": found.by_us,
        "undated": found.undated,
        "explained": None
        if stop is None
        else {"code": stop.code, "reason": stop.reason, "index": stop.entry},
    }


def _both(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _text(moment: int | None) -> str | None:
    return None if moment is None else moment_text(moment)
