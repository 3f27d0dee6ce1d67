"""A path taken apart as far as a profile looks at it. Total: any bytes have a name.

Holds: at most 255 bytes of a base name and of each of the nearest folders are looked at, so
that a hostile recorder cannot make reading slow. Text may hold lone surrogates
(surrogateescape); `shown` takes them out before text leaves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from devices.paths import display

_MAX_NAME: Final = 255  # bytes; NAME_MAX of Linux, and no file system of recorders has more
_NEAREST: Final = 32  # folders above a clip that may say something about it
_LAST_WORD: Final = re.compile(r"[-_. ]([^-_. ]+)\Z")
_NO_DIGIT: Final = re.compile(r"[^0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One path, taken apart."""

    path: bytes
    folder: bytes
    base: str
    stem: str  # without the extension
    extension: str  # lower case, without the dot; "" when there is none
    kind: str


def take_apart(path: bytes, kinds: Mapping[str, str]) -> Name:
    """Split a path; its kind goes by the extension."""
    folder, _, raw = path.rpartition(b"/")
    base = _text(raw)
    stem, dot, extension = base.rpartition(".")
    if not dot or not stem:
        stem, extension = base, ""
    return Name(
        path=path,
        folder=folder,
        base=base,
        stem=stem,
        extension=extension.lower(),
        kind=kinds.get(extension.lower(), "unknown"),
    )


def folder_names(folder: bytes) -> list[str]:
    """The folders above a clip, the nearest first."""
    return [_text(name) for name in reversed(folder.rsplit(b"/", _NEAREST)[-_NEAREST:]) if name]


def without_mark(stem: str, marks: frozenset[str]) -> tuple[str, bool]:
    """The stem without a last word that is a mark (as in ``…_IMP``), and if there was one."""
    last = _LAST_WORD.search(stem)
    if last is None or last[1].casefold() not in marks:
        return stem, False
    return stem[: last.start()], True


def shown(text: str | None) -> str | None:
    r"""Text that can be encoded: bytes that are not UTF-8 become ``\xNN``."""
    return None if text is None else display(text.encode(errors="surrogateescape"))[0]


def start_of(match: re.Match[str]) -> tuple[str | None, datetime | None]:
    """The piece of a name that says when a clip starts, and the moment if it is a real one.

    The moment is naive: what the recorder's clock showed. Before 1970 and after 2099 it is
    no moment, whatever the digits say.
    """
    fields = match.groupdict()
    if (raw := fields.get("moment")) is not None:
        return raw, _moment(raw)
    date, time = fields.get("date"), fields.get("time")
    if date is None or time is None:
        return None, None
    if match.start("date") > match.start("time"):
        return f"{date} {time}", _moment(date + time)
    return match.string[match.start("date") : match.end("time")], _moment(date + time)


def _moment(text: str) -> datetime | None:
    digits = _NO_DIGIT.sub("", text)
    year, rest = int(digits[:4]), [int(digits[i : i + 2]) for i in range(4, 14, 2)]
    if not 1970 <= year <= 2099:
        return None
    month, day, hour, minute, second = rest
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - see start_of
    except ValueError:
        return None


def _text(name: bytes) -> str:
    return name[-_MAX_NAME:].decode(errors="surrogateescape")
