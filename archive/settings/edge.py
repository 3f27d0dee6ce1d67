"""The part of `[serve]` that is about who is outside: TLS, proxies that are believed, how often one may ask."""

from __future__ import annotations

import ipaddress
from typing import Final

from archive.settings.model import EdgeSettings
from archive.settings.table import Table

_MOST: Final = 1_000_000


def read_edge(table: Table) -> EdgeSettings:
    """Read it. Raises SettingsError."""
    chain, key = table.absolute("tls_cert"), table.absolute("tls_key")
    if (chain is None) != (key is None):
        raise table.error("tls_cert", "and tls_key belong together; one is missing")
    proxies = table.read("proxies", list, [])
    for proxy in proxies:
        try:
            ipaddress.ip_network(proxy if type(proxy) is str else "")
        except ValueError as e:
            raise table.error("proxies", f"names {proxy!r}, which is no network: {e}") from e
    kinds = EdgeSettings().a_minute
    a_minute = {kind: table.read(f"{kind}_a_minute", int, most) for kind, most in kinds.items()}
    for kind, most in a_minute.items():
        if not 0 <= most <= _MOST:
            raise table.error(f"{kind}_a_minute", f"is {most}; it is 0, no limit, to {_MOST}")
    return EdgeSettings(tls_cert=chain, tls_key=key, proxies=tuple(proxies), a_minute=a_minute)
