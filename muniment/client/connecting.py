"""The service as an object: sign in, then ask.

What always holds: lists are iterators that ask page by page as they are read; every method that changes something
takes keyword arguments; errors are those of errors.py. Not for several threads at once: make one each.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx

from muniment.client.asking import Asking
from muniment.client.values import (
    Account,
    Case,
    Clip,
    CustodyEvent,
    Download,
    Marker,
    Package,
    Raw,
    Request,
    account_of,
    case_of,
    clip_of,
    event_of,
    marker_of,
    member,
    package_of,
    request_of,
)

_T = TypeVar("_T")
_SECONDS: Final = 30.0
_V1: Final = "/api/v1"


class Muniment:
    """A service that one is signed in to. Use it in a `with` block, or `close` it."""

    def __init__(
        self,
        address: str,
        *,
        token: str,
        trust: ssl.SSLContext | None = None,
        seconds: float = _SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take a token that was made on the account's page, or that signing in answered.

        Args:
            address: as `https://archive.example`, without a path.
            token: sent as `Authorization: Bearer`.
            trust: for TLS; None: the system's authorities.
            seconds: until a silent connection is given up.
            transport: for tests.
        """
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._asking = _asking(address, headers, trust, seconds, transport)
        self._signed_in = False

    @classmethod
    def sign_in(
        cls,
        address: str,
        *,
        user: str,
        password: str,
        code: str | None = None,
        trust: ssl.SSLContext | None = None,
        seconds: float = _SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> Muniment:
        """Sign in with a password, and a code of the second factor where there is one. Leaving the block signs out.

        Raises:
            RefusedError: P011, wrong; P034, a code is needed; P012, wait `retry_after` seconds.
            NotReachedError, AnswerError: as they say.
        """
        asking = _asking(address, {}, trust, seconds, transport)
        body = {"user": user, "password": password} | ({"code": code} if code else {})
        answer = asking.document("POST", f"{_V1}/session", body=body)
        if transport is None:
            asking.close()
        token = member(answer, "token", str)
        made = cls(address, token=token, trust=trust, seconds=seconds, transport=transport)
        made._signed_in = True
        return made

    def __enter__(self) -> Muniment:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._signed_in and kind is None:
            self.ask("DELETE", f"{_V1}/session")
        self.close()

    def close(self) -> None:
        """Let go of the connections. A session stays until it ends by itself."""
        self._asking.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Raw:
        """Any route that this class has no method for. Raises RefusedError, NotReachedError, AnswerError, as all."""
        return self._asking.document(method, path, params=params, body=body)

    def account(self) -> Account:
        """Who is asking."""
        return account_of(self.ask("GET", f"{_V1}/account"))

    def clips(self, **filters: str) -> Iterator[Clip]:
        """Search: `case`, `officer`, `unit`, `recorder`, `from_`, `to`, `kind`, `text`, `q`… as the API has them."""
        params = {name.rstrip("_"): value for name, value in filters.items()}
        return self._pages(f"{_V1}/clips", "clips", clip_of, params)

    def clip(self, clip: str) -> Clip:
        """Facts and renditions of one."""
        return clip_of(self.ask("GET", _clip(clip)))

    def custody(self, clip: str) -> Iterator[CustodyEvent]:
        """All that happened to a clip, oldest first."""
        return self._pages(f"{_clip(clip)}/custody", "custody", event_of, {})

    def proof(self, clip: str) -> str:
        """The tlog-proof of the clip's ingest entry, for `muniment verify` or any C2SP verifier."""
        return self._asking.text(f"{_clip(clip)}/proof")

    def download(self, clip: str, to: Path, *, kind: str | None = None) -> Download:
        """Fetch an original, or a rendition, into a new file; compared with its digest. It is a view in the ledger.

        Raises:
            DigestError: other bytes came; nothing is kept.
            FileExistsError, OSError: the file.
        """
        facts = self.clip(clip)
        if kind is None:
            return self._asking.fetch(f"{_clip(clip)}/original", to, sha256=facts.sha256)
        return self._asking.fetch(f"{_clip(clip)}/renditions/{_segment(kind)}", to)

    def cases(self) -> Iterator[Case]:
        """The cases that one may know of, newest first."""
        return self._pages(f"{_V1}/cases", "cases", case_of, {})

    def case(self, number: str) -> Case:
        """One case, by its number as people write it."""
        return case_of(self.ask("GET", f"{_V1}/cases/{_segment(number)}"))

    def open_case(self, *, number: str, **facts: Any) -> Case:
        """Open a case: `title`, `subject`, `place`, `officers`, `from_`, `to`."""
        body = {"number": number} | {name.rstrip("_"): value for name, value in facts.items()}
        return case_of(self.ask("POST", f"{_V1}/cases", body=body))

    def link(self, *, case: str, clip: str, reason: str) -> None:
        """Link a clip to a case."""
        path = f"{_V1}/cases/{_segment(case)}/clips/{_segment(clip)}"
        self.ask("PUT", path, body={"reason": reason})

    def markers(self, clip: str) -> tuple[Marker, ...]:
        """Markers and notes of a clip."""
        rows: list[Raw] = member(self.ask("GET", f"{_clip(clip)}/markers"), "markers", list)
        return tuple(marker_of(row) for row in rows)

    def mark(self, *, clip: str, text: str, from_us: int | None = None) -> Marker:
        """Put a marker at a moment, or a note on the whole."""
        body: dict[str, Any] = {"text": text} | ({} if from_us is None else {"from_us": from_us})
        return marker_of(self.ask("POST", f"{_clip(clip)}/markers", body=body))

    def requests(self, which: str = "mine") -> Iterator[Request]:
        """Requests: `mine`, `work`, `review`, `given`, `all`. To make or decide one, a person signs in."""
        return self._pages(f"{_V1}/requests", "requests", request_of, {"list": which})

    def request(
        self,
        *,
        purpose: str,
        reason: str,
        clips: Sequence[str] = (),
        case: str | None = None,
        emergency: bool = False,
    ) -> tuple[Request, ...]:
        """Ask to see: clips, or a case. One request for each head that decides."""
        body: dict[str, Any] = {"purpose": purpose, "reason": reason, "emergency": emergency}
        body |= {"clips": list(clips)} if case is None else {"case": case}
        rows: list[Raw] = member(self.ask("POST", f"{_V1}/requests", body=body), "requests", list)
        return tuple(request_of(row) for row in rows)

    def decide(self, *, request: str, grant: bool, reason: str | None = None) -> Request:
        """Grant or decline, as a head."""
        body = {"decision": "grant" if grant else "decline", "reason": reason}
        path = f"{_V1}/requests/{_segment(request)}/decision"
        return request_of(self.ask("POST", path, body=body))

    def make_package(self, *, case: str | None = None, clip: str | None = None) -> Package:
        """Have a package made; ask `package` until its state is `ready`."""
        body = {"clip": clip} if case is None else {"case": case}
        return package_of(self.ask("POST", f"{_V1}/packages", body=body))

    def package(self, package: str) -> Package:
        """How far it is."""
        return package_of(self.ask("GET", f"{_V1}/packages/{_segment(package)}"))

    def fetch_package(self, package: Package, to: Path) -> Download:
        """Fetch a package that is ready; compared with its digest. Raises as `download`."""
        path = f"{_V1}/packages/{_segment(package.id)}/file"
        return self._asking.fetch(path, to, sha256=package.sha256)

    def _pages(
        self, path: str, name: str, read: Callable[[Raw], _T], params: Mapping[str, str]
    ) -> Iterator[_T]:
        cursor: str | None = None
        while True:
            more = {} if cursor is None else {"cursor": cursor}
            page = self.ask("GET", path, params={**params, **more})
            rows: list[Raw] = member(page, name, list)
            yield from (read(row) for row in rows)
            following = page.get("next")
            if following is None or following == cursor:
                return
            cursor = str(following)


def _asking(
    address: str,
    headers: dict[str, str],
    trust: ssl.SSLContext | None,
    seconds: float,
    transport: httpx.BaseTransport | None,
) -> Asking:
    return Asking(
        httpx.Client(
            base_url=address,
            headers=headers,
            verify=trust or True,
            timeout=seconds,
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )
    )


def _segment(text: str) -> str:
    return quote(text, safe="")


def _clip(clip: str) -> str:
    return f"{_V1}/clips/{_segment(clip)}"
