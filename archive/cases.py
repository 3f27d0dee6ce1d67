"""The case register: opening, closing, linking, unlinking, and what is refused.

What always holds: two processes cannot both decide on the same state; a decision is looked at, made and
appended while `cases.lock` under ROOT is held. A number is unique after NFKC and trimming, for ever: a closed
case keeps its number. Unlinking takes nothing back: both entries stay.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from archive.catalogue.rows import CaseRow, ClipRow, LinkRow
from archive.catalogue.words import number_key
from archive.errors import REFUSED, USAGE, ArchiveError
from archive.events import Event
from archive.ids import new_id
from archive.ledger.lock import FileLock

_LOCK = "cases.lock"
# Dozens of dockings that begin at once stand in no line here, and each that decides waits for the catalogue and the
# disk: who had the bad luck of a minute was turned away.
_patience: ContextVar[float] = ContextVar("patience", default=300.0)  # seconds
_word: ContextVar[Callable[[], None] | None] = ContextVar("word", default=None)


class UnknownCaseError(ArchiveError):
    """No case has this number. Nothing was done."""

    code = "A070"
    exit_status = REFUSED


class CaseNotOpenError(ArchiveError):
    """The case is closed. Nothing was done."""

    code = "A071"
    exit_status = REFUSED


class CaseExistsError(ArchiveError):
    """A case has this number already. Nothing was done."""

    code = "A072"
    exit_status = REFUSED


class UnknownClipError(ArchiveError):
    """There is no such clip. Nothing was done."""

    code = "A073"
    exit_status = REFUSED


class AlreadyLinkedError(ArchiveError):
    """The clip is linked to the case already. Nothing was done."""

    code = "A074"
    exit_status = REFUSED


class NotLinkedError(ArchiveError):
    """The clip is not linked to the case. Nothing was done."""

    code = "A075"
    exit_status = REFUSED


class CaseTextError(ArchiveError):
    """A number, a reason or a time that a case cannot have. Nothing was done."""

    code = "A076"
    exit_status = USAGE


class CaseCatalogue(Protocol):
    """What the rules ask of the catalogue."""

    def catch_up(self) -> int:
        """See what the ledger has."""
        ...

    def case_by_number(self, number: str) -> CaseRow | None:
        """A case by its number."""
        ...

    def clip(self, clip_id: str) -> ClipRow | None:
        """One clip."""
        ...

    def link(self, case_id: str, clip_id: str) -> LinkRow | None:
        """What ties, or tied, the two."""
        ...


class CaseArchive(Protocol):
    """What the register needs of an archive."""

    @property
    def root(self) -> Path:
        """Where the lock is."""
        ...

    @property
    def catalogue(self) -> CaseCatalogue:
        """What is known."""
        ...

    def record(self, events: list[Event]) -> None:
        """Append custody events, durably."""
        ...


def open_case(
    archive: CaseArchive,
    *,
    actor: str,
    number: str,
    unit: str | None = None,
    title: str | None = None,
    subject: str | None = None,
    place: str | None = None,
    officers: Sequence[str] = (),
    from_: datetime | None = None,
    to: datetime | None = None,
) -> str:
    """Open a case; answers with its id.

    Args:
        archive: opened to write.
        actor: who opens it.
        number: shown as entered, trimmed.
        unit: id of the unit whose case it is.
        title: what it is about.
        subject: the person or organisation the enforcement is about.
        place: where.
        officers: ids.
        from_: aware; begin of the time whose recordings belong to it by rule.
        to: aware; end of it.

    Raises:
        CaseTextError: no number, or an end before the begin.
        CaseExistsError: the number is taken.
    """
    if not number_key(number):
        raise CaseTextError("a case needs a number")
    if from_ is not None and to is not None and to < from_:
        raise CaseTextError("the case ends before it begins")
    texts = {"number": number.strip(), "title": title, "subject": subject, "place": place}
    with deciding(archive):
        if archive.catalogue.case_by_number(number) is not None:
            raise CaseExistsError(f"case {number.strip()} exists already")
        case_id = new_id("case")
        event = Event(
            type="case.opened",
            subject=case_id,
            actor=actor,
            data={
                "unit": unit,
                "officers": list(dict.fromkeys(officers)),
                "from": _utc_text(from_),
                "to": _utc_text(to),
            },
            text={name: text for name, text in texts.items() if text},
        )
        archive.record([event])
    return case_id


def close_case(archive: CaseArchive, *, actor: str, number: str, reason: str | None = None) -> None:
    """Close a case: what is linked stays, nothing more is linked or unlinked.

    Raises:
        UnknownCaseError, CaseNotOpenError: nothing was done.
    """
    with deciding(archive):
        case = need_open_case(archive.catalogue, number)
        text = {"reason": reason} if reason else None
        archive.record([Event(type="case.closed", subject=case.id, actor=actor, text=text)])


def link_clip(archive: CaseArchive, *, actor: str, number: str, clip: str, reason: str) -> None:
    """Link a clip to a case by hand; also one that was unlinked before.

    Raises:
        CaseTextError: no reason.
        UnknownCaseError, CaseNotOpenError, UnknownClipError, AlreadyLinkedError: nothing was done.
    """
    need_reason(reason)
    with deciding(archive):
        case = need_open_case(archive.catalogue, number)
        if archive.catalogue.clip(clip) is None:
            raise UnknownClipError(f"there is no clip {clip}")
        link = archive.catalogue.link(case.id, clip)
        if link is not None and link.linked:
            raise AlreadyLinkedError(f"clip {clip} is linked to case {case.number} already")
        archive.record(
            [link_event(clip=clip, case_id=case.id, actor=actor, by="hand", reason=reason)]
        )


def unlink_clip(archive: CaseArchive, *, actor: str, number: str, clip: str, reason: str) -> None:
    """Take a clip off a case. The link and its reason stay in the clip's history.

    Raises:
        CaseTextError: no reason.
        UnknownCaseError, CaseNotOpenError, UnknownClipError, NotLinkedError: nothing was done.
    """
    need_reason(reason)
    with deciding(archive):
        case = need_open_case(archive.catalogue, number)
        if archive.catalogue.clip(clip) is None:
            raise UnknownClipError(f"there is no clip {clip}")
        link = archive.catalogue.link(case.id, clip)
        if link is None or not link.linked:
            raise NotLinkedError(f"clip {clip} is not linked to case {case.number}")
        unlinked = Event(
            type="clip.unlinked",
            subject=clip,
            actor=actor,
            data={"case": case.id},
            text={"reason": reason.strip()},
        )
        archive.record([unlinked])


def link_event(
    *, clip: str, case_id: str, actor: str, by: str, reason: str, rule: str | None = None
) -> Event:
    """The custody event of one link.

    Args:
        clip: id.
        case_id: id.
        actor: who links.
        by: "hand", "docking" or "rule".
        reason: in words.
        rule: name of the rule, where `by` is "rule".
    """
    return Event(
        type="clip.linked",
        subject=clip,
        actor=actor,
        data={"case": case_id, "by": by, "rule": rule},
        text={"reason": reason.strip()},
    )


def need_case(catalogue: CaseCatalogue, number: str) -> CaseRow:
    """The case of a number. Raises UnknownCaseError."""
    case = catalogue.case_by_number(number)
    if case is None:
        raise UnknownCaseError(f"there is no case {number.strip()}: open it first")
    return case


def need_open_case(catalogue: CaseCatalogue, number: str) -> CaseRow:
    """The open case of a number. Raises UnknownCaseError, CaseNotOpenError."""
    case = need_case(catalogue, number)
    if not case.is_open:
        raise CaseNotOpenError(f"case {case.number} is closed since {case.closed_at}")
    return case


def need_reason(reason: str) -> None:
    """Whatever people decide says why, in words that can be shown. Raises CaseTextError."""
    if not reason.strip():
        raise CaseTextError("say why")
    if not all(map(_is_shown, reason)):
        raise CaseTextError("a reason has characters that cannot be shown")


def _is_shown(sign: str) -> bool:
    """Whether a sign is one of a text: no control character, no half of a pair, no noncharacter (Unicode 23.7)."""
    number = ord(sign)
    if number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF:
        return False
    return sign in "\t\r\n" or unicodedata.category(sign) not in {"Cc", "Cs"}


@contextmanager
def saying(word: Callable[[], None]) -> Iterator[None]:
    """Within, in this thread or task, `deciding` says once that it waits, where that takes seconds."""
    before = _word.set(word)
    try:
        yield
    finally:
        _word.reset(before)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Within, in this thread or task, `deciding` gives up after so long: for who answers somebody that waits."""
    before = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(before)


@contextmanager
def deciding(archive: CaseArchive) -> Iterator[None]:
    """Hold the register, with everything seen that others decided before.

    Raises:
        ArchiveBusyError: others held it for five minutes, or as `patience` says. Nothing was decided.
    """
    archive.catalogue.catch_up()  # most of it while others decide
    with (
        closing(
            FileLock(archive.root / _LOCK, patience=_patience.get(), waiting=_word.get())
        ) as lock,
        lock.held(),
    ):
        archive.catalogue.catch_up()
        yield


def _utc_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
