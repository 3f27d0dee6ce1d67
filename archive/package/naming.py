"""Names inside a package, safe on every system that a stranger may unpack it on (docs/formats/package.md).

Holds: a name made here is one path segment of at most 120 bytes of UTF-8, of letters of any script, digits, `.`, `-`
and `_`, with no dot in front or at the end, and none that Windows keeps for itself. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Final

_MOST: Final = 120  # bytes of UTF-8
_LONGEST_EXTENSION: Final = 16  # bytes; what is longer is no extension
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.I)
_EXTENSIONS: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
    "application/json": ".json",
    "application/geo+json": ".geojson",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
}


def file_name(path: str) -> str:
    """A name for the file that lay at `path` on its recorder."""
    last = unicodedata.normalize("NFC", path).rpartition("/")[2]
    name = "".join(c if _is_plain(c) else "_" for c in last).lstrip(".").rstrip(".")
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > _LONGEST_EXTENSION:
        stem, extension = name, ""
    ending = f".{extension}" if extension else ""
    name = _cut(stem, _MOST - len(ending.encode())) + ending
    if _RESERVED.fullmatch(name):
        name = f"_{name}"[:_MOST]
    return name or "_"


def rendition_name(kind: str, media_type: str | None) -> str:
    """A name for a rendition; `.bin` where its media type has no extension that we know."""
    return file_name(kind) + _EXTENSIONS.get(media_type or "", ".bin")


def package_name(title: str, made: datetime) -> str:
    """The name of the one folder: `title` is the case's number or the clip's id."""
    letters = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", title), flags=re.UNICODE)
    safe = _cut(file_name(letters).strip("-_."), 80) or "package"
    return f"muniment-{safe}-{made:%Y%m%dT%H%M%SZ}"


def _is_plain(c: str) -> bool:
    # Letters with their marks and digits; joiners and direction marks are neither.
    return c in "._-" or unicodedata.category(c)[0] in "LN" or unicodedata.category(c) == "Mn"


def _cut(text: str, most: int) -> str:
    return text.encode()[: max(most, 0)].decode(errors="ignore")
