"""One witness is asked over HTTP to cosign our newest checkpoint (C2SP tlog-witness v1.0.0).

What always holds: whatever a witness answers, slow, malformed or lying, is an answer with a code and never an
exception; it costs at most DEADLINE seconds for each of a few requests; only a cosignature that is right, of this
checkpoint and of about now counts.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from archive.errors import MalformedNoteError
from archive.ledger.merkle import consistency_path
from archive.ledger.note import Signature, parse_note, parse_size
from archive.ledger.published import PublishedLog
from archive.ledger.witness.cosignature import CosignatureVerifier
from archive.ledger.witness.remembered import Seen
from archive.ledger.witness.request import SIZE_TYPE, write_request

DEADLINE: Final = 10.0  # seconds for one request, all of it
_REQUESTS: Final = (
    3  # the first, one with the size that the witness named, and one for who was quicker
)
_MOST_ANSWER: Final = 64 * 1024
_CLOCK: Final = 24 * 3600  # seconds that a witness's clock may be off ours
_WHY: Final = {  # by status; the specification's meanings
    400: ("refused", "it says that the request is malformed"),
    403: ("unknown_key", "it does not know this ledger's key: give it the line of `muniment ledger vkey`"),
    404: ("unknown_log", "it does not watch a ledger of this origin, or no witness is at this address"),
    422: ("forked", "it says that this ledger did not grow out of what it cosigned before"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of asking one witness."""

    witness: str  # its name
    ok: bool  # it cosigned this checkpoint
    code: str  # "cosigned", "rolled_back" (cosigned, but it forgot), or why not
    reason: str = ""
    time: int | None = None  # its clock, seconds since 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An answer, its line for the note, and what to remember of the witness."""

    answer: Answer
    line: Signature | None = None
    size: int = 0  # entries that it cosigned, as far as we know
    root: str = ""  # hex


class _RefusedError(Exception):
    """Why there is no cosignature."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Asking:
    """One checkpoint, and the witnesses that are asked about it. Threads may share it."""

    def __init__(
        self,
        client: httpx.Client,
        *,
        note: bytes,
        log: PublishedLog,
        now: Callable[[], float] = time.time,
        deadline: float = DEADLINE,
    ) -> None:
        self._client = client
        self._note = note
        self._log = log
        self._now = now
        self._deadline = deadline

    def ask(self, url: str, verifier: CosignatureVerifier, seen: Seen) -> Asked:
        """Ask one witness; `seen`: what is remembered of it. Raises LedgerDamagedError: our tiles are damaged."""
        try:
            line, at, forgot = self._cosignature(url, verifier, seen)
        except _RefusedError as e:
            refused = Answer(witness=verifier.name, ok=False, code=e.code, reason=str(e))
            return Asked(answer=refused, size=seen.size, root=seen.root)
        answer = Answer(
            witness=verifier.name,
            ok=True,
            code="rolled_back" if forgot is not None else "cosigned",
            reason=""
            if forgot is None
            else f"it had cosigned {seen.size} entries, and then knew of {forgot} only:"
            " it was put back to an older state",
            time=at,
        )
        return Asked(answer=answer, line=line, size=self._log.size, root=self._log.root.hex())

    def _cosignature(
        self, url: str, verifier: CosignatureVerifier, seen: Seen
    ) -> tuple[Signature, int, int | None]:
        """Its line, its time, and what it knew of where it had forgotten. Raises _RefusedError."""
        if seen.size <= self._log.size and seen.root not in {"", self._root_at(seen.size)}:
            raise _RefusedError(
                "forked", f"it cosigned another history of {seen.size} entries, signed by this key"
            )
        old = seen.size if seen.size <= self._log.size else 0
        forgot = None
        for _ in range(_REQUESTS):
            status, media_type, body = self._post(url, old)
            if status == 200:
                return (*self._line(verifier, body), forgot)
            if status != 409:
                raise _RefusedError(
                    *_WHY.get(status, ("http", f"it answered with status {status}"))
                )
            named = _named_size(media_type, body)
            if named > self._log.size:
                raise _RefusedError("ahead", _ahead(named, self._log.size))
            if named == old:
                raise _RefusedError("malformed", f"it wants {named}, and has got it")
            forgot = named if named < seen.size else None
            old = named
        raise _RefusedError("unsteady", "it wants another size each time")

    def _root_at(self, size: int) -> str:
        return self._log.subtree(0, size).hex()

    def _post(self, url: str, old: int) -> tuple[int, str, bytes]:
        """Status, media type and body. Raises _RefusedError: mute, or too long."""
        path = consistency_path(old, self._log.size, self._log.subtree)
        request = write_request(old=old, path=path, note=self._note)
        until = time.monotonic() + self._deadline
        body = bytearray()
        try:
            with self._client.stream("POST", f"{url}/add-checkpoint", content=request) as response:
                for part in response.iter_raw():
                    body += part
                    if len(body) > _MOST_ANSWER:
                        raise _RefusedError("malformed", "its answer does not end")
                    if time.monotonic() > until:
                        raise _RefusedError("mute", f"no whole answer within {self._deadline:g} s")
                return response.status_code, response.headers.get("content-type", ""), bytes(body)
        except httpx.TimeoutException as e:
            raise _RefusedError("mute", f"no answer within {self._deadline:g} s") from e
        except (httpx.HTTPError, httpx.InvalidURL) as e:
            raise _RefusedError("mute", f"it cannot be reached: {e}") from e

    def _line(self, verifier: CosignatureVerifier, body: bytes) -> tuple[Signature, int]:
        """The witness's own line out of a 200, checked. Raises _RefusedError."""
        own = parse_note(self._note)
        try:
            whole = parse_note(self._note + body)
        except MalformedNoteError as e:
            raise _RefusedError("malformed", f"its answer is no cosignature: {e}") from e
        lines = [line for line in whole.signatures[len(own.signatures) :] if verifier.owns(line)]
        if whole.text != own.text or not lines:
            raise _RefusedError("malformed", "its answer has no cosignature by its key")
        try:
            at = verifier.check_line(own, lines[-1])
        except MalformedNoteError as e:
            raise _RefusedError("signature", str(e)) from e
        if abs(at - self._now()) > _CLOCK:
            raise _RefusedError(
                "time",
                f"its cosignature says {_utc(at)}: its clock or ours is wrong, or it is an old one",
            )
        return lines[-1], at


def _named_size(media_type: str, body: bytes) -> int:
    """The size in a 409. Raises _RefusedError."""
    if media_type.partition(";")[0].strip() == SIZE_TYPE and body.endswith(b"\n"):
        with contextlib.suppress(MalformedNoteError):
            return parse_size(body[:-1].decode("latin-1"))
    raise _RefusedError("malformed", "it wants another size, and does not say which")


def _ahead(named: int, size: int) -> str:
    return (
        f"it cosigned {named} entries of this ledger, and {size} are published here:"
        " this ledger was put back to an older state, or somebody else signs with its key"
    )


def _utc(seconds: int) -> str:
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return f"{seconds} s"
