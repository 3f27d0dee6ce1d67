"""One table of a TOML document, asked for its members by name and type."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from archive.errors import SettingsError

_KINDS: Final = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "a table",
}


class Table:
    """A table. `done` refuses names that nobody asked for: a misspelt policy must not be the default."""

    def __init__(self, values: dict[str, Any], path: Path, name: str = "") -> None:
        self._values = values
        self._path = path
        self._name = name
        self._asked: set[str] = set()

    def read(self, name: str, kind: type, default: Any = None) -> Any:
        """A member, or the default where it is not there. Raises SettingsError where it is of another kind."""
        self._asked.add(name)
        if name not in self._values:
            return default
        value = self._values[name]
        if type(value) is not kind:
            raise self.error(name, f"has to be {_KINDS[kind]}, not {value!r}")
        return value

    def needed(self, name: str, kind: type) -> Any:
        """A member that has to be there. Raises SettingsError."""
        value = self.read(name, kind)
        if value is None:
            raise self.error(name, "is missing")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of these words; the first is the default. Raises SettingsError."""
        value: str = self.read(name, str, choices[0])
        if value not in choices:
            raise self.error(name, f"is {value!r}; it may be {', '.join(choices)}")
        return value

    def absolute(self, name: str) -> Path | None:
        """The path of a library or file outside ROOT. Raises SettingsError."""
        value = self.read(name, str)
        if value is None:
            return None
        if "\0" in value or not Path(value).is_absolute():
            # By a relative name a loader would look in places that others may write to.
            raise self.error(name, f"{value!r} has to be an absolute path")
        return Path(value)

    def table(self, name: str) -> Table:
        """A table below this one; empty where it is not there. Raises SettingsError."""
        return Table(self.read(name, dict, {}), self._path, self._full(name))

    def tables(self, name: str) -> list[Table]:
        """An array of tables. Raises SettingsError."""
        items = self.read(name, list, [])
        if not all(type(item) is dict for item in items):
            raise self.error(name, "has to be a list of tables, [[...]]")
        return [Table(item, self._path, f"{self._full(name)}[{n}]") for n, item in enumerate(items)]

    def done(self) -> None:
        """Every member has been asked for. Raises SettingsError where one was not."""
        for name in sorted(self._values.keys() - self._asked):
            kind = "section" if type(self._values[name]) is dict else "setting"
            raise SettingsError(f"{self._path}: unknown {kind} {self._full(name)!r}")

    def error(self, name: str, what: str) -> SettingsError:
        """What is wrong with a member, for people."""
        return SettingsError(f"{self._path}: {self._full(name)} {what}")

    def _full(self, name: str) -> str:
        return f"{self._name}.{name}" if self._name else name
