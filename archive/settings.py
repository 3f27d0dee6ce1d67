"""`muniment.toml`: an archive's settings. No secrets in it; those come from the environment.

Unknown names are refused, not ignored: a misspelt policy must not silently be the default.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from archive.errors import NewerFormatError, NotAnArchiveError, SettingsError
from archive.ids import is_id

FORMAT: Final = 1
NAME: Final = "muniment.toml"
POLICIES: Final = ("accept", "quarantine", "refuse")
RELEASE_POLICIES: Final = ("never", "after-verify")
_ORIGIN: Final = re.compile(r"[^\s+\x00-\x20\x7f]{1,200}")
_KNOWN: Final = {
    "": {"format", "origin", "station"},
    "unit": {"id"},
    "digests": {"sm3"},
    "time": {"zone"},
    "register": {"recorder", "officer"},
    "catalogue": {"url"},
    "clock": {"set"},
    "release": {"policy"},
    "store": {"url", "immutable"},
    "gat947": {"library"},
    "serve": {"hosts"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """See docs/settings.md for what each does."""

    origin: str  # name of the ledger, as in its checkpoints
    station: str  # id
    unit: str | None  # id of the station's unit
    sm3: bool
    time_zone: str
    unregistered_recorder: str  # one of POLICIES
    unregistered_officer: str  # one of POLICIES
    catalogue_url: str | None  # None: catalogue.db under ROOT
    clock_set: bool  # a recorder's clock is set after the receipt
    release_policy: str  # one of RELEASE_POLICIES
    immutable: bool  # objects get the file attributes that keep root from changing them
    gat947_library: Path | None  # a maker's SDK for recorders that speak GA/T 947
    hosts: tuple[str, ...]  # names under which the page may be reached, beside loopback

    @property
    def zone(self) -> ZoneInfo:
        """The zone that recorders' clocks run in."""
        return ZoneInfo(self.time_zone)


def check_origin(origin: str) -> str:
    """An origin that a signed note can carry. Raises SettingsError."""
    if not _ORIGIN.fullmatch(origin):
        raise SettingsError(
            f"the origin {origin!r} cannot be signed: use a name like station1.example.gov.cn/archive,"
            " without spaces and plus signs"
        )
    return origin


def write_text(
    *, origin: str, station: str, unit: str | None, sm3: bool, catalogue_url: str | None
) -> str:
    """The text of a new archive's muniment.toml."""
    unit_line = f"id = {json.dumps(unit)}" if unit else "# id of the unit this station belongs to"
    catalogue = json.dumps(catalogue_url, ensure_ascii=False) if catalogue_url else None
    url_line = (
        f"url = {catalogue}" if catalogue else "# url: default is catalogue.db beside this file"
    )
    return f"""\
# Settings of this archive. docs/settings.md says what each does. No secrets here.
format = {FORMAT}
origin = {json.dumps(origin, ensure_ascii=False)}
station = {json.dumps(station)}

[unit]
{unit_line}

[digests]
sm3 = {str(sm3).lower()}

[time]
zone = "Asia/Shanghai"

[register]
# What to do with a recorder or officer that nobody registered: accept, quarantine or refuse.
recorder = "accept"
officer = "accept"

[clock]
# Set a recorder's clock to the station's after its receipt; what it showed is kept before.
set = true

[release]
# When originals are erased from recorders: never, or after-verify (read back from this archive's disk, and equal).
policy = "never"

[catalogue]
{url_line}

[serve]
# Names under which the page may be reached, beside localhost and 127.0.0.1.
hosts = []
"""


def load(root: Path) -> Settings:
    """Read ROOT/muniment.toml.

    Raises:
        NotAnArchiveError: there is none.
        NewerFormatError: made by a newer Muniment.
        SettingsError: malformed; says where.
    """
    path = root / NAME
    try:
        document = tomllib.loads(path.read_bytes().decode())
    except (FileNotFoundError, NotADirectoryError) as e:
        raise NotAnArchiveError(
            f"{root} is not an archive: it has no {NAME}. Make one with `muniment init --origin NAME`"
        ) from e
    except (ValueError, RecursionError) as e:
        # Bad TOML, bad UTF-8, a number of thousands of digits, brackets without end.
        raise SettingsError(f"{path}: {e}") from e
    except OSError as e:
        raise SettingsError(f"{path} cannot be read: {e.strerror}") from e
    version = document.get("format")
    if type(version) is not int or version < 1:
        raise SettingsError(f"{path}: format is {version!r}; this archive is of no known format")
    if version > FORMAT:
        raise NewerFormatError(
            f"{root} has format {version}; this Muniment knows {FORMAT}. Install a newer one"
        )
    _check_names(document, path)
    return _settings(document, path)


def _check_names(document: dict[str, Any], path: Path) -> None:
    for name, value in document.items():
        if not isinstance(value, dict):
            if name not in _KNOWN[""]:
                raise SettingsError(f"{path}: unknown setting {name!r}")
        elif name not in _KNOWN or not name:
            raise SettingsError(f"{path}: unknown section [{name}]")
        elif unknown := sorted(value.keys() - _KNOWN[name]):
            raise SettingsError(f"{path}: unknown setting {unknown[0]!r} in [{name}]")


def _settings(document: dict[str, Any], path: Path) -> Settings:
    def read(section: str, name: str, kind: type, default: Any) -> Any:
        table = document if not section else document.get(section, {})
        value = table.get(name, default)
        if value is not default and type(value) is not kind:
            raise SettingsError(f"{path}: {name} has to be {kind.__name__}, not {value!r}")
        return value

    policies = {n: read("register", n, str, "accept") for n in ("recorder", "officer")}
    for name, value in policies.items():
        if value not in POLICIES:
            raise SettingsError(
                f"{path}: register.{name} is {value!r}; it may be {', '.join(POLICIES)}"
            )
    zone = read("time", "zone", str, "Asia/Shanghai")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        # OSError: "America" is a folder of zones.
        raise SettingsError(f"{path}: there is no time zone {zone!r}") from e
    policy = read("release", "policy", str, "never")
    if policy == "after-replica":
        raise SettingsError(
            f"{path}: release.policy {policy!r} cannot be promised until replication exists:"
            f" it may be {', '.join(RELEASE_POLICIES)}"
        )
    if policy not in RELEASE_POLICIES:
        raise SettingsError(
            f"{path}: release.policy is {policy!r}; it may be {', '.join(RELEASE_POLICIES)}"
        )
    library = read("gat947", "library", str, None)
    if library is not None and ("\0" in library or not Path(library).is_absolute()):
        # By a relative name the loader would look in places that others may write to.
        raise SettingsError(f"{path}: gat947.library {library!r} has to be an absolute path")
    store_url = read("store", "url", str, None)
    if store_url:
        raise SettingsError(f"{path}: store.url {store_url!r}: only the local store is there yet")
    station = read("", "station", str, None)
    if station is None or not is_id(station, "station"):
        raise SettingsError(
            f"{path}: station is {station!r}; it has to be the id that `init` wrote"
        )
    unit = read("unit", "id", str, None)
    if unit is not None and not is_id(unit, "unit"):
        raise SettingsError(f"{path}: unit.id is {unit!r}; it has to be the id of a unit")
    hosts = read("serve", "hosts", list, [])
    if not all(type(host) is str for host in hosts):
        raise SettingsError(f"{path}: serve.hosts has to be a list of names")
    return Settings(
        origin=check_origin(read("", "origin", str, "")),
        station=station,
        unit=unit,
        sm3=read("digests", "sm3", bool, False),
        time_zone=zone,
        unregistered_recorder=policies["recorder"],
        unregistered_officer=policies["officer"],
        catalogue_url=read("catalogue", "url", str, None),
        clock_set=read("clock", "set", bool, True),
        release_policy=policy,
        immutable=read("store", "immutable", bool, False),
        gat947_library=None if library is None else Path(library),
        hosts=tuple(hosts),
    )
