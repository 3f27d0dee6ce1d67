"""Nobody sees footage without a reason that the policy gives: random towns against a plain oracle.

The oracle knows clips, people and decisions as plain values and says who may see what; what the gate says of each
clip (reach, grants, SQL) has to be the same, and a search has to find exactly what may be known of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.access import reach
from api.approval import changing
from api.approval.asking import Wish, ask
from api.approval.grants import Grants
from api.errors import ApiError
from api.gate import Visitor, seen_now
from api.identity.accounts import Account, Role, Session
from archive import cases
from archive.catalogue.search import FindQuery, Scope
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive, create_archive, open_archive

UNITS = ("squad1", "squad2", "county")
PEOPLE: tuple[tuple[str, Role, str | None], ...] = (
    ("head1", "supervisor", "squad1"),
    ("head2", "supervisor", "squad2"),
    ("county", "supervisor", "county"),
    ("officer1", "officer", "squad1"),
    ("officer2", "officer", "squad2"),
    ("archivist", "archivist", None),
    ("oversight", "oversight", None),
    ("reviewer", "reviewer", None),
    ("administrator", "administrator", None),
)
PURPOSES = ("case", "legal_review", "discipline", "danger", "legal_duty", "file")
NUMBERS = ("2026-1", "2026-2", "2099-9")


@dataclass
class Asked:
    """A request as the oracle remembers it."""

    id: str
    who: str
    unit: str
    case: str | None
    clips: frozenset[str]
    outside: bool
    granted: tuple[datetime, int] | None = None  # until, and before which entry links count
    over: bool = False


@dataclass
class Town:
    """What the oracle knows."""

    archive: Archive
    units: dict[str, str]
    officers: dict[str, str]
    people: dict[str, Account]
    clips: dict[str, tuple[str, str]] = field(default_factory=dict)  # unit, officer
    links: dict[tuple[str, str], int] = field(default_factory=dict)  # (number, clip): entry
    asked: list[Asked] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    left: set[str] = field(default_factory=set)  # who left the office they asked in

    def by_role(self, who: str, clip: str) -> bool:
        """The table of who sees what, in so many words."""
        unit, officer = self.clips[clip]
        account = self.people[who]
        if account.role == "supervisor":
            return unit == account.unit
        return account.role == "officer" and officer == account.officer

    def may_see(self, who: str, clip: str) -> bool:
        """By role, or by a grant that is in force and covers the clip."""
        return self.by_role(who, clip) or any(
            a.who == who and not a.over and self.covers(a, clip) for a in self.asked
        )

    def covers(self, asked: Asked, clip: str) -> bool:
        """Whether a decision was made, for this clip, and its time is not over."""
        if asked.granted is None or self.clips[clip][0] != asked.unit:
            return False
        until, upto = asked.granted
        linked = asked.case is not None and self.links.get((asked.case, clip), upto) < upto
        return self.now < until and (clip in asked.clips or linked)


def build(root: Path) -> Town:
    """Two squads under a county, an officer and four clips each, two cases."""
    create_archive(root, origin="station.test/archive", unit="squad1")
    archive = open_archive(root, write=True)
    first = archive.settings.unit
    assert first is not None
    units = {"squad1": first, "squad2": new_id("unit"), "county": new_id("unit")}
    officers = {name: new_id("officer") for name in ("officer1", "officer2")}
    events = [
        Event(type="unit.registered", subject=units[n], actor="local-0", text={"name": n})
        for n in UNITS[1:]
    ]
    events += [
        Event(
            type="unit.placed",
            subject=units[n],
            actor="local-0",
            data={"parent": None if n == "county" else units["county"], "level": level},
        )
        for n, level in zip(UNITS, ("squad", "squad", "county"), strict=True)
    ]
    events += [
        Event(
            type="officer.registered",
            subject=officers[n],
            actor="local-0",
            data={"unit": units[u]},
            text={"badge": n},
        )
        for n, u in (("officer1", "squad1"), ("officer2", "squad2"))
    ]
    people = {}
    for name, role, unit in PEOPLE:
        officer = officers.get(name)
        account = Account(
            id=new_id("account"),
            name=name,
            role=role,
            unit=units[unit] if unit and role != "officer" else None,
            officer=officer,
            disabled=False,
        )
        people[name] = account
        data = {"role": role, "unit": account.unit, "officer": officer}
        events.append(
            Event(
                type="account.added",
                subject=account.id,
                actor="local-0",
                data=data,
                text={"name": name},
            )
        )
    archive.record(events)
    town = Town(archive=archive, units=units, officers=officers, people=people)
    for n in range(8):
        name = f"officer{n % 2 + 1}"
        unit = units[f"squad{n % 2 + 1}"] if n < 6 else units["county"]
        add_clip(town, unit, officers[name])
    for number in NUMBERS[:2]:
        archive.catalogue.catch_up()
        cases.open_case(archive, actor="local-0", number=number, unit=units["squad1"])
    return town


def add_clip(town: Town, unit: str, officer: str) -> None:
    """A clip without bytes: nobody reads them here."""
    clip, digest = new_id("clip"), f"{len(town.clips):064x}"
    data: dict[str, Any] = {
        "docking": new_id("docking"),
        "recorder": new_id("recorder"),
        "officer": officer,
        "unit": unit,
        "original": {"object": digest, "size": 1},
        "modified": "2026-01-17T08:00:00Z",
        "kind": "video",
        "start": "2026-01-17T08:00:00Z",
        "start_source": "name",
        "offset_ms": None,
        "uncertainty_ms": None,
        "marked": False,
        "late": False,
        "same_as": None,
        "resumed": None,
        "quarantined": False,
    }
    text = {"path": f"{clip}.mp4", "start_raw": None, "belongs_to": None}
    station = town.archive.settings.station
    town.archive.record(
        [Event(type="clip.ingested", subject=clip, actor=station, data=data, text=text)]
    )
    town.clips[clip] = unit, officer


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One town; each example goes on with it, which only makes more of what there is to get wrong."""
    made = build(tmp_path_factory.mktemp("reasons") / "root")
    yield made
    made.archive.close()


def visitor(town: Town, who: str, grants: Grants) -> Visitor:
    """Somebody, with what the gate knows of them."""
    account = town.people[who]
    session = Session(key=who, id=new_id("session"), account=account, expires=0.0, by="password")
    mine = frozenset(g.request for g in grants.active(account.id))
    base = reach(account)
    return Visitor(
        account=account,
        session=session,
        token="",
        address="",
        reach=type(base)(all=base.all, units=base.units, officers=base.officers, requests=mine),
    )


@dataclass
class Watched:
    """What of a service the gate asks here: grants at the oracle's time."""

    grants: Grants
    version: int = 0


OFTEN = ["ask"] * 6 + ["grant"] * 8 + ["link", "unlink"] * 3
ACTS = [*OFTEN, "decide", "decide", "end", "wait", "leave"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ACTS,
        ),
        st.sampled_from([p[0] for p in PEOPLE]),
        st.integers(0, 7),
        st.sampled_from(PURPOSES),
        st.sampled_from(NUMBERS),
        st.booleans(),
    ),
    min_size=12,
    max_size=24,
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_nobody_sees_footage_without_a_reason_that_the_policy_gives(
    town: Town, steps: list[tuple[str, str, int, str, str, bool]]
) -> None:
    for act, who, n, purpose, number, flag in steps:
        try:
            do(town, act, who, n, purpose=purpose, number=number, flag=flag)
        except (ApiError, cases.CaseNotOpenError, cases.AlreadyLinkedError, cases.NotLinkedError):
            continue
    check(town)


def do(town: Town, act: str, who: str, n: int, *, purpose: str, number: str, flag: bool) -> None:
    """One step, and what the oracle remembers of it."""
    archive, account = town.archive, town.people[who]
    clip = list(town.clips)[n]
    archive.catalogue.catch_up()
    if act == "ask" and who != "administrator":
        by_case = flag or number == NUMBERS[2]
        before = archive.reader.size()
        wish = Wish(
            case=number if by_case else None,
            clips=() if by_case else (clip,),
            purpose=purpose,
            reason="r",
            until=None,
            body="court" if purpose == "legal_duty" else None,
            emergency=purpose == "danger",
        )
        try:
            ask(archive, visitor(town, who, Grants(archive.catalogue, Watched(None))), wish)  # type: ignore[arg-type]
        finally:
            remember(town, who, before)
    elif act in {"decide", "end", "grant"} and town.asked:
        # Half of the time one of the newest, by one who may: else few would be granted.
        asked = town.asked[-1 - n % len(town.asked)]
        if act == "grant":
            who = next((p for p in town.people if decides(town, p, asked)), who)
            account, flag = town.people[who], True
        if act == "end":
            changing.end(archive, account=account.id, request=asked.id, reason="r")
            asked.over = True
            return
        upto = archive.reader.size()
        changing.decide(archive, account=account.id, request=asked.id, granted=flag, reason="r")
        assert decides(town, who, asked), "somebody decided on what is not theirs"
        if flag:
            entry = next(e for e in archive.reader.entries(upto) if e.type == "access.granted")
            asked.granted = datetime.fromisoformat(entry.data["until"]), entry.data["upto"]
            assert entry.data["upto"] <= entry.index
    elif act == "link" and number != NUMBERS[2]:
        cases.link_clip(archive, actor="local-0", number=number, clip=clip, reason="r")
        town.links[number, clip] = archive.reader.size() - 1
    elif act == "unlink" and number != NUMBERS[2]:
        cases.unlink_clip(archive, actor="local-0", number=number, clip=clip, reason="r")
        del town.links[number, clip]
    elif act == "wait":
        town.now += timedelta(hours=n)
    elif act == "leave":
        data = {"role": account.role, "unit": account.unit, "officer": account.officer}
        archive.record(
            [Event(type="account.changed", subject=account.id, actor="local-0", data=data)]
        )
        for asked in town.asked:
            asked.over |= asked.who == who


def decides(town: Town, who: str, asked: Asked) -> bool:
    """Who may decide, in so many words: the unit's head, else the county's; never on their own."""
    if who == asked.who:
        return False
    heads = {"head1": "squad1", "head2": "squad2"}
    own = [h for h, unit in heads.items() if town.units[unit] == asked.unit and h != asked.who]
    return who == "county" if asked.outside or not own else who in own


def remember(town: Town, who: str, before: int) -> None:
    """What was asked, as the ledger has it; a grant at once has to be one that the policy names."""
    role = town.people[who].role
    for entry in town.archive.reader.entries(before):
        if entry.type == "access.requested" and entry.data["unit"] is not None:
            case = entry.data.get("case")
            row = None if case is None else town.archive.catalogue.case(case)
            clips = frozenset(entry.data.get("clips", []))
            number = None if row is None else row.number
            town.asked.append(
                Asked(
                    id=entry.subject,
                    who=who,
                    unit=entry.data["unit"],
                    case=number,
                    clips=clips,
                    outside=entry.data["decided_by"] == "county_head",
                )
            )
        elif entry.type == "access.granted":
            by = entry.data["by"]
            assert by in {"duty", "emergency"}
            assert (
                role
                in {
                    "duty": {"reviewer", "oversight"},
                    "emergency": {"officer", "supervisor", "oversight"},
                }[by]
            )
            asked = next(a for a in town.asked if a.id == entry.subject)
            asked.granted = datetime.fromisoformat(entry.data["until"]), entry.data["upto"]


def check(town: Town) -> None:
    """Everybody, every clip: gate, SQL and oracle are of one mind."""
    archive = town.archive
    archive.catalogue.catch_up()
    watched = Watched(Grants(archive.catalogue, Watched(None), clock=town.now.timestamp))  # type: ignore[arg-type]
    for who, account in town.people.items():
        if account.role == "administrator":
            assert watched.grants.active(account.id) == ()
            continue
        seer = visitor(town, who, watched.grants)
        scope = Scope(
            all=seer.reach.all,
            units=seer.reach.units,
            officers=seer.reach.officers,
            requests=seer.reach.requests,
        )
        found = {c.clip for c in archive.catalogue.find(FindQuery(scope=scope)).clips}
        for clip in town.clips:
            row = archive.catalogue.clip(clip)
            assert row is not None
            seen = seen_now(watched, seer, row)  # type: ignore[arg-type]  # of a service: grants
            sees = seen is not None and seen.footage
            assert sees == town.may_see(who, clip), (who, clip)
            assert (seen is not None) == (clip in found), (who, clip)
