"""The outermost layer: what is checked and added for every request, whatever it asks for.

What always holds: only a Host that this service answers for gets in (a page elsewhere cannot reach us by pointing
its own name at
this machine); every answer carries the security headers, errors too; a body is never read past the limit; an
exception that nobody
else caught becomes a problem document. Paths are matched as they were sent: `%2F` inside a segment is no separator.
"""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Final
from urllib.parse import unquote_to_bytes

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.direct import DirectRoute
from api.errors import ApiError, BodyTooLargeError, MalformedRequestError, UnknownHostError
from api.filesending import COUNTED, FIELDS
from api.outside.proxies import Proxies
from api.problems import TOO_LARGE, answer_to, fault
from archive.errors import ArchiveError

MOST_BODY: Final = 64 * 1024
# The only bodies that are files; as the path was sent.
_UPLOAD: Final = re.compile(
    rb"(/api/v1)?/cases/[^/?]+/documents|/api/v1/dispatch|/oversight/linking/file|"
    rb"/oversight/lists/[a-z]+/draft/file|/api/v1/lists/[a-z]+/draft"
)
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_CSP: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self';"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not no-referrer: browsers then send `Origin: null` with forms, and every form would be refused.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"content-security-policy", _CSP.encode()),
    # What says nothing of itself is about evidence and for one person: no copy stays in a browser or on the way.
    (b"cache-control", b"private, no-store"),
)
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
_UNCAUGHT: Final = "muniment.uncaught"  # in a scope: an exception of the application
_log = structlog.get_logger(__name__)
Observer = Callable[[Scope, int, float], None]


class Edge:
    """ASGI middleware; see the module."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        names: frozenset[str],
        secure: bool,
        observe: Observer,
        proxies: Proxies | None = None,
        direct: Sequence[DirectRoute] = (),
        most_upload: int = MOST_BODY,
    ) -> None:
        self._app, self._names, self._secure, self._observe = app, names, secure, observe
        self._proxies = proxies or Proxies(())
        self._direct, self._most_upload = direct, most_upload
        self._added = (*_HEADERS, _HSTS) if secure else _HEADERS
        # Of every answer about a file the same, each time.
        self._completed = lru_cache(maxsize=256)(lambda fields: tuple(self._headed(list(fields))))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 0

        async def headed(message: Message) -> None:
            nonlocal status
            if "headers" in message:  # the message that begins an answer, ASGI's or FILE
                status = message["status"]
                if FIELDS in message:
                    message[FIELDS] = self._completed(message[FIELDS])
                    message[COUNTED] = partial(self._observe, scope)
                else:
                    message["headers"] = self._headed(message["headers"])
            await send(message)

        try:
            self._proxies.believe(scope)
            self._check_host(scope)
            scope["path"] = _path_of(scope)
            scope["scheme"] = "https" if self._secure else scope["scheme"]
            app = self._direct_route(scope) or self._app
            await app(scope, _limited(scope, receive, self._most_of(scope)), headed)
            _raise_uncaught(scope)
        except (ApiError, ArchiveError) as error:
            if not status:
                await answer_to(error)(scope, receive, headed)
        except Exception:
            # The process edge: whatever it was, the visitor learns nothing of our insides.
            _log.exception("unhandled error", method=scope["method"])
            if status:
                raise  # half an answer: the server ends the connection
            await fault()(scope, receive, headed)
        finally:
            self._observe(scope, status, time.perf_counter() - begun)

    def _headed(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        there = {name for name, _ in headers}
        return [*headers, *[pair for pair in self._added if pair[0] not in there]]

    def _most_of(self, scope: Scope) -> int:
        raw = scope.get("raw_path") or b""
        upload = (
            scope["method"] in {"POST", "PUT"}
            and _UPLOAD.fullmatch(raw.partition(b"?")[0]) is not None
        )
        return self._most_upload if upload else MOST_BODY

    def _direct_route(self, scope: Scope) -> ASGIApp | None:
        """What answers without the framework's own layers, where the routes that it would ask first have it."""
        for route in self._direct:
            if route.takes(scope):
                return route.app
        return None

    def _check_host(self, scope: Scope) -> None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        name = host_name(hosts[0].decode("latin-1")) if len(hosts) == 1 else None
        if name is None:
            raise MalformedRequestError("a request has one Host header")
        if name not in self._names and not _is_address(name):
            raise UnknownHostError("this service does not answer for that name")


@lru_cache(maxsize=256)
def host_name(host: str) -> str | None:
    """The name in a Host header, lower case, without its port; None when malformed."""
    text = host.strip().lower()
    if text.startswith("["):
        name, closed, rest = text.partition("]")
        name = name + closed if closed else ""
    else:
        name, colon, port = text.partition(":")
        rest = colon + port
    port_ok = not rest or (rest[:1] == ":" and rest[1:].isdecimal())
    return name if name and port_ok else None


class Uncaught:
    """ASGI middleware: hands what nobody caught to the Edge, past the framework's own answer to it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - raised again by the Edge
            scope[_UNCAUGHT] = error


def _raise_uncaught(scope: Scope) -> None:
    if _UNCAUGHT in scope:
        raise scope[_UNCAUGHT]


def _is_address(name: str) -> bool:
    # A bare address cannot be pointed elsewhere by somebody's DNS.
    try:
        if name.startswith("["):
            ipaddress.IPv6Address(name[1:-1])
        else:
            ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def _path_of(scope: Scope) -> str:
    """The path with its escapes resolved, but for `%2F` and `%25`: those stay, so segments stay segments."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    raw = raw.partition(b"?")[0]
    if b"%" not in raw:
        return str(scope["path"])
    pieces = raw.split(b"%")
    kept = pieces[0]
    for piece in pieces[1:]:
        code = piece[:2].upper()
        kept += b"%25" + code + piece[2:] if code in {b"2F", b"25"} else b"%" + piece
    try:
        return unquote_to_bytes(kept).decode("utf-8")
    except UnicodeDecodeError as e:
        raise MalformedRequestError("the path is not UTF-8") from e


def _limited(scope: Scope, receive: Receive, most: int) -> Receive:
    declared = b"0"
    for name, value in scope["headers"]:
        if name == b"content-length":
            declared = value
            break
    if not declared.isdigit() or int(declared) > most:
        raise BodyTooLargeError(f"a body has at most {most} bytes")
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > most:
                # The framework makes a 400 of whatever breaks while it reads; problems.py mends that.
                scope[TOO_LARGE] = True
                raise BodyTooLargeError(f"a body has at most {most} bytes")
        return message

    return limited
