"""The sections about what lies outside this machine: S3, timestamp authorities, witnesses, hardware keys."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from archive.errors import MalformedNoteError
from archive.ledger.witness.cosignature import CosignatureVerifier
from archive.settings.model import (
    STORE_KINDS,
    AuthoritySettings,
    Pkcs11Settings,
    PublicSettings,
    S3Settings,
    TimestampSettings,
    WitnessPolicy,
    WitnessSettings,
)
from archive.settings.table import Table

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_RETAIN: Final = re.compile(r"([1-9][0-9]{0,4}) (day|month|year)s?")
_DAYS: Final = {"day": 1, "month": 30.5, "year": 365.25}
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}")
_OID: Final = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_DAY_MINUTES: Final = 24 * 60


def read_s3(store: Table) -> S3Settings | None:
    """`[store]` and `[store.s3]`. Raises SettingsError."""
    kind = store.choice("kind", STORE_KINDS)
    table = store.table("s3")
    if kind != "s3":
        table.done()
        return None
    bucket, prefix = table.needed("bucket", str), table.read("prefix", str, "")
    if not _BUCKET.fullmatch(bucket):
        raise table.error("bucket", f"{bucket!r} is no name that a bucket can have")
    if prefix and (prefix.startswith("/") or not prefix.endswith("/")):
        raise table.error("prefix", f"{prefix!r} has to end in a slash, and not to begin with one")
    found = S3Settings(
        bucket=bucket,
        prefix=prefix,
        endpoint=_url(table, "endpoint") if table.read("endpoint", str) else None,
        region=table.read("region", str, "us-east-1"),
        retain_days=_days(table),
        legal_hold=table.read("legal_hold", bool, False),
    )
    table.done()
    return found


def _days(table: Table) -> int:
    text: str = table.read("retain", str, "6 months")
    match = _RETAIN.fullmatch(text)
    if match is None:
        raise table.error("retain", f"is {text!r}; it has to be like '6 months' or '400 days'")
    return round(int(match[1]) * _DAYS[match[2]])


def read_timestamps(table: Table, root: Path) -> TimestampSettings:
    """`[timestamps]` and `[[timestamps.authority]]`. Raises SettingsError."""
    minutes: int = table.read("every_minutes", int, 60)
    if not 1 <= minutes <= _DAY_MINUTES:
        raise table.error("every_minutes", f"is {minutes}; it has to be 1 to {_DAY_MINUTES}")
    authorities = tuple(_authority(item, root) for item in table.tables("authority"))
    names = [authority.name for authority in authorities]
    # By case alone they would be one folder where people unpack a package.
    if len({name.lower() for name in names}) < len(names):
        raise table.error("authority", "two of them have the same name")
    return TimestampSettings(
        embedded=table.read("embedded", bool, True),
        require_sync=table.read("require_sync", bool, False),
        every_minutes=minutes,
        authorities=authorities,
    )


def _authority(table: Table, root: Path) -> AuthoritySettings:
    name, policy = table.needed("name", str), table.read("policy", str)
    if not _NAME.fullmatch(name) or name.lower() == "embedded":
        raise table.error("name", f"is {name!r}; it may have letters, digits, dots and dashes")
    if policy is not None and not _OID.fullmatch(policy):
        raise table.error("policy", f"{policy!r} is no object identifier")
    ca = table.needed("ca", str)
    if "\0" in ca:
        raise table.error("ca", "is no path")
    found = AuthoritySettings(name=name, url=_url(table, "url"), ca=root / ca, policy=policy)
    table.done()
    return found


def read_witnesses(table: Table) -> WitnessPolicy:
    """`[witnesses]` and `[[witnesses.witness]]`. Raises SettingsError."""
    witnesses = tuple(_witness(item) for item in table.tables("witness"))
    keys = {w.vkey.split("+", 1)[0] for w in witnesses}
    if len(keys) < len(witnesses):
        raise table.error("witness", "two of them have the same name")
    quorum: int = table.read("quorum", int, len(witnesses))
    if not (0 if not witnesses else 1) <= quorum <= len(witnesses):
        raise table.error("quorum", f"is {quorum}, of {len(witnesses)} witnesses")
    return WitnessPolicy(quorum=quorum, witnesses=witnesses)


def _witness(table: Table) -> WitnessSettings:
    vkey = table.needed("vkey", str)
    try:
        CosignatureVerifier.from_vkey(vkey)
    except MalformedNoteError as e:
        raise table.error("vkey", f"is no key of a witness: {e}") from e
    found = WitnessSettings(url=_url(table, "url").rstrip("/"), vkey=vkey)
    table.done()
    return found


def read_pkcs11(table: Table) -> Pkcs11Settings | None:
    """`[keys.pkcs11]`. Raises SettingsError."""
    below = table.table("pkcs11")
    module = below.absolute("module")
    if module is None:
        below.done()
        return None
    found = Pkcs11Settings(
        module=module, token=below.needed("token", str), label=below.needed("label", str)
    )
    below.done()
    return found


def read_public(table: Table) -> PublicSettings:
    """`[public]`. Raises SettingsError."""
    url = _url(table, "url").rstrip("/") if table.read("url", str) else None
    platform = _url(table, "platform") if table.read("platform", str) else None
    return PublicSettings(url=url, platform=platform)


def _url(table: Table, name: str) -> str:
    value: str = table.needed(name, str)
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.username is not None or parts.password is not None:
        raise table.error(name, f"{value!r} has to be an http or https address without a password")
    return value
