"""Maker profiles from TOML. Any bytes are a `Profile` or a `ProfileError`, nothing else.

The format is docs/formats/profile.md. Strict: a key that the format does not have is an
error, since a rule that is silently not applied looks like footage without a mark.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from devices.errors import ProfileError
from devices.profiles.model import Profile
from devices.profiles.patterns import compile_pattern
from devices.profiles.segments import Segments

FORMAT: Final = 1
KINDS: Final = ("video", "photo", "audio", "document", "data", "unknown")
_MAX_BYTES: Final = 64 * 1024
_MAX_ITEMS: Final = 200
_MAX_TEXT: Final = 200  # characters
_MAX_TOLERANCE: Final = 60_000  # ms; what lies further apart is another recording
_MAX_LENGTH: Final = 86_400  # s
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")
_KEYS: Final = {
    "": {"format", "name", "maker", "extends", "title", "recognise", "names", "folders"}
    | {"marks", "kinds", "side", "segments"},
    "title": {"en", "zh"},
    "recognise": {"folders"},
    "names": {"patterns"},
    "folders": {"patterns"},
    "marks": {"words", "folders"},
    "kinds": set(KINDS),
    "side": {"extensions", "prefixes"},
    "segments": {"chapters", "tolerance_ms", "lengths_s"},
}


def load_profiles() -> list[Profile]:
    """The profiles that are shipped, by name, the generic one last."""
    files = {
        entry.name.removesuffix(".toml"): entry.read_bytes()
        for entry in resources.files("devices.profiles").iterdir()
        if entry.name.endswith(".toml")
    }
    generic = parse_profile(files.pop("generic"))
    return [parse_profile(files[name], [generic]) for name in sorted(files)] + [generic]


def parse_profile(raw: bytes, known: list[Profile] | None = None) -> Profile:
    """Read one profile.

    Args:
        raw: the TOML file's bytes.
        known: profiles that it may extend.

    Raises:
        ProfileError: it breaks the format. Says where.
    """
    root = _Table("", _toml(raw))
    version = root.values.get("format")
    if type(version) is not int or version != FORMAT:  # True and 1.0 equal 1 as well
        raise ProfileError(f"its format is not {FORMAT}")
    name = root.text("name")
    if not _NAME.match(name):
        raise ProfileError("its name is not 1 to 32 of a-z, 0-9 and -")
    base = _base(root, known or [])
    marks_table, kinds, side = root.table("marks"), root.table("kinds"), root.table("side")
    words = marks_table.texts("words")
    marks = frozenset(map(str.casefold, words)) | (base.marks if base else frozenset())
    own = _patterns(root.table("names"), marks)
    folders = frozenset(map(str.casefold, marks_table.texts("folders")))
    title = root.table("title")
    return Profile(
        name=name,
        maker=root.text("maker"),
        title_en=title.text("en"),
        title_zh=title.text("zh"),
        layout=frozenset(map(str.casefold, root.table("recognise").texts("folders"))),
        own_patterns=own if base else (),
        patterns=own + (base.patterns if base else ()),
        folder_patterns=_patterns(root.table("folders"), marks)
        + (base.folder_patterns if base else ()),
        marks=marks,
        mark_folders=folders | (base.mark_folders if base else frozenset()),
        kinds=(dict(base.kinds) if base else {}) | _kinds(kinds),
        side_extensions=frozenset(map(str.lower, side.texts("extensions")))
        | (base.side_extensions if base else frozenset()),
        side_prefixes=(dict(base.side_prefixes) if base else {}) | _prefixes(side),
        segments=_segments(root.table("segments"), marks, base.segments if base else Segments()),
    )


class _Table:
    """A TOML table whose values are taken by type."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self.name = name
        self.values = values
        if name in _KEYS and (strange := values.keys() - _KEYS[name]):
            raise ProfileError(f"{self._at(min(strange))} is no key of the format")

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
            raise ProfileError(f"{self._at(key)} is not a text of 1 to {_MAX_TEXT} characters")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.values.get(key, [])
        if not isinstance(values, list) or len(values) > _MAX_ITEMS:
            raise ProfileError(f"{self._at(key)} is not a list of up to {_MAX_ITEMS} texts")
        if not all(isinstance(v, str) and 0 < len(v) <= _MAX_TEXT for v in values):
            raise ProfileError(f"{self._at(key)} holds what is no text")
        return tuple(values)

    def number(self, key: str, most: int, otherwise: int) -> int:
        value = self.values.get(key, otherwise)
        if type(value) is not int or not 0 <= value <= most:  # True is an int as well
            raise ProfileError(f"{self._at(key)} is not an integer from 0 to {most}")
        return value

    def numbers(self, key: str, most: int) -> tuple[int, ...]:
        values = self.values.get(key, [])
        if not isinstance(values, list) or len(values) > _MAX_ITEMS:
            raise ProfileError(f"{self._at(key)} is not a list of up to {_MAX_ITEMS} integers")
        if not all(type(v) is int and 0 < v <= most for v in values):
            raise ProfileError(f"{self._at(key)} holds what is no integer from 1 to {most}")
        return tuple(values)

    def table(self, key: str) -> _Table:
        value = self.values.get(key, {})
        if not isinstance(value, dict) or len(value) > _MAX_ITEMS:
            raise ProfileError(f"{self._at(key)} is not a table of up to {_MAX_ITEMS} keys")
        return _Table(key, value)

    def _at(self, key: str) -> str:
        return f"{self.name}.{key[:_MAX_TEXT]}".lstrip(".")


def _toml(raw: bytes) -> dict[str, Any]:
    if len(raw) > _MAX_BYTES:
        raise ProfileError(f"it has more than {_MAX_BYTES} bytes")
    try:
        return tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as e:  # not UTF-8, no TOML, or nested without end
        raise ProfileError(f"it is no TOML: {e}") from e


def _base(root: _Table, known: list[Profile]) -> Profile | None:
    if "extends" not in root.values:
        return None
    wanted = root.text("extends")
    for profile in known:
        if profile.name == wanted:
            return profile
    raise ProfileError("the profile that it extends is not there")


def _patterns(table: _Table, marks: frozenset[str]) -> tuple[re.Pattern[str], ...]:
    patterns = _compiled(table, "patterns", marks)
    if any(pattern.groupindex.keys() & {"number", "chapter"} for pattern in patterns):
        raise ProfileError("{number} and {chapter} stand in segments.chapters only")
    return patterns


def _compiled(table: _Table, key: str, marks: frozenset[str]) -> tuple[re.Pattern[str], ...]:
    words = tuple(sorted(marks, key=lambda word: (-len(word), word)))  # the longest wins
    return tuple(compile_pattern(text, words) for text in table.texts(key))


def _segments(table: _Table, marks: frozenset[str], base: Segments) -> Segments:
    chapters = _compiled(table, "chapters", marks)
    if any("number" not in pattern.groupindex for pattern in chapters):
        raise ProfileError("a pattern of segments.chapters has no {number}")
    return Segments(
        chapters=chapters + base.chapters,
        tolerance_ms=table.number("tolerance_ms", _MAX_TOLERANCE, base.tolerance_ms),
        lengths_s=table.numbers("lengths_s", _MAX_LENGTH) or base.lengths_s,
    )


def _kinds(table: _Table) -> dict[str, str]:
    return {e.lower(): kind for kind in KINDS for e in table.texts(kind)}


def _prefixes(side: _Table) -> dict[str, tuple[str, ...]]:
    table = side.table("prefixes")
    return {prefix: table.texts(prefix) for prefix in sorted(table.values) if prefix}
