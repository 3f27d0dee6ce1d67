"""`[exchange]` and `[[exchange.peer]]`: who exchanges messages with this archive, and with which certificates."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from archive.errors import MalformedNoteError
from archive.ledger.note import Verifier
from archive.settings.model import ExchangeSettings, PeerSettings
from archive.settings.table import Table

_NAME: Final = re.compile(r"[\w.-]{1,64}")
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
_MOST_MB: Final = 10_000_000
_MOST_DAYS: Final = 3650


def read_exchange(table: Table) -> ExchangeSettings:
    """Read it. Raises SettingsError."""
    chain, key = table.absolute("tls_cert"), table.absolute("tls_key")
    if (chain is None) != (key is None):
        raise table.error("tls_cert", "and tls_key belong together; one is missing")
    peers = tuple(_peer(item) for item in table.tables("peer"))
    for what in ("name", "origin", "fingerprint"):
        if len({str(getattr(peer, what)).lower() for peer in peers}) < len(peers):
            raise table.error("peer", f"two of them have the same {what}")
    defaults = ExchangeSettings()
    return ExchangeSettings(
        tls_cert=chain,
        tls_key=key,
        client_ca=table.absolute("client_ca"),
        most_mb=_within(table, "most_mb", defaults.most_mb, _MOST_MB),
        keep_days=_within(table, "keep_days", defaults.keep_days, _MOST_DAYS),
        peers=peers,
    )


def _within(table: Table, name: str, default: int, most: int) -> int:
    number: int = table.read(name, int, default)
    if not 1 <= number <= most:
        raise table.error(name, f"is {number}; it is 1 to {most}")
    return number


def _peer(table: Table) -> PeerSettings:
    name: str = table.needed("name", str)
    if not _NAME.fullmatch(name):
        raise table.error("name", f"is {name!r}; it may have letters, digits, dots and dashes")
    # As `openssl x509 -fingerprint -sha256` writes it, or without its colons.
    fingerprint = str(table.needed("fingerprint", str)).replace(":", "").lower()
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise table.error("fingerprint", "is no SHA-256 in hex")
    found = PeerSettings(
        name=name,
        fingerprint=fingerprint,
        vkeys=_vkeys(table),
        url=_url(table),
        ca=table.absolute("ca"),
    )
    if found.url is not None and found.ca is None:
        raise table.error("ca", "is missing; nobody else is believed to be at its url")
    table.done()
    return found


def _vkeys(table: Table) -> tuple[str, ...]:
    vkeys = table.needed("vkeys", list)
    try:
        names = {Verifier.from_vkey(vkey if type(vkey) is str else "").name for vkey in vkeys}
    except MalformedNoteError as e:
        raise table.error("vkeys", f"names what is no key of a ledger: {e}") from e
    if len(names) != 1:
        raise table.error("vkeys", "has to name keys of one ledger")
    return tuple(vkeys)


def _url(table: Table) -> str | None:
    value: str | None = table.read("url", str)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        good = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.username is not None or parts.query or parts.fragment:
        raise table.error("url", f"{value!r} has to be an https address without a password")
    return value.rstrip("/")
