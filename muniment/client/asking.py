"""One question and its answer over HTTP, and bytes by ranges.

What always holds: no redirect is followed, so the token goes nowhere else; the system's proxy settings are not read;
a file appears under its name only when its bytes are those of their digest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import httpx

from muniment.client.errors import (
    AnswerError,
    ClientError,
    DigestError,
    NotReachedError,
    RefusedError,
)
from muniment.client.values import Download, Raw

_TRIES: Final = 5  # of a download that breaks off; each goes on where the last one ended
_PROBLEM: Final = "application/problem+json"


class Asking:
    """A connection with a token."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def document(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Raw:
        """Ask for a document; an empty one where there is no body.

        Raises:
            RefusedError: with the service's code.
            NotReachedError, AnswerError: as they say.
        """
        try:
            response = self._http.request(method, path, params=params, json=body)
        except httpx.HTTPError as e:
            raise NotReachedError(str(e)) from e
        _check(response)
        return _read(response.content) if response.content else {}

    def text(self, path: str) -> str:
        """Ask for text, like a proof. Raises as `document`."""
        try:
            response = self._http.get(path)
        except httpx.HTTPError as e:
            raise NotReachedError(str(e)) from e
        _check(response)
        return response.text

    def fetch(self, path: str, to: Path, *, sha256: str | None = None) -> Download:
        """Fetch bytes into a file, and compare them with their digest. What breaks off goes on by ranges.

        Args:
            path: below the service's address.
            to: becomes the file; `to` with `.part` behind is used while it comes.
            sha256: what it has to be; None: what the service says (Repr-Digest).

        Raises:
            DigestError: other bytes came; nothing is kept.
            FileExistsError: `to` is there already; nothing was asked.
            RefusedError, NotReachedError, AnswerError: as `document`; what came so far is removed.
            OSError: the file cannot be written.
        """
        if to.exists():
            raise FileExistsError(to)
        part = to.with_name(f"{to.name}.part")
        try:
            with part.open("wb") as file:
                said = self._fetch(path, file)
                file.flush()
                os.fsync(file.fileno())
            wanted, found = sha256 or said, _digest(part)
            if found != wanted:
                raise DigestError(f"{found} came where {wanted} was to come")
            part.rename(to)
        except (ClientError, OSError):
            part.unlink(missing_ok=True)
            raise
        return Download(path=to, size=to.stat().st_size, sha256=found)

    def _fetch(self, path: str, file: BinaryIO) -> str:
        etag, tries = "", 0
        while True:
            begun = file.tell()
            try:
                with self._reading(path, begun, etag) as response:
                    if response.status_code != httpx.codes.PARTIAL_CONTENT:
                        file.seek(0)
                        file.truncate()
                    elif _first(response) != begun:
                        raise AnswerError("another range came than was asked for")
                    etag = response.headers.get("etag", "")
                    # As they come: what is gathered first would be lost where the line breaks.
                    for piece in response.iter_raw():
                        file.write(piece)
                    return _said(response)
            except httpx.HTTPError as e:
                tries = 0 if file.tell() > begun else tries + 1
                if tries >= _TRIES:
                    raise NotReachedError(str(e)) from e

    @contextmanager
    def _reading(self, path: str, begun: int, etag: str) -> Iterator[httpx.Response]:
        headers = {"Accept-Encoding": "identity"}
        if begun and etag:
            headers |= {"Range": f"bytes={begun}-", "If-Range": etag}
        with self._http.stream("GET", path, headers=headers) as response:
            if response.status_code >= httpx.codes.MULTIPLE_CHOICES:
                response.read()
            _check(response)
            yield response


def _check(response: httpx.Response) -> None:
    if response.is_success:
        return
    if not response.headers.get("content-type", "").startswith(_PROBLEM):
        raise AnswerError(f"{response.status_code}, and not a word of this service")
    said, wait = _read(response.content), response.headers.get("retry-after", "")
    raise RefusedError(
        response.status_code,
        str(said.get("code")),
        str(said.get("detail")),
        retry_after=float(wait) if wait.isdecimal() else None,
    )


def _read(data: bytes) -> Raw:
    try:
        found = json.loads(data)
    except ValueError as e:
        raise AnswerError("the answer is no JSON") from e
    if not isinstance(found, dict):
        raise AnswerError("the answer is no object")
    return found


def _first(response: httpx.Response) -> int:
    text = response.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
    return int(text) if text.isdecimal() else -1


def _said(response: httpx.Response) -> str:
    """The digest of the whole that the service names (RFC 9530, 3)."""
    text = response.headers.get("repr-digest", "")
    try:
        digest = base64.b64decode(text.removeprefix("sha-256=:").removesuffix(":"), validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise AnswerError("the service names no digest")
    return digest.hex()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
