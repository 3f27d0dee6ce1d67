"""Fifty people look at footage while it comes in: each signs in, seeks, plays, leaves and comes again.

Holds: every byte that a viewer gets is compared with what was on the recorder; what was looked at in which session is
written down, to be compared with the ledger. A status that nobody should see raises.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

PASSWORD: Final = "correct horse battery"
_MOST: Final = 64 << 10  # bytes of a range
_AGAIN: Final = (ConnectionError, http.client.HTTPException)  # a connection that was kept too long


@dataclass(slots=True, kw_only=True)
class Program:
    """One account's connection to one server."""

    page: str
    user: str
    session: str = ""
    _token: str = ""
    _connection: http.client.HTTPConnection | None = None

    def sign_in(self) -> None:
        """A new session."""
        answer = self.ask("POST", "/api/v1/session", {"user": self.user, "password": PASSWORD})
        assert answer[0] == 201, answer
        document = json.loads(answer[1])
        self._token, self.session = document["token"], document["session"]

    def sign_out(self) -> None:
        """Leave; the connection goes too."""
        status, said = self.ask("DELETE", "/api/v1/session")
        assert status == 204, said
        self._token = ""
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> bytes:
        """What is there; 200 or 206."""
        status, data = self.ask("GET", path, headers=headers)
        assert status in {200, 206}, (path, status, data[:300])
        return data

    def find(self, path: str) -> bytes | None:
        """What is there, or None for 404."""
        status, data = self.ask("GET", path)
        assert status in {200, 404}, (path, status, data[:300])
        return data if status == 200 else None

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Status and body. A kept connection that the server let go of is made anew, once."""
        sent = dict(headers or {})
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        data = None
        if body is not None:
            sent["Content-Type"], data = "application/json", json.dumps(body)
        kept = self._connection is not None
        try:
            return self._once(method, path, data, sent)
        except _AGAIN:
            self.close()
            if not kept:
                raise
            return self._once(method, path, data, sent)

    def _once(
        self, method: str, path: str, data: str | None, sent: dict[str, str]
    ) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(urlsplit(self.page).netloc, timeout=120)
        self._connection.request(method, path, data, sent)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


@dataclass(slots=True, kw_only=True)
class Viewer:
    """One of them, in a thread of its own. Args: `originals` by digest, growing."""

    program: Program
    recorders: list[str]
    originals: Mapping[str, bytes]
    pause: float  # seconds between two deeds, on average
    draw: random.Random
    seen: set[tuple[str, str]] = field(default_factory=set)  # session and clip
    looks: int = 0
    searches: int = 0
    _found: list[dict[str, Any]] = field(default_factory=list)

    def watch(self, ending: threading.Event) -> None:
        """Until the end."""
        try:
            self._watch(ending)
        finally:
            self.program.close()

    def _watch(self, ending: threading.Event) -> None:
        self.program.sign_in()
        while not ending.wait(self.draw.expovariate(1 / self.pause)):
            deed = self.draw.random()
            if not self._found or deed < 0.15:
                self._seek()
            elif deed < 0.2:
                self.program.sign_out()
                self.program.sign_in()
            elif deed < 0.3:
                self.program.get(f"/api/v1/clips/{self._clip()['clip']}/custody")
            else:
                self._look(whole=deed < 0.7)
        self.program.sign_out()

    def _clip(self) -> dict[str, Any]:
        return self.draw.choice(self._found)

    def _seek(self) -> None:
        recorder = self.draw.choice(self.recorders)
        page = json.loads(self.program.get(f"/api/v1/clips?recorder={recorder}&limit=50"))
        self.searches += 1
        assert len({clip["clip"] for clip in page["clips"]}) == len(page["clips"])
        self._found = page["clips"] or self._found

    def _look(self, *, whole: bool) -> None:
        """Play all of it, or two parts as a player does that jumps."""
        clip = self._clip()
        path, expected = f"/api/v1/clips/{clip['clip']}/original", self.originals[clip["sha256"]]
        self.seen.add((self.program.session, clip["clip"]))
        self.looks += 1
        if whole or not expected:
            data = self.program.get(path)
            assert hashlib.sha256(data).hexdigest() == clip["sha256"], clip
            return
        for _ in range(2):
            first = self.draw.randrange(len(expected))
            last = min(len(expected) - 1, first + _MOST)
            part = self.program.get(path, {"Range": f"bytes={first}-{last}"})
            assert part == expected[first : last + 1], (clip, first, last)
