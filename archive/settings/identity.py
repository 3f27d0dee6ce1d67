"""The section about signing in. What a role may see is no setting."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from archive.settings.model import IdentitySettings, OidcSettings
from archive.settings.table import Table

ROLES: Final = ("officer", "supervisor", "archivist", "reviewer", "oversight", "administrator")
_DAY: Final = 24 * 60
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def read_identity(table: Table) -> IdentitySettings:
    """`[identity]`. Raises SettingsError."""
    roles = table.read("second_factor", list, [])
    if not all(role in ROLES for role in roles):
        raise table.error("second_factor", f"has to be a list of roles: {', '.join(ROLES)}")
    return IdentitySettings(
        second_factor=frozenset(roles),
        bind_network=table.read("bind_network", bool, False),
        session_minutes=_minutes(table, "session_minutes", 12 * 60),
        idle_minutes=_minutes(table, "idle_minutes", 2 * 60),
        oidc=_oidc(table),
    )


def read_url(table: Table) -> str | None:
    """How people reach the page, an origin (RFC 6454). Raises SettingsError."""
    url: str | None = table.read("url", str)
    if url is None:
        return None
    parts = urlsplit(url.rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise table.error("url", f"is {url!r}; it has to be like https://archive.example:8443")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _oidc(table: Table) -> OidcSettings | None:
    if table.read("oidc", dict) is None:
        return None
    oidc = table.table("oidc")
    issuer: str = oidc.needed("issuer", str)
    parts = urlsplit(issuer)
    # OpenID Connect Discovery 1.0, 3: https, no query, no fragment. What stays on this machine needs no TLS.
    plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not (parts.scheme == "https" or plain) or not parts.hostname or parts.query + parts.fragment:
        raise oidc.error("issuer", f"is {issuer!r}; it has to be an https URL")
    found = OidcSettings(
        issuer=issuer,
        client_id=oidc.needed("client_id", str),
        name=oidc.read("name", str, parts.hostname),
        claim=oidc.read("claim", str, "sub"),
    )
    oidc.done()
    return found


def _minutes(table: Table, name: str, default: int) -> int:
    minutes: int = table.read(name, int, default)
    if not 1 <= minutes <= _DAY:
        raise table.error(name, f"is {minutes}; it has to be 1 to {_DAY}")
    return minutes
