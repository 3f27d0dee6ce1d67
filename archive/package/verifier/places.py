"""What may lie below data/: a closed list of paths, most of them from package.json (docs/formats/package.md).

Holds: a file that package.json and the paper do not name is found however it was sealed; so is a name without a file.
"""

from __future__ import annotations

from re import compile as regex
from re import escape
from typing import Any

from archive.package.verifier.contents import (
    CITED,
    ENTRIES,
    LEDGER_KEYS,
    PACKAGE,
    REPORT,
    TEXTS,
    WITNESS_KEYS,
    Contents,
)
from archive.package.verifier.found import sentence

PAYLOAD = (PACKAGE, ENTRIES, TEXTS, CITED, LEDGER_KEYS, WITNESS_KEYS, REPORT)
_REPORT_PDF = "data/report/report.pdf"
_NUMBER = "(?:0|[1-9][0-9]{0,18})"
_NAME = regex(r"[A-Za-z0-9.-]+")
_STAMP_FOLDER = regex(r"data/timestamps/[1-9][0-9]{0,18}-[A-Za-z0-9.-]+")
_IN_STAMP = regex(
    rf"checkpoint|token\.der|chain\.pem|revocation-{_NUMBER}\.(?:crl|ocsp)|{_NUMBER}\.tlog-proof"
)


def is_in_folder(path: Any, folder: str) -> bool:
    """Whether this is the path of a file right in this folder."""
    return isinstance(path, str) and regex(escape(folder) + "/[^/]+").fullmatch(path) is not None


def asked_authorities(contents: Contents) -> list[str]:
    """Who was to stamp the package, as `package.made` says."""
    asked = None if contents.seal is None else contents.seal.data.get("asked")
    names = asked if isinstance(asked, list) else []
    return [n for n in names if isinstance(n, str) and _NAME.fullmatch(n)]


def check_places(contents: Contents) -> None:
    """Every file below data/ has a place, and every place that package.json names has its file."""
    if not contents.package:  # said where it is read
        return
    allowed = {*PAYLOAD, _REPORT_PDF}
    for clip in contents.clips():
        for path in _clip_paths(clip):
            allowed.add(path)
            if not contents.has(path):
                contents.found("file_missing", path, sentence("file.missing"), str(clip["clip"]))
    listed = contents.package.get("timestamps")
    rows = [r for r in listed if isinstance(r, dict)] if isinstance(listed, list) else []
    folders = {r["folder"] for r in rows if isinstance(r.get("folder"), str)}
    names = {*asked_authorities(contents), *(str(r.get("authority")) for r in rows)}
    allowed |= {f"data/keys/{name}.pem" for name in names if _NAME.fullmatch(name)}
    for path in sorted(contents.source.files):
        if not path.startswith("data/") or path in allowed:
            continue
        folder, _, name = path.rpartition("/")
        if folder in folders and _STAMP_FOLDER.fullmatch(folder) and _IN_STAMP.fullmatch(name):
            continue
        contents.found("file_extra", path, sentence("file.no_place"))


def _clip_paths(clip: dict[str, Any]) -> list[str]:
    """Those that a clip's line in package.json names, where they are in its folders."""
    folder = f"data/clips/{clip['clip']}"
    renditions = clip.get("renditions")
    rows = renditions if isinstance(renditions, list) else []
    named = [r.get("path") for r in rows if isinstance(r, dict)]
    found = [str(path) for path in named if is_in_folder(path, f"{folder}/renditions")]
    if is_in_folder(clip.get("original"), f"{folder}/original"):
        found.append(str(clip["original"]))
    return found
