"""A transport of httpx into the application in this process; it can break off and spoil what it carries."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
from fastapi.testclient import TestClient

_HOP = {"connection", "accept-encoding"}


class Inside(httpx.BaseTransport):
    """See the module."""

    def __init__(self, test: TestClient, *, break_after: int = 0, spoil: bool = False) -> None:
        self._test, self._break_after, self._spoil = test, break_after, spoil
        self.ranges: list[str] = []
        self.token = ""  # that was shown last

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask the application."""
        headers = {k: v for k, v in request.headers.items() if k not in _HOP}
        if "range" in headers:
            self.ranges.append(headers["range"])
        self.token = headers.get("authorization", "").removeprefix("Bearer ")
        self._test.cookies.clear()
        answer = self._test.request(
            request.method, str(request.url), content=request.read(), headers=headers
        )
        body = answer.content
        if self._spoil and not answer.headers.get("content-type", "json").endswith("json"):
            body = body[:-1] + b"!"
        head = [(k, v) for k, v in answer.headers.items() if k != "content-encoding"]
        return httpx.Response(answer.status_code, headers=head, stream=self._stream(body))

    def _stream(self, body: bytes) -> httpx.SyncByteStream:
        return _Pieces(body, self._break_after)


class _Pieces(httpx.SyncByteStream):
    def __init__(self, body: bytes, break_after: int) -> None:
        self._body, self._break_after = body, break_after

    def __iter__(self) -> Iterator[bytes]:
        if not 0 < self._break_after < len(self._body):
            yield self._body
            return
        yield self._body[: self._break_after]
        raise httpx.ReadError("the line broke")
