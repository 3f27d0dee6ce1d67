"""Timestamps: each token that an entry names is over that checkpoint of this ledger, and was right when it was made.

Holds: a token is checked offline, at its own time, with what was kept beside it (archive/timestamps/checking.py);
nothing is fetched. What cannot be read, or has other bytes than its name says, is a finding about objects and is not
said twice here. Revocation that nothing speaks about is a warning: no archive can make good what an authority of that
day did not say; a time far from that of its entry is one, too: which of two clocks was wrong, nothing here tells.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from archive.audit.chain import LedgerFacts
from archive.audit.columns import ENTRIES
from archive.audit.hashing import object_path
from archive.audit.report import Code, Finding, Notice, NoticeCode, Times
from archive.errors import MalformedNoteError
from archive.ledger.note import parse_checkpoint, parse_note
from archive.timestamps.checking import CheckedToken, check_token
from archive.timestamps.errors import TokenError
from archive.timestamps.names import LABEL, POLICY_SYNCHRONISED, POLICY_UNSYNCHRONISED
from archive.timestamps.renewal import AHEAD, end_of
from archive.timestamps.revocation import Revocation
from archive.timestamps.stamping import Renews, message_of

TYPE: Final = "checkpoint.timestamped"
_SHARED: Final = (
    64  # chains, roots and lists that are kept at hand: tokens of one authority share them
)
_APART: Final = timedelta(minutes=10)  # as when a token is taken (archive/timestamps/client.py)
_CHAIN: Final = frozenset({"certificate", "chain", "expired", "revocation", "root"})
Read = Callable[[bytes], bytes | None]


class _WrongError(Exception):
    """A token that does not do what its entry says."""

    def __init__(self, code: Code, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """One entry, and the bytes that it names."""

    index: int
    data: dict[str, Any]
    digest: str
    token: bytes
    note: bytes
    chain: bytes
    ca: bytes
    revocation: tuple[Revocation, ...]


@dataclass(slots=True)
class TokenFacts:
    """What timestamps amount to."""

    checked: int = 0
    times: Times = field(default_factory=Times)
    findings: list[Finding] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def objects_of(said: Sequence[tuple[int, bytes]]) -> Iterator[bytes]:
    """Digests of what entries about timestamps name: these are read in every audit."""
    for _, _, data in _entries(said):
        named = [data.get(name) for name in ("token", "checkpoint", "chain", "ca")]
        others = data.get("revocation")
        for one in [*named, *(others if isinstance(others, list) else [])]:
            try:
                yield bytes.fromhex(one["object"])
            except (TypeError, KeyError, ValueError):
                continue  # said when it is checked


def check_tokens(
    ledger: LedgerFacts,
    read: Read,
    *,
    own_ca: bytes | None,
    pinned: Mapping[str, bytes],
    now: datetime,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> TokenFacts:
    """Check every token that the ledger has.

    Args:
        ledger: the entries.
        read: an object's bytes; None where it is not there or has others than its name says.
        own_ca: the root of this agency's own authority, PEM.
        pinned: roots of outside authorities, as the settings have them, by name.
        now: the time.
        progress: told entries done, entries in all.
    """
    check = _Check(ledger, read, own_ca, pinned, now)
    found = list(_entries(ledger.said))
    for number, (index, time, data) in enumerate(found):
        check.take(index, time, data)
        if number % 64 == 0:
            progress(number, len(found))
    progress(len(found), len(found))
    return check.done()


def _entries(said: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Of each entry about a timestamp: index, its own time, data."""
    for index, raw in said:
        if b'"type":"checkpoint.timestamped"' in raw:
            document = json.loads(raw)
            if document["type"] == TYPE:
                yield index, str(document["time"]), document["data"]


class _Check:
    def __init__(
        self,
        ledger: LedgerFacts,
        read: Read,
        own_ca: bytes | None,
        pinned: Mapping[str, bytes],
        now: datetime,
    ) -> None:
        self.facts = TokenFacts()
        self._ledger = ledger
        self._read = read
        self._shared = lru_cache(_SHARED)(read)
        self._own_ca = own_ca
        self._pinned = pinned
        self._now = now
        self._digests: list[bytes] = []  # of all tokens so far, in ledger order
        self._ends: list[tuple[str, datetime]] = []  # of each of them; authority
        self._covered = 0  # tokens that a renewal lies over which lasts
        self._notices: dict[tuple[NoticeCode, str, str], list[int]] = {}

    def take(self, index: int, time: str, data: dict[str, Any]) -> None:
        """The next token; `time`: of its entry."""
        before = len(self._digests)
        try:
            found = self._load(index, data)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._find(Code.TIMESTAMP_WRONG, ENTRIES, f"entry {index}: lacks what a timestamp has")
            return
        self._digests.append(bytes.fromhex(data["token"]["object"]))
        self._ends.append(("", datetime.max.replace(tzinfo=self._now.tzinfo)))
        if found is None:
            return
        self.facts.checked += 1
        try:
            checked = self._check(found, before)
        except _WrongError as e:
            where = object_path(bytes.fromhex(found.digest))
            self._find(e.code, where, f"entry {index}: {e}")
            return
        self._compare(found, checked, time)
        self._keep(found, checked)

    def _compare(self, found: _Token, checked: CheckedToken, time: str) -> None:
        """Its time and its entry's: a token is recorded in the minute it is made, so one of two clocks was wrong."""
        try:
            apart = abs(checked.time - datetime.fromisoformat(time))
        except (ValueError, TypeError):
            return  # an entry of another form: said where the ledger is read
        if apart > _APART:
            name = str(found.data["authority"])
            self._note(NoticeCode.TIMESTAMP_APART, ENTRIES, name, found.index)

    def _load(self, index: int, data: dict[str, Any]) -> _Token | None:
        """The bytes; None where one piece is lost. Raises KeyError, TypeError, ValueError: not of this form."""
        named = {
            n: bytes.fromhex(data[n]["object"]) for n in ("token", "checkpoint", "chain", "ca")
        }
        told = [(str(one["kind"]), bytes.fromhex(one["object"])) for one in data["revocation"]]
        token, note = self._read(named["token"]), self._read(named["checkpoint"])
        chain, ca = self._shared(named["chain"]), self._shared(named["ca"])
        lists = [(kind, self._shared(digest)) for kind, digest in told]
        if token is None or note is None or chain is None or ca is None:
            return None
        return _Token(
            index=index,
            data=data,
            digest=named["token"].hex(),
            token=token,
            note=note,
            chain=chain,
            ca=ca,
            revocation=tuple(Revocation(kind=k, der=d) for k, d in lists if d is not None),
        )

    def _check(self, found: _Token, before: int) -> CheckedToken:
        """Raises _WrongError."""
        data, wrong = found.data, Code.TIMESTAMP_WRONG
        text = self._check_note(found)
        imprint = hashlib.sha256(message_of(text, self._renews(data, before))).digest()
        if data["imprint"] != imprint.hex():
            raise _WrongError(wrong, "the imprint in the entry is not that of its checkpoint")
        try:
            checked = check_token(
                found.token,
                imprint=imprint,
                ca=found.ca,
                chain=found.chain,
                revocation=found.revocation,
                policy=str(data["policy"]),
            )
        except TokenError as e:
            code = Code.TIMESTAMP_REVOKED if e.code == "revoked" else wrong
            code = Code.TIMESTAMP_CHAIN if e.code in _CHAIN else code
            raise _WrongError(code, f"{e.reason} ({e.code})") from e
        said = (data["time"], data["serial"], data["accuracy_ms"])
        time = checked.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if said != (time, str(checked.serial), checked.accuracy_ms):
            raise _WrongError(
                wrong, f"the token says {time}, serial {checked.serial}; the entry not"
            )
        self._check_owner(found, checked)
        return checked

    def _check_note(self, found: _Token) -> str:
        """The checkpoint is one that this ledger had. Raises _WrongError."""
        data, wrong, levels = found.data, Code.TIMESTAMP_WRONG, self._ledger.levels
        try:
            note = parse_note(found.note)
            history = self._ledger.keys.history
            checkpoint = (
                parse_checkpoint(note.text) if history is None else history.check(found.note)
            )
        except MalformedNoteError as e:
            raise _WrongError(wrong, f"its checkpoint is none of this ledger's: {e}") from e
        if (data["size"], data["root"]) != (checkpoint.size, checkpoint.root.hex()):
            raise _WrongError(wrong, "the entry names another size or root than its checkpoint")
        if checkpoint.size > found.index or levels.root_at(checkpoint.size) != checkpoint.root:
            raise _WrongError(wrong, "its checkpoint is one that this ledger did not have then")
        return note.text

    def _renews(self, data: dict[str, Any], before: int) -> Renews | None:
        """What a renewal covers. Raises _WrongError: tokens that are not those before it."""
        if (renews := data.get("renews")) is None:
            return None
        try:
            told = Renews(tokens=renews["tokens"], digest=renews["digest"])
            covered = b"".join(self._digests[: told.tokens])
        except (KeyError, TypeError) as e:
            raise _WrongError(Code.TIMESTAMP_WRONG, "it does not say what it renews") from e
        if told.tokens > before or hashlib.sha256(covered).hexdigest() != told.digest:
            raise _WrongError(Code.TIMESTAMP_WRONG, "it renews other tokens than those before it")
        return told

    def _check_owner(self, found: _Token, checked: CheckedToken) -> None:
        """Whether it is ours or an outsider's is as the entry says. Raises _WrongError."""
        own = found.data["own"]
        policies = (POLICY_SYNCHRONISED, POLICY_UNSYNCHRONISED)
        if (found.ca == self._own_ca or checked.policy in policies) and own is not True:
            raise _WrongError(
                Code.TIMESTAMP_WRONG, f"it is {LABEL}; the entry says that it is an outsider's"
            )
        name = str(found.data["authority"])
        root = self._own_ca if own else self._pinned.get(name)
        if root is None or root.strip() != found.ca.strip():
            where = "authority/" if own else "muniment.toml"
            self._note(NoticeCode.TIMESTAMP_UNPINNED, where, name, found.index)

    def _keep(self, found: _Token, checked: CheckedToken) -> None:
        data, times = found.data, self.facts.times
        own, name = data["own"] is True, str(data["authority"])
        self.facts.times = Times(
            outside=times.outside + (not own),
            own=times.own + own,
            last_outside=times.last_outside if own else data["time"],
            last_own=data["time"] if own else times.last_own,
        )
        if checked.revocation is not None:
            words = f"{name}: {checked.revocation}"
            self._note(NoticeCode.REVOCATION_UNCHECKED, ENTRIES, words, found.index)
        end = end_of(checked.chain, found.ca)
        self._ends[-1] = name, end
        if (renews := data.get("renews")) is not None and end > self._now + AHEAD:
            self._covered = max(self._covered, renews["tokens"])

    def done(self) -> TokenFacts:
        """After the last token: what ages, and what has to be said of several at once."""
        for number, (name, end) in enumerate(self._ends[self._covered :], self._covered):
            if end <= self._now + AHEAD:
                words = f"{name}: a certificate or key on the way to its root ends {end:%Y-%m-%d}"
                self._note(NoticeCode.TIMESTAMP_AGEING, ENTRIES, words, number)
        said = {
            NoticeCode.TIMESTAMP_AGEING: "{words}; {count} tokens are to be renewed before (`muniment timestamp`)",
            NoticeCode.TIMESTAMP_UNPINNED: "{count} tokens of {words} lead to a root that is not, or no longer, the one"
            " that is set for it (first: entry {first})",
            NoticeCode.TIMESTAMP_APART: "{count} tokens of {words} say a time more than ten minutes from that of their"
            " entry (first: entry {first}): its clock or this machine's was wrong",
            NoticeCode.REVOCATION_UNCHECKED: "{words} ({count} tokens, first: entry {first})",
        }
        for (code, where, words), indexes in self._notices.items():
            detail = said[code].format(words=words, count=len(indexes), first=indexes[0])
            self.facts.notices.append(Notice(code=code, where=where, detail=detail))
        return self.facts

    def _note(self, code: NoticeCode, where: str, words: str, index: int) -> None:
        self._notices.setdefault((code, where, words), []).append(index)

    def _find(self, code: Code, where: str, detail: str) -> None:
        self.facts.findings.append(Finding(code=code, where=where, detail=detail))
