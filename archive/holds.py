"""Categories and holds: what decides how long a clip is kept, said by people. Decides nothing about who may.

What always holds: both are looked at, made and appended while the case register is held (cases.py), as a disposal's
removals are: a hold that was placed counts for whatever has not gone before. Neither takes anything back.
"""

from __future__ import annotations

from collections.abc import Sequence

from archive.cases import UnknownCaseError, UnknownClipError, deciding, need_reason
from archive.catalogue.hold_queries import HoldRow
from archive.errors import REFUSED, ArchiveError, DisposedClipError
from archive.events import Event
from archive.ids import is_id, new_id
from archive.opening import Archive


class HoldError(ArchiveError):
    """There is no such hold, or it was lifted already. Nothing was done."""

    code = "A220"
    exit_status = REFUSED


def place(archive: Archive, *, about: str, actor: str, reason: str) -> str:
    """Stop the disposal of a clip, or of all clips of a case, from now on; answers with the hold's id.

    Raises:
        CaseTextError: no reason.
        UnknownCaseError, UnknownClipError, DisposedClipError: nothing was done.
    """
    need_reason(reason)
    with deciding(archive):
        _need(archive, about)
        hold = new_id("hold")
        archive.record(
            [
                Event(
                    type="hold.placed",
                    subject=hold,
                    actor=actor,
                    data={_kind(about): about},
                    text={"reason": reason.strip()},
                )
            ]
        )
    return hold


def lift(archive: Archive, *, hold: str, actor: str, reason: str) -> HoldRow:
    """End a hold; it stays in the history.

    Raises:
        CaseTextError: no reason.
        HoldError: nothing was done.
    """
    need_reason(reason)
    with deciding(archive):
        row = archive.catalogue.hold(hold)
        if row is None:
            raise HoldError(f"there is no hold {hold}")
        if row.lifted_index is not None:
            raise HoldError(f"hold {hold} was lifted already, {row.lifted_at}")
        text = {"reason": reason.strip()}
        archive.record([Event(type="hold.lifted", subject=hold, actor=actor, text=text)])
    return row


def classify(
    archive: Archive,
    *,
    about: Sequence[str],
    categories: Sequence[str],
    actor: str,
    reason: str,
    rule: str | None = None,
) -> int:
    """Say of clips or cases to which categories they belong, all of them anew; none: unclassified again.

    Args:
        archive: open for writing.
        about: ids of clips and cases.
        categories: ids of retention rules; whether they are in force is for the caller to say.
        actor: who says so.
        reason: in words.
        rule: name of the rule, where no person says so.

    Returns:
        How many were something else before.

    Raises:
        CaseTextError: no reason.
        UnknownCaseError, UnknownClipError, DisposedClipError: nothing was done.
    """
    need_reason(reason)
    wanted = tuple(sorted(set(categories)))
    with deciding(archive):
        for each in about:
            _need(archive, each)
        known = {each: archive.catalogue.classified(each) for each in dict.fromkeys(about)}
        new = [each for each, row in known.items() if (row.categories if row else ()) != wanted]
        events = [
            Event(
                type=f"{_kind(each)}.classified",
                subject=each,
                actor=actor,
                data={
                    "categories": list(wanted),
                    "by": "hand" if rule is None else "rule",
                    "rule": rule,
                },
                text={"reason": reason.strip()},
            )
            for each in new
        ]
        if events:
            archive.record(events)
    return len(new)


def _kind(about: str) -> str:
    return "case" if is_id(about, "case") else "clip"


def _need(archive: Archive, about: str) -> None:
    if is_id(about, "case"):
        if archive.catalogue.case(about) is None:
            raise UnknownCaseError(f"there is no case {about}")
        return
    clip = archive.catalogue.clip(about)
    if clip is None:
        raise UnknownClipError(f"there is no clip {about}")
    if clip.disposed_at is not None:
        raise DisposedClipError(f"clip {about} was disposed of, {clip.disposed_at}")
