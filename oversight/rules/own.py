"""The rules that bind one archive: the country's, and what lies in ROOT/rules of its province, city and agency."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from oversight.errors import RuleFileError
from oversight.rules.book import RuleBook
from oversight.rules.model import LEVELS, RuleFile
from oversight.rules.reading import MOST, national, read_rules

FOLDER: Final = "rules"  # below ROOT


def book_of(root: Path) -> RuleBook:
    """All rules that bind an archive.

    Raises:
        RuleFileError: a file is malformed, cannot be read, or is not of the level that its name says.
    """
    return RuleBook([national(), *(file for level in LEVELS[1:] for file in _own(root, level))])


def book_with(root: Path, other: RuleFile) -> RuleBook:
    """The same with another file in its level's place: what would be. Raises RuleFileError."""
    files = [] if other.level == "national" else [national()]
    files += [f for level in LEVELS[1:] if level != other.level for f in _own(root, level)]
    return RuleBook([*files, other])


def _own(root: Path, level: str) -> list[RuleFile]:
    path = root / FOLDER / f"{level}.toml"
    try:
        with path.open("rb") as file:
            data = file.read(MOST + 1)
    except FileNotFoundError:
        return []
    except OSError as e:
        raise RuleFileError(path.name, ((1, f"cannot be read: {e.strerror}"),)) from e
    found = read_rules(data, path.name)
    if found.level != level:
        raise RuleFileError(path.name, ((1, f"level: it has to be {level} in this file"),))
    return [found]
