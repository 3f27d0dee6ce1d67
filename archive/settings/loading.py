"""Reading `muniment.toml`.

Unknown names are refused, not ignored: a misspelt policy must not silently be the default.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from archive.durable import read_small
from archive.errors import NewerFormatError, NotAnArchiveError, SettingsError
from archive.ids import is_id
from archive.settings.catalogue import check_catalogue_url
from archive.settings.edge import read_edge
from archive.settings.exchange import read_exchange
from archive.settings.identity import read_identity, read_url
from archive.settings.model import (
    FORMAT,
    MOST_UPLOAD_MB,
    NAME,
    POLICIES,
    RELEASE_POLICIES,
    Settings,
)
from archive.settings.outside import (
    read_pkcs11,
    read_public,
    read_s3,
    read_timestamps,
    read_witnesses,
)
from archive.settings.table import Table

_SECTIONS: Final = (
    *("unit", "digests", "time", "register", "catalogue", "clock", "release"),
    *(
        "store",
        "timestamps",
        "witnesses",
        "keys",
        "gat947",
        "serve",
        "identity",
        "public",
        "exchange",
    ),
)
_ORIGIN: Final = re.compile(r"[^\s+\x00-\x20\x7f]{1,200}")


def check_origin(origin: str) -> str:
    """An origin that a signed note can carry. Raises SettingsError."""
    if not _ORIGIN.fullmatch(origin):
        raise SettingsError(
            f"the origin {origin!r} cannot be signed: use a name like station1.example.gov.cn/archive,"
            " without spaces and plus signs"
        )
    return origin


def is_archive(root: Path) -> bool:
    """Whether settings lie there: an archive, and not the empty folder below a disk that is away."""
    return (root / NAME).is_file()


def load(root: Path) -> Settings:
    """Read ROOT/muniment.toml.

    Raises:
        NotAnArchiveError: there is none.
        NewerFormatError: made by a newer Muniment.
        SettingsError: malformed; says where.
        OSError: the medium failed.
    """
    path = root / NAME
    document = _parse(root, path)
    version = document.get("format")
    if type(version) is not int or version < 1:
        raise SettingsError(f"{path}: format is {version!r}; this archive is of no known format")
    if version > FORMAT:
        raise NewerFormatError(
            f"{root} has format {version}; this Muniment knows {FORMAT}. Install a newer one"
        )
    return _settings(Table(document, path), root)


def _parse(root: Path, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_small(path).decode())
    except (FileNotFoundError, NotADirectoryError) as e:
        raise NotAnArchiveError(
            f"{root} is not an archive: it has no {NAME}. Make one with `muniment init --origin NAME`"
        ) from e
    except (ValueError, RecursionError) as e:
        # Bad TOML, bad UTF-8, a number of thousands of digits, brackets without end.
        raise SettingsError(f"{path}: {e}") from e
    except (IsADirectoryError, PermissionError) as e:
        # Whoever set it up did that. A medium that fails is no wrong setting.
        raise SettingsError(f"{path} cannot be read: {e.strerror}") from e


def _settings(top: Table, root: Path) -> Settings:
    top.read("format", int)
    tables = {name: top.table(name) for name in _SECTIONS}
    register, store = tables["register"], tables["store"]
    found = Settings(
        origin=check_origin(top.read("origin", str, "")),
        station=_id(top, "station", "station", "it has to be the id that `init` wrote") or "",
        unit=_id(tables["unit"], "id", "unit", "it has to be the id of a unit"),
        sm3=tables["digests"].read("sm3", bool, False),
        time_zone=_zone(tables["time"]),
        unregistered_recorder=register.choice("recorder", POLICIES),
        unregistered_officer=register.choice("officer", POLICIES),
        catalogue_url=_catalogue(tables["catalogue"]),
        clock_set=tables["clock"].read("set", bool, True),
        release_policy=_release(tables["release"]),
        immutable=store.read("immutable", bool, False),
        sealer=store.absolute("sealer"),
        gat947_library=tables["gat947"].absolute("library"),
        hosts=_hosts(tables["serve"]),
        upload_mb=_upload(tables["serve"]),
        url=read_url(tables["serve"]),
        edge=read_edge(tables["serve"]),
        s3=read_s3(store),
        timestamps=read_timestamps(tables["timestamps"], root),
        witnesses=read_witnesses(tables["witnesses"]),
        identity=read_identity(tables["identity"]),
        public=read_public(tables["public"]),
        exchange=read_exchange(tables["exchange"]),
        pkcs11=read_pkcs11(tables["keys"]),
    )
    if not found.station:
        raise top.error("station", "is missing; it has to be the id that `init` wrote")
    if found.identity.oidc is not None and found.url is None:
        raise tables["serve"].error("url", "is missing; single sign-on leads people back to it")
    if found.s3 is not None and found.immutable:
        raise store.error(
            "immutable", "is for objects on a local disk; S3 objects are locked there"
        )
    for table in (top, *tables.values()):
        table.done()
    return found


def _id(table: Table, name: str, kind: str, otherwise: str) -> str | None:
    value: str | None = table.read(name, str)
    if value is not None and not is_id(value, kind):
        raise table.error(name, f"is {value!r}; {otherwise}")
    return value


def _zone(table: Table) -> str:
    zone: str = table.read("zone", str, "Asia/Shanghai")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        # OSError: "America" is a folder of zones.
        raise table.error("zone", f"is {zone!r}; there is no such time zone") from e
    return zone


def _catalogue(table: Table) -> str | None:
    url: str | None = table.read("url", str)
    if url is None:
        return None
    try:
        return check_catalogue_url(url)
    except SettingsError as e:
        raise table.error("url", f"is of no use: {e}") from e


def _release(table: Table) -> str:
    if table.read("policy", str) == "after-replica":
        raise table.error(
            "policy",
            "'after-replica' cannot be promised until replication exists: it may be "
            + ", ".join(RELEASE_POLICIES),
        )
    return table.choice("policy", RELEASE_POLICIES)


def _hosts(table: Table) -> tuple[str, ...]:
    hosts = table.read("hosts", list, [])
    if not all(type(host) is str for host in hosts):
        raise table.error("hosts", "has to be a list of names")
    return tuple(hosts)


def _upload(table: Table) -> int:
    megabytes: int = table.read("upload_mb", int, 200)
    if not 1 <= megabytes <= MOST_UPLOAD_MB:
        raise table.error("upload_mb", f"is {megabytes}; it is 1 to {MOST_UPLOAD_MB}")
    return megabytes
