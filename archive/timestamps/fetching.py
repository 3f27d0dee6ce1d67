"""HTTP as little as timestamps need it: one request, one answer, in one stretch of time.

Holds: `SECONDS` for all of it, name and handshake included, however slowly bytes drip; no redirect is followed; no
more bytes are read than were allowed. Whatever comes back or does not, TokenError alone is raised.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import Final

import httpx

from archive.timestamps.beside import beside
from archive.timestamps.errors import TokenError

SECONDS: Final = 10.0
_AGENT: Final = "muniment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request."""

    url: str
    body: bytes | None  # None: GET
    sends: str | None  # media type of the body
    wants: frozenset[str]  # media types of the answer; empty: any
    most: int  # bytes of the answer


def fetch(call: Call, *, seconds: float = SECONDS) -> bytes:
    """The answer's body.

    Raises:
        TokenError: "slow", "unreachable", "redirected", "type" or "too_large".
    """
    given_up = threading.Event()
    future = beside(partial(_fetch, call, seconds, given_up))
    try:
        return future.result(seconds)
    except TimeoutError as e:
        given_up.set()  # its thread ends with the next bytes, or its next wait for some
        raise _slow(call, seconds) from e


def _slow(call: Call, seconds: float) -> TokenError:
    return TokenError("slow", f"{call.url} gave no answer in {seconds:.0f} s")


def _fetch(call: Call, seconds: float, given_up: threading.Event) -> bytes:
    headers = {"User-Agent": _AGENT, "Accept-Encoding": "identity"}
    if call.sends is not None:
        headers["Content-Type"] = call.sends
    method = "GET" if call.body is None else "POST"
    try:
        with (
            httpx.Client(timeout=seconds, follow_redirects=False) as client,
            client.stream(method, call.url, content=call.body, headers=headers) as response,
        ):
            _check_head(response, call)
            return _body(response, call.most, given_up)
    except httpx.TimeoutException as e:
        raise _slow(call, seconds) from e
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as e:
        reason = str(e) or type(e).__name__
        raise TokenError("unreachable", f"{call.url} cannot be reached: {reason}") from e


def _check_head(response: httpx.Response, call: Call) -> None:
    if response.is_redirect or 300 <= response.status_code < 400:
        raise TokenError("redirected", f"{call.url} sends elsewhere; give its own address")
    if response.status_code != httpx.codes.OK:
        raise TokenError("type", f"{call.url} answers {response.status_code}")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if call.wants and kind not in call.wants:
        raise TokenError("type", f"{call.url} answers with {kind[:80]!r}, which is no timestamp")
    coding = response.headers.get("Content-Encoding", "identity").lower()
    if coding != "identity":  # a small answer that unpacks into a large one
        raise TokenError("type", f"{call.url} answers packed, which was not asked for")


def _body(response: httpx.Response, most: int, given_up: threading.Event) -> bytes:
    data = bytearray()
    for piece in response.iter_raw():
        data += piece
        if len(data) > most or given_up.is_set():
            raise TokenError("too_large", f"{response.url} answers with more than {most} bytes")
    return bytes(data)
