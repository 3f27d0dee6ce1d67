"""Proposing a disposal, and what the other person says. Removes nothing; nothing here decides who may.

What always holds: only what is past every rule, held by nobody and in no open case gets on a list; who proposed a list
does not approve it, under no second account either. A user of the machine may be anybody: both are accounts, and the
one that approves is older than the proposal. Whoever may set passwords at the machine can still play two people.
"""

from __future__ import annotations

from datetime import UTC, datetime

from archive.cases import deciding, need_reason
from archive.catalogue import Catalogue
from archive.catalogue.disposal_queries import DisposalRow
from archive.catalogue.times import microseconds, moment_text
from archive.events import Event, drafts
from archive.ids import new_id
from archive.opening import Archive
from oversight.disposal.errors import DisposalStateError, NothingDueError, OnePersonError
from oversight.disposal.listing import MOST, Item, write_list
from oversight.retention.facts import kept
from oversight.retention.keeping import Keeper
from oversight.rules.book import RuleBook
from oversight.workdays import Workdays


def keeper_of(archive: Archive, book: RuleBook, now: datetime) -> Keeper:
    """The retention rules in force where the archive is, on the day of a moment."""
    zone = archive.settings.zone
    return Keeper(book, now.astimezone(zone).date(), zone, Workdays())


def due(archive: Archive, keeper: Keeper, *, until: datetime, most: int = MOST) -> list[Item]:
    """What nothing keeps past a moment, oldest first; the catalogue is at the ledger's end."""
    found: list[Item] = []
    held = archive.catalogue.held_clips()
    for each in archive.catalogue.kept_clips():
        if (each.categories is None and not each.linked) or each.clip in held:
            continue
        clip = archive.catalogue.clip(each.clip)
        if clip is None:
            continue
        look = kept(archive.catalogue, clip, keeper)
        rule, over = look.keeping.rule, look.keeping.until
        if look.held or look.open_cases or rule is None or over is None or over > until:
            continue
        found.append(
            Item(
                clip=clip.clip,
                sha256=clip.sha256,
                size=clip.size,
                rule=rule.basis.id,
                over=moment_text(microseconds(over)),
            )
        )
        if len(found) == most:
            break
    return found


def propose(
    archive: Archive,
    book: RuleBook,
    *,
    actor: str,
    reason: str,
    now: datetime,
    until: datetime | None = None,
) -> str:
    """Propose to dispose of all that is due; answers with the disposal's id.

    Args:
        archive: open for writing.
        book: the rules.
        actor: who proposes.
        reason: in words.
        now: aware.
        until: also what becomes due until then; it goes no earlier all the same.

    Raises:
        CaseTextError: no reason.
        NothingDueError: nothing was done.
        OnePersonError: nobody could approve what a user of the machine proposed. Nothing was done.
    """
    need_reason(reason)
    if is_local(actor):
        raise OnePersonError("a disposal is proposed by somebody with an account: give --by NAME")
    keeper = keeper_of(archive, book, now)
    with deciding(archive), archive.store.writing() as writing:
        items = due(archive, keeper, until=max(now, until or now))
        if not items:
            raise NothingDueError("no clip is past its retention")
        rules = [keeper.rules[name] for name in sorted({item.rule for item in items})]
        stored = writing.put([write_list(items, rules)])[0]
        disposal = new_id("disposal")
        event = Event(
            type="disposal.proposed",
            subject=disposal,
            actor=actor,
            data={
                "list": {"object": stored.digest, "size": stored.size},
                "items": len(items),
                "bytes": sum(item.size for item in items),
            },
            text={"reason": reason.strip()},
        )
        archive.ledger.append(drafts(writing, [event]))
    return disposal


def approve(archive: Archive, *, disposal: str, actor: str, reason: str) -> None:
    """The other person agrees. Raises CaseTextError, DisposalStateError, OnePersonError: nothing was done."""
    _decide(archive, disposal, actor=actor, reason=reason, kind="disposal.approved")


def decline(archive: Archive, *, disposal: str, actor: str, reason: str) -> None:
    """Somebody does not agree, or takes it back. Raises CaseTextError, DisposalStateError: nothing was done."""
    _decide(archive, disposal, actor=actor, reason=reason, kind="disposal.declined")


def _decide(archive: Archive, disposal: str, *, actor: str, reason: str, kind: str) -> None:
    need_reason(reason)
    with deciding(archive):
        row = need(archive.catalogue, disposal, "proposed")
        if kind == "disposal.approved":
            _need_other(archive.catalogue, row, actor)
        archive.record(
            [Event(type=kind, subject=disposal, actor=actor, text={"reason": reason.strip()})]
        )


def need(catalogue: Catalogue, disposal: str, state: str) -> DisposalRow:
    """A disposal in a state. Raises DisposalStateError."""
    row = catalogue.disposal(disposal)
    if row is None:
        raise DisposalStateError(f"there is no disposal {disposal}")
    if row.state != state:
        raise DisposalStateError(f"disposal {disposal} is {row.state}, not {state}")
    return row


def need_two(catalogue: Catalogue, row: DisposalRow) -> None:
    """Who approved is not who proposed. Raises OnePersonError."""
    _need_other(catalogue, row, row.approved_actor or row.proposed_actor)


def _need_other(catalogue: Catalogue, row: DisposalRow, actor: str) -> None:
    """Raises OnePersonError."""
    if may_be_one_person(catalogue, row.proposed_actor, actor):
        raise OnePersonError(
            "who proposed a disposal does not approve it: another person does, each with an account"
        )
    need_older(catalogue, actor, row.index)


def need_older(catalogue: Catalogue, actor: str, index: int) -> None:
    """An account that was there before an entry. Raises OnePersonError."""
    added = catalogue.latest(actor, "account.added")
    if added is None or added.index > index:
        raise OnePersonError("the account that approves was made after it was proposed")


def may_be_one_person(catalogue: Catalogue, one: str, other: str) -> bool:
    """The same, where a user of the machine may be anybody."""
    return is_local(one) or is_local(other) or is_one_person(catalogue, one, other)


def is_local(actor: str) -> bool:
    """Whether an actor is a user of the machine, without an account."""
    return actor.startswith("local-")


def is_one_person(catalogue: Catalogue, one: str, other: str) -> bool:
    """Whether two actors are, or may be, the same person: one account, or two of one officer."""
    if one == other:
        return True
    accounts = [catalogue.account(actor) for actor in (one, other)]
    officers = [None if account is None else account.officer_id for account in accounts]
    return officers[0] is not None and officers[0] == officers[1]


def utc_now() -> datetime:
    """The moment."""
    return datetime.now(UTC)
