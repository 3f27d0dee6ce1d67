"""Proxies in front that are believed: who asks, how, and under which name, as they say it.

What always holds: only what a peer of `serve.proxies` says counts, and of a chain of addresses the last one that is not
such a peer: whatever a visitor wrote there themselves lies before it. The header fields stay where they are, so that
what is for this machine only stays closed to whoever came through a proxy.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from api.errors import MalformedRequestError

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_FOR: Final = b"x-forwarded-for"
_PROTO: Final = b"x-forwarded-proto"
_HOST: Final = b"x-forwarded-host"


@dataclass(frozen=True, slots=True)
class Proxies:
    """The networks whose peers are believed."""

    networks: tuple[_Network, ...]

    @staticmethod
    def of(texts: Iterable[str]) -> Proxies:
        """From settings that were checked when they were read."""
        return Proxies(tuple(ipaddress.ip_network(text) for text in texts))

    def believe(self, scope: Scope) -> None:
        """Put into the scope what a believed peer says of the visitor; else leave it.

        Raises:
            MalformedRequestError: a believed peer says what cannot be.
        """
        client = scope.get("client")
        if not self.networks or client is None or not self._is_ours(client[0]):
            return
        told = _last(scope, _FOR)
        if told:
            scope["client"] = self._visitor(told), 0
        proto = _last(scope, _PROTO)
        if proto:
            scope["scheme"] = _one(proto, {"http", "https"})
        host = _last(scope, _HOST)
        if host:
            others = [pair for pair in scope["headers"] if pair[0] != b"host"]
            scope["headers"] = [*others, (b"host", host.encode("latin-1"))]

    def _visitor(self, told: str) -> str:
        found = ""
        for piece in reversed(told.split(",")):
            found = _address(piece)
            if not self._is_ours(found):
                return found
        return found

    def _is_ours(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self.networks)


def _address(text: str) -> str:
    plain = text.strip()
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:  # a port, as some write it
        plain = plain.partition(":")[0]
    try:
        return str(ipaddress.ip_address(plain))
    except ValueError as e:
        raise MalformedRequestError("a proxy names an address that is none") from e


def _one(text: str, words: set[str]) -> str:
    word = text.rpartition(",")[2].strip().lower()
    if word not in words:
        raise MalformedRequestError("a proxy names a scheme that is none")
    return word


def _last(scope: Scope, name: bytes) -> str:
    """The field's value; where it is there several times, all of it in order (RFC 9110, 5.3)."""
    return ",".join(value.decode("latin-1") for found, value in scope["headers"] if found == name)
