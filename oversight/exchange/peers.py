"""Who is known: peers of the settings, by name, by ledger and by certificate."""

from __future__ import annotations

from archive.settings.model import ExchangeSettings, PeerSettings
from oversight.exchange.errors import UnknownPeerError


def named(settings: ExchangeSettings, name: str) -> PeerSettings:
    """The peer of a name. Raises UnknownPeerError."""
    for peer in settings.peers:
        if peer.name == name.strip():
            return peer
    known = ", ".join(peer.name for peer in settings.peers) or "nobody"
    raise UnknownPeerError(f"there is no peer {name.strip()!r}; muniment.toml names {known}")


def of_origin(settings: ExchangeSettings, origin: str) -> PeerSettings:
    """The peer with this ledger. Raises UnknownPeerError."""
    for peer in settings.peers:
        if peer.origin == origin:
            return peer
    raise UnknownPeerError(f"muniment.toml names no peer whose ledger is {origin}")


def of_fingerprint(settings: ExchangeSettings, fingerprint: str | None) -> PeerSettings:
    """The peer with this certificate. Raises UnknownPeerError."""
    for peer in settings.peers:
        if peer.fingerprint == fingerprint:
            return peer
    raise UnknownPeerError("muniment.toml names no peer with this certificate")
