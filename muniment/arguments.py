"""The global options, wherever they stand: before the command, behind it, but not after ``--``.

Pure: an argument list in, options and the rest out. The rest is for muniment/grammar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from muniment.errors import WrongUsageError
from muniment.messages import LANGUAGES, Language, language_of

DEFAULT_ROOT = Path("var/archive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Globals:
    """What they said."""

    root: Path
    json: bool
    language: Language
    rest: list[str]


def take_globals(arguments: Sequence[str], environment: Mapping[str, str]) -> Globals:
    """Split the global options from the others.

    Raises:
        WrongUsageError: one lacks its value, or the value is none of ours.
    """
    found: dict[str, str] = {}
    rest: list[str] = []
    json, words = False, iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
        elif word == "--json":
            json = True
        elif name in {"--root", "--lang"}:
            given = value if equals else next(words, None)
            # A folder may be called --json; then it is --root=--json.
            if not given or (not equals and given.startswith("--")):
                raise WrongUsageError(f"{name} needs a value")
            found[name] = given
        else:
            rest.append(word)
    root = found.get("--root") or environment.get("MUNIMENT_ROOT")
    return Globals(
        root=Path(root) if root else DEFAULT_ROOT,
        json=json,
        language=_language(found.get("--lang"), environment),
        rest=rest,
    )


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether ``--json`` is among them, however wrong the others are."""
    options = list(arguments)
    return "--json" in (options[: options.index("--")] if "--" in options else options)


def _language(given: str | None, environment: Mapping[str, str]) -> Language:
    if given is None:
        return language_of(environment)
    for language in LANGUAGES:
        if given == language:
            return language
    raise WrongUsageError(f"--lang is zh or en, not {given!r}")
