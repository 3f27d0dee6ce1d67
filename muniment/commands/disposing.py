"""`disposal`: lawful destruction, by two people. What goes is oversight's to say."""

from __future__ import annotations

import getpass
import sys
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from api.errors import WrongCredentialsError
from api.identity.accounts import Accounts
from archive.catalogue.disposal_queries import DisposalRow
from archive.catalogue.times import microseconds, moment_text
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import table
from muniment.commands.retaining import when
from muniment.errors import WrongUsageError
from muniment.opening import reading, writing
from oversight.disposal import deciding
from oversight.disposal.carrying import Carried, carry_out
from oversight.disposal.errors import DisposalStateError
from oversight.rules.own import book_of

_AGAIN: Final = 1  # exit status: not all is gone yet
_PARTLY: Final = 3  # exit status: some of the list is kept
_ROLES: Final = frozenset({"archivist", "oversight"})  # whose accounts may be named, as over HTTP


def propose(asked: Asked, *, until: str | None, reason: str, by: str | None) -> Answer:
    """Propose to dispose of all that is due. Raises NothingDueError, OnePersonError, WrongUsageError."""
    with writing(asked) as archive:
        actor = _actor(asked, archive, by)
        last = None if until is None else _end_of(archive, until)
        now = deciding.utc_now()
        disposal = deciding.propose(
            archive, book_of(archive.root), actor=actor, reason=reason, now=now, until=last
        )
        archive.ledger.publish()
        archive.catalogue.catch_up()
        row = archive.catalogue.disposal(disposal)
    items = 0 if row is None else row.items
    return Answer(
        document={"disposal": disposal, "items": items},
        text=asked.words("disposal.proposed", disposal=disposal, count=items),
    )


def decide(asked: Asked, disposal: str, *, agreed: bool, reason: str, by: str | None) -> Answer:
    """Approve or decline. Raises DisposalStateError, OnePersonError, WrongCredentialsError."""
    step = deciding.approve if agreed else deciding.decline
    with writing(asked) as archive:
        step(archive, disposal=disposal, actor=_actor(asked, archive, by), reason=reason)
        archive.ledger.publish()
    word = "disposal.approved" if agreed else "disposal.declined"
    return Answer(
        document={"disposal": disposal, "state": word.removeprefix("disposal.")},
        text=asked.words(word, disposal=disposal),
    )


def carry(asked: Asked, disposal: str, *, by: str | None) -> Answer:
    """Remove what nothing keeps. Raises as `oversight.disposal.carrying.carry_out`."""
    with writing(asked) as archive:
        actor = _actor(asked, archive, by)
        done = carry_out(archive, disposal, book=book_of(archive.root), actor=actor)
        off = [
            (clip, each.code, _until(archive, each.until)) for clip, each in done.put_off.items()
        ]
    lines = [asked.words("disposal.carried", done=len(done.done), kept=len(done.kept))]
    for clip, code in done.kept.items():
        why = asked.words(f"disposal.kept.{code}")
        lines.append(f"  {clip}  {why}")
    if done.lifted:
        lines.append(asked.words("disposal.lifted", count=done.lifted))
    if off:
        lines.append(asked.words("disposal.put_off", count=len(off)))
    for clip, code, until in off:
        end = asked.words("disposal.until", time=until) if until else ""
        lines.append(f"  {clip}  {asked.words(f'disposal.kept.{code}')}  {end}".rstrip())
    if done.waiting:
        lines.append(asked.words("disposal.waiting", count=len(done.waiting)))
    return Answer(
        document={
            "disposal": disposal,
            "done": done.done,
            "kept": dict(done.kept),
            "bytes": done.bytes,
            "put_off": {clip: {"code": code, "until": until or None} for clip, code, until in off},
            "lifted": done.lifted,
            "waiting": sorted(done.waiting),
            "ended": done.ended,
        },
        text="\n".join(lines),
        status=_status(done),
    )


def _until(archive: Archive, moment: datetime | None) -> str:
    return "" if moment is None else when(archive, moment_text(microseconds(moment)))


def _status(done: Carried) -> int:
    if not done.ended:
        return _AGAIN
    return _PARTLY if done.kept else 0


def list_disposals(asked: Asked) -> Answer:
    """All disposals, newest first."""
    with reading(asked) as archive:
        rows = archive.catalogue.disposals()
        lines = [
            [
                row.id,
                asked.words(f"disposal.state.{row.state}"),
                str(row.items),
                str(row.done),
                when(archive, row.proposed_at),
            ]
            for row in rows
        ]
    text = "\n".join(table(asked.words("disposal.head").split("|"), lines))
    return Answer(
        document={"disposals": [_document(row) for row in rows]},
        text=text if rows else asked.words("disposal.none"),
    )


def show_disposal(asked: Asked, disposal: str) -> Answer:
    """One disposal, with the permanent register of what went. Raises DisposalStateError."""
    with reading(asked) as archive:
        row = archive.catalogue.disposal(disposal)
        if row is None:
            raise DisposalStateError(f"there is no disposal {disposal}")
        gone = archive.catalogue.disposed_clips(disposal, limit=100_000)
        lines = [
            asked.words(f"disposal.state.{row.state}"),
            *(f"  {each.clip}  {when(archive, each.disposed_at)}" for each in gone),
        ]
    clips = [{"clip": e.clip, "entry": e.index, "disposed_at": e.disposed_at} for e in gone]
    return Answer(document=_document(row) | {"clips": clips}, text="\n".join(lines))


def _document(row: DisposalRow) -> dict[str, Any]:
    return {
        "disposal": row.id,
        "state": row.state,
        "list": row.list,
        "items": row.items,
        "bytes": row.bytes,
        "done": row.done,
        "kept": row.kept,
        "proposed_at": row.proposed_at,
        "proposed_by": row.proposed_actor,
        "reason": row.proposed_reason,
        "approved_at": row.approved_at,
        "approved_by": row.approved_actor,
        "ended_at": row.ended_at,
    }


def _end_of(archive: Archive, day: str) -> datetime:
    try:
        on = date.fromisoformat(day)
    except ValueError as e:
        raise WrongUsageError(f"{day} is no day; write it like 2026-05-01") from e
    if on == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(on + timedelta(days=1), time(), archive.settings.zone)


def _actor(asked: Asked, archive: Archive, by: str | None) -> str:
    """Who does it: an account that proves itself by its password, or this machine's user."""
    if by is None:
        return asked.actor
    path = archive.root / "accounts.db"
    with closing(Accounts(path, settings=archive.settings.identity)) as accounts:
        account = accounts.check(by, _password())
    if account is None:
        raise WrongCredentialsError("user name or password is wrong")
    if account.role not in _ROLES:
        raise WrongUsageError(f"{by} is {account.role}: {', '.join(sorted(_ROLES))} may")
    return account.id


def _password() -> str:
    """One line of standard input, or asked for at a terminal. Raises WrongUsageError."""
    if sys.stdin is None:
        raise WrongUsageError("give the password of --by on standard input")
    if sys.stdin.isatty():
        return getpass.getpass("Password / 密码: ", stream=sys.stderr)
    try:
        return sys.stdin.buffer.readline(8192).rstrip(b"\r\n").decode()
    except UnicodeDecodeError as error:
        raise WrongUsageError("the password is not UTF-8") from error
