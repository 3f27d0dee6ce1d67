"""Asking to see footage: what was typed becomes requests, one for each unit that collected some of it.

What always holds: a request is in the ledger, with the policy it stands on, before anybody can decide on it; what the
policy grants at once (duty, emergency) is granted in the same append, never before it, and an emergency's alarm is in
it too. Whoever may not know of a case
or a clip learns nothing by asking: they get a line of their own that says what they typed, whether there is such
footage or not; what was asked of the heads is theirs to see from the moment that a head answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from api.approval import emergencies
from api.approval.deciding import relations_of, rule_of
from api.approval.errors import AskedAlreadyError, NoRuleError, PeriodError
from api.approval.policy import AT_ONCE, Policy, Rule
from api.approval.policy_reading import policy_of
from api.errors import InvalidInputError, NotFoundError
from api.gate import Visitor
from api.rights.alarms import alarm_of
from archive.catalogue.request_queries import RequestRow
from archive.catalogue.rows import ClipRow
from archive.catalogue.words import number_key
from archive.events import Event
from archive.ids import is_id, new_id
from archive.ledger.lock import FileLock
from archive.opening import Archive

MOST_CLIPS: Final = 200
MOST_TEXT: Final = 1000
_LOCK: Final = "requests.lock"
_MOST_OPEN: Final = 200
_MOST_LOOKED: Final = 2_000
_GRACE: Final = timedelta(minutes=1)  # "until 30 days from now" was typed a moment ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for."""

    case: str | None  # number; else clips
    clips: tuple[str, ...]
    purpose: str
    reason: str
    until: datetime | None  # None: as long as the rule allows
    body: str | None = None  # outside the agency
    emergency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """Footage of one unit."""

    unit: str | None
    case: str | None  # id
    clips: tuple[str, ...]
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """What all requests of one wish have in common."""

    station: str
    account: str
    wish: Wish
    policy: Policy
    rule: Rule  # of the asker's own line
    until: datetime
    told: bool
    upto: int


@contextmanager
def decisions(archive: Archive) -> Iterator[None]:
    """The lock under which requests are looked at and changed; the catalogue is level with the ledger inside it.

    Requests and grants of accounts that were changed since are ended first.
    """
    with closing(FileLock(archive.root / _LOCK)) as lock, lock.held():
        archive.catalogue.catch_up()
        outlived = archive.catalogue.outlived()
        if outlived:
            station, data = archive.settings.station, {"why": "account"}
            archive.record(
                [
                    Event(type="access.ended", subject=row.id, actor=station, data=data)
                    for row in outlived
                ]
            )
            archive.catalogue.catch_up()
        yield


def ask(archive: Archive, visitor: Visitor, wish: Wish) -> list[RequestRow]:
    """Ask; what the asker may know of it when it returns, all of it durable.

    Raises:
        InvalidInputError, NoRuleError, PeriodError: what was typed does not fit the policy. Nothing was done.
        NotFoundError: somebody who sees all facts asked for what does not exist.
        TooManyEmergenciesError: the policy allows no more of them today. Nothing was done.
        AskedAlreadyError: the same waits for a decision.
        PolicyError: the policy cannot be read. Nothing was done.
    """
    policy, now = policy_of(archive.root), datetime.now(UTC)
    possible = _possible(policy, visitor, wish, now)
    until = _until(wish, possible, now)
    with decisions(archive):
        asked_already = _check_new(archive, visitor, wish)
        if wish.emergency:
            emergencies.check(archive, visitor.account.id, possible[0])
        targets = [
            target
            for target in _targets(archive, visitor, wish, policy, now)
            if target.unit not in asked_already
        ]
        told = _knows(archive, visitor, wish) or (
            bool(targets) and all(t.rule.decided_by in AT_ONCE for t in targets)
        )
        if visitor.reach.all and not targets:
            raise NotFoundError("there is no such footage that you would have to ask for")
        lines: list[tuple[str, _Target | None]] = [] if told else [(new_id("request"), None)]
        asked = lines + [(new_id("request"), target) for target in targets]
        asking = _Asking(
            station=archive.settings.station,
            account=visitor.account.id,
            wish=wish,
            policy=policy,
            rule=possible[0],
            until=until,
            told=told,
            # Links from before this moment; the append may only find more entries below.
            upto=archive.catalogue.size(),
        )
        events = [event for id_, target in asked for event in _events(asking, id_, target)]
        _record(archive, policy, events)
        archive.catalogue.catch_up()
        found = [archive.catalogue.request(id_) for id_, _ in asked]
    return [row for row in found if row is not None and is_told(row)]


def is_told(row: RequestRow) -> bool:
    """Whether the asker may know of it: a line, what was asked in the open, or what a head has answered."""
    return row.sought is None or row.is_line or row.decided_index is not None


def _possible(policy: Policy, visitor: Visitor, wish: Wish, now: datetime) -> list[Rule]:
    """The rules that could apply, whatever footage there is: what is refused here tells nothing of it."""
    if wish.body is not None and wish.emergency:
        raise InvalidInputError("what is for an outside body is no emergency access")
    if policy.purpose(wish.purpose) is None:
        raise InvalidInputError("the policy has no such purpose")
    role, day = visitor.account.role, now.date()
    relations = relations_of(outside=wish.body is not None, emergency=wish.emergency)
    rules = [policy.rule_for(role, wish.purpose, relation, day) for relation in relations]
    found = [rule for rule in rules if rule is not None]
    if not found:
        raise NoRuleError(f"the policy lets no {role} ask for this, for this purpose")
    return found


def _until(wish: Wish, possible: list[Rule], now: datetime) -> datetime:
    latest = now + max(rule.longest for rule in possible)
    if wish.until is None:
        return latest
    if not now < wish.until <= latest + _GRACE:
        raise PeriodError(f"the end lies between now and {latest:%Y-%m-%dT%H:%M:%SZ}")
    return min(wish.until.astimezone(UTC), latest)


def _check_new(archive: Archive, visitor: Visitor, wish: Wish) -> frozenset[str]:
    """The units whose heads were asked for the same, have not answered, and need not be asked again."""
    account = visitor.account.id
    waiting = archive.catalogue.requests(account=account, state="open", limit=_MOST_LOOKED).requests
    if sum(map(is_told, waiting)) >= _MOST_OPEN:  # what they are not told of would tell
        raise AskedAlreadyError(f"{_MOST_OPEN} requests of yours wait for a decision")
    if wish.emergency:
        return frozenset()
    newest = archive.catalogue.requests(account=account, limit=_MOST_OPEN).requests
    answers = [row for row in newest if not row.is_line and row.decided_index is not None]
    same = [row for row in waiting if _is_same(archive, row, wish)]
    for row in same:
        # A line waits until a head answers. What it was passed on as is nothing that the asker is told of.
        answered = row.is_line and any(
            one.index > row.index and _is_same(archive, one, wish) for one in answers
        )
        if is_told(row) and not answered and _lasts(row):
            raise AskedAlreadyError("you have asked for that; it waits for a decision")
    return frozenset(row.unit_id for row in same if row.unit_id is not None and _lasts(row))


def _lasts(row: RequestRow) -> bool:
    return datetime.fromisoformat(row.until) > datetime.now(UTC)


def _is_same(archive: Archive, row: RequestRow, wish: Wish) -> bool:
    case = archive.catalogue.case(row.case_id) if row.case_id else None
    words = row.sought or (case.number if case else None) or " ".join(row.clips)
    return number_key(words or "") == _same_words(wish) and row.purpose == wish.purpose


def _same_words(wish: Wish) -> str:
    return number_key(wish.case if wish.case is not None else " ".join(sorted(set(wish.clips))))


def _targets(
    archive: Archive, visitor: Visitor, wish: Wish, policy: Policy, now: datetime
) -> list[_Target]:
    """What there is, by collecting unit; but for what the asker sees by role, unless it is to go outside."""
    units: dict[str, list[str]] = {}
    case_id, outside = None, wish.body is not None
    if wish.case is not None:
        case = archive.catalogue.case_by_number(wish.case)
        if case is not None:
            case_id = case.id
            units = {unit: [] for unit in archive.catalogue.units_of_case(case.id)}
    else:
        for id_ in dict.fromkeys(wish.clips):
            clip = archive.catalogue.clip(id_) if is_id(id_, "clip") else None
            own = not outside and clip is not None and _sees(visitor, clip)
            if clip is not None and clip.unit_id is not None and not own:
                units.setdefault(clip.unit_id, []).append(id_)
    mine = frozenset() if outside or visitor.reach.all else visitor.reach.units
    found = []
    for unit in sorted(units.keys() - mine):
        rule = rule_of(
            policy,
            role=visitor.account.role,
            purpose=wish.purpose,
            own=unit_of(archive, visitor),
            unit=unit,
            outside=outside,
            emergency=wish.emergency,
            day=now.date(),
        )
        if rule is not None:
            clips = tuple(units[unit])
            found.append(_Target(unit=unit, case=case_id, clips=clips, rule=rule))
    return found


def _sees(visitor: Visitor, clip: ClipRow) -> bool:
    return not visitor.reach.all and visitor.reach.covers(clip)


def _knows(archive: Archive, visitor: Visitor, wish: Wish) -> bool:
    """Whether the asker may know of all that was asked for without a grant."""
    if visitor.reach.all:
        return True
    clips = [archive.catalogue.clip(id_) for id_ in wish.clips if is_id(id_, "clip")]
    return len(clips) == len(wish.clips) > 0 and all(
        clip is not None and visitor.reach.covers(clip) for clip in clips
    )


def unit_of(archive: Archive, visitor: Visitor) -> str | None:
    """The unit that somebody belongs to: the account's, else its officer's."""
    account = visitor.account
    if account.unit is not None or account.officer is None:
        return account.unit
    officer = archive.catalogue.officer(account.officer)
    return None if officer is None else officer.unit_id


def _events(asking: _Asking, id_: str, target: _Target | None) -> Iterator[Event]:
    rule, wish, account = asking.rule, asking.wish, asking.account
    if target is not None:
        rule = target.rule
    end = moment(min(asking.until, datetime.now(UTC) + rule.longest))
    data: dict[str, Any] = {
        "account": account,
        "unit": None if target is None else target.unit,
        "rule": rule.id,
        "policy": {"object": asking.policy.digest, "size": len(asking.policy.data)},
        "decided_by": rule.decided_by,
        "purpose": wish.purpose,
        "until": end,
    }
    if target is not None:
        data |= {"case": target.case} if target.case is not None else {"clips": list(target.clips)}
    text = {"reason": wish.reason}
    text |= {} if wish.body is None else {"body": wish.body}
    text |= {} if asking.told else {"sought": _sought(wish)}
    yield Event(type="access.requested", subject=id_, actor=account, data=data, text=text)
    if target is not None and rule.decided_by in AT_ONCE:
        given = {"by": rule.decided_by, "until": end, "upto": asking.upto}
        yield Event(type="access.granted", subject=id_, actor=account, data=given)
    if wish.emergency:
        # In the same append, and never counted with another: each is for somebody to look at.
        code = "emergency_access"
        yield alarm_of(actor=asking.station, subject=id_, code=code, account=account, request=id_)


def _sought(wish: Wish) -> str:
    return wish.case if wish.case is not None else " ".join(sorted(set(wish.clips)))


def _record(archive: Archive, policy: Policy, events: list[Event]) -> None:
    if archive.catalogue.is_named(policy.digest):
        archive.record(events)
        return
    with archive.store.writing() as writing:
        writing.put([policy.data])
        archive.record(events)


def moment(when: datetime) -> str:
    """A moment as the ledger writes it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
