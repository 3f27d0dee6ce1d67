"""Facets and totals against a plain model of the same clips, whichever way they are counted."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.catalogue import finding_queries
from archive.catalogue.counting import parts_of
from archive.catalogue.facets import Facets
from archive.catalogue.search import Filters, FindQuery, Scope
from archive.catalogue.spans import ranges
from tests.postgres import PostgresServer
from tests.unit.catalogue.story import MemoryArchive, Story

_SHIFT = timedelta(hours=8)
_KINDS = ("video", "video", "photo", "audio")


@dataclass(frozen=True, kw_only=True)
class Known:
    """A clip as the model knows it."""

    clip: str
    officer: str | None
    unit: str | None
    recorder: str
    kind: str
    start: datetime | None
    marked: bool
    damaged: bool
    late: bool
    quarantined: bool
    cases: frozenset[str]


class Town:
    """Clips of a few years, in a catalogue and in the model."""

    def __init__(self, archive: MemoryArchive) -> None:
        self.archive = archive
        self.clips: list[Known] = []
        self.units: list[str] = []
        self.officers: list[str] = []
        self.request = "request-1"  # which opens the clips of `granted`
        self.granted: frozenset[str] = frozenset()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Town]:
    new_url = None
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("server")
        new_url = server.new_url
    archive = MemoryArchive(tmp_path_factory.mktemp("town"), new_url)
    yield made(archive, random.Random(7))  # noqa: S311 - made-up clips
    archive.catalogue.close()


def made(archive: MemoryArchive, chance: random.Random) -> Town:
    story = Story(archive.record)
    units = [story.unit(f"第{n}中队") for n in range(3)]
    officers = [story.officer(f"00{n}", unit=units[n % 3]) for n in range(4)]
    recorders = [story.recorder(f"SN{n}") for n in range(3)]
    cases = [story.case(f"2026-{n}", title="夜查") for n in range(3)]
    clips = []
    for n in range(240):
        clips.append(one(story, chance, n, (units, officers, recorders, cases)))
        if n % 50 == 49:
            archive.catalogue.catch_up()
    archive.catalogue.catch_up()
    # What was asked for and belongs to the unit whose head decided.
    wanted = clips[::9]
    granted = frozenset(c.clip for c in wanted if c.unit == units[1])
    asked = {
        "account": "account-1",
        "case": None,
        "unit": units[1],
        "clips": [c.clip for c in wanted],
        "rule": "other_unit",
        "policy": {"object": "0" * 64, "size": 1},
        "decided_by": "head",
        "purpose": "case_work",
        "until": "2026-12-31T00:00:00Z",
    }
    story.event("access.requested", "request-1", asked, {"reason": "x"})
    archive.catalogue.catch_up()
    town = Town(archive)
    town.clips, town.units, town.officers, town.granted = clips, units, officers, granted
    return town


def one(
    story: Story,
    chance: random.Random,
    n: int,
    registers: tuple[Sequence[str], Sequence[str], Sequence[str], Sequence[str]],
) -> Known:
    """Tell of one clip all that may happen to one."""
    units, officers, recorders, cases = registers
    start: datetime | None = datetime(2025, 12, 30, tzinfo=UTC) + timedelta(
        minutes=chance.choice([chance.randrange(3000), chance.randrange(200_000)])
    )
    if n % 23 == 0:
        start = None
    at = chance.randrange(4)
    known = Known(
        clip="",
        officer=None if n % 11 == 0 else officers[at],
        unit=None if n % 17 == 0 else units[at % 3],
        recorder=f"SN{at % 3}",
        kind=chance.choice(_KINDS),
        start=start,
        marked=chance.random() < 0.2,
        damaged=chance.random() < 0.2,
        late=chance.random() < 0.2,
        quarantined=chance.random() < 0.2,
        cases=frozenset(),
    )
    clip = story.clip(
        f"{n}.mp4",
        start=None if start is None else start.isoformat().replace("+00:00", "Z"),
        officer=known.officer,
        unit=known.unit,
        recorder=recorders[at % 3],
        kind=known.kind,
        marked=known.marked,
        late=known.late,
        quarantined=known.quarantined,
    )
    story.examined(clip, kind=known.kind, damaged=known.damaged)
    known = replace(known, clip=clip)
    for at in chance.sample(range(3), chance.randrange(3)):
        story.link(clip, cases[at])
        if chance.random() < 0.3:
            story.unlink(clip, cases[at])
        else:
            known = replace(known, cases=known.cases | {f"2026-{at}"})
    if n % 13 == 0:
        officer = chance.randrange(4)
        story.reassigned(clip, officers[officer], units[0])
        known = replace(known, officer=officers[officer], unit=units[0])
    if n % 19 == 0:
        story.accepted(clip, known.officer, known.unit)
        known = replace(known, quarantined=False)
    return known


def model(town: Town, query: FindQuery, *, but: str | None = None) -> list[Known]:
    """What a search finds, asked of each clip in turn; `but`: without this filter."""
    asked = {f.name: getattr(query, f.name) for f in fields(FindQuery)}
    if but is not None:
        asked[but] = None
    return [c for c in town.clips if meets(town, c, asked)]


def meets(town: Town, c: Known, asked: dict[str, Any]) -> bool:
    begin, end, scope = asked["from_"], asked["to"], asked["scope"]
    if (begin or end) and c.start is None:
        return False
    if begin and c.start and c.start < begin:
        return False
    if end and c.start and c.start >= end:
        return False
    if scope is not None and not scope.all:
        granted = town.granted if town.request in scope.requests else frozenset()
        if c.unit not in scope.units and c.officer not in scope.officers and c.clip not in granted:
            return False
    same: dict[str, Callable[[Any], bool]] = {
        "case": lambda number: number in c.cases,
        "number": lambda part: any(part in number for number in c.cases),
        "officer": lambda badge: c.officer == town.officers[int(badge)],
        "unit": lambda name: c.unit == town.units[int(name[1])],
        "recorder": lambda serial: c.recorder == serial,
        "kind": lambda kind: c.kind == kind,
        "mark": lambda wanted: c.marked == wanted,
        "damage": lambda wanted: c.damaged == wanted,
        "late": lambda wanted: c.late == wanted,
        "quarantined": lambda wanted: c.quarantined == wanted,
        "linked": lambda wanted: bool(c.cases) == wanted,
    }
    return all(asked[name] is None or same[name](asked[name]) for name in same)


def day(n: int) -> datetime:
    """The beginning of a day of UTC+8."""
    return datetime(2025, 12, 30, tzinfo=UTC) + timedelta(days=n) - _SHIFT


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), values)


def queries() -> st.SearchStrategy[dict[str, Any]]:
    moments = st.one_of(
        st.integers(-3, 150).map(day),
        st.integers(0, 200_000).map(lambda m: day(0) + timedelta(minutes=m)),
    )
    return st.fixed_dictionaries(
        {
            "case": maybe(st.sampled_from(["2026-0", "2026-1"])),
            "number": maybe(st.sampled_from(["26-", "-2", "9"])),
            "officer": maybe(st.sampled_from(["000", "001", "002", "003"])),
            "unit": maybe(st.sampled_from(["第0中队", "第1中队"])),
            "recorder": maybe(st.sampled_from(["SN0", "SN1"])),
            "from_": maybe(moments),
            "to": maybe(moments),
            "kind": maybe(st.sampled_from(["video", "photo"])),
            **{
                n: maybe(st.booleans()) for n in ("mark", "damage", "linked", "late", "quarantined")
            },
        }
    )


def scopes(town: Town) -> list[Scope | None]:
    return [
        None,
        Scope(all=True),
        Scope(),
        Scope(units=frozenset(town.units[:1])),
        Scope(officers=frozenset(town.officers[:1])),
        Scope(units=frozenset(town.units[:1]), requests=frozenset({town.request})),
        Scope(officers=frozenset(town.officers[:1]), requests=frozenset({town.request})),
        Scope(units=frozenset(town.units[:1]), officers=frozenset(town.officers[:1])),
        Scope(
            units=frozenset(town.units[:1]),
            officers=frozenset(town.officers[1:3]),
            requests=frozenset({town.request}),
        ),
    ]


@settings(max_examples=150, deadline=None)
@given(asked=queries(), scope=st.integers(0, 8), broad=st.booleans(), rare=st.booleans())
def test_totals_and_facets_are_those_of_the_clips_one_by_one(
    town: Town, asked: dict[str, Any], scope: int, broad: bool, rare: bool
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        if broad:
            patched.setattr(finding_queries, "MOST_FOUND", -1)
        patched.setattr(finding_queries, "_LOOK", 10**6 if rare else 0)
        check_against_the_model(town, asked, scope)


def check_against_the_model(town: Town, asked: dict[str, Any], scope: int) -> None:
    query = FindQuery(**asked, scope=scopes(town)[scope])
    catalogue, expected = town.archive.catalogue, model(town, query)
    result = catalogue.find(query)
    assert {c.clip for c in result.clips} == {c.clip for c in expected}
    page = catalogue.find(replace(query, limit=1, most_counted=1000))
    assert (page.total, page.exact) == (len(expected), True)
    paged, cursor = list[str](), None
    while len(paged) < len(expected):
        part = catalogue.find(replace(query, limit=60, most_counted=1000, cursor=cursor))
        paged += [c.clip for c in part.clips]
        cursor = part.next_cursor
        if cursor is None:
            break
    assert paged == [c.clip for c in result.clips]
    facets = catalogue.facets(query)
    assert (facets.total, facets.exact) == (len(expected), True)
    assert shown(facets) == modelled(town, query)
    held = [c for c in expected if c.start is not None]
    assert sum(b.clips for b in facets.bins) == len(held)
    assert facets.unknown == len(expected) - len(held)
    for b in facets.bins:
        assert b.clips == sum(1 for c in held if c.start and b.begin <= c.start < b.end)


def shown(facets: Facets) -> dict[str, Any]:
    return {
        "units": {name: n for name, n in facets.units if n},
        "kinds": {name: n for name, n in facets.kinds if n},
        "states": dict(facets.states),
    }


def modelled(town: Town, query: FindQuery) -> dict[str, Any]:
    names = {unit: f"第{n}中队" for n, unit in enumerate(town.units)}

    def many(filter_: str, meets_it: Callable[[Known], bool]) -> int:
        return sum(1 for c in model(town, query, but=filter_) if meets_it(c))

    return {
        "units": dict(
            Counter(
                None if c.unit is None else names[c.unit] for c in model(town, query, but="unit")
            )
        ),
        "kinds": dict(Counter(c.kind for c in model(town, query, but="kind"))),
        "states": {
            "marked": many("mark", lambda c: c.marked),
            "unmarked": many("mark", lambda c: not c.marked),
            "damaged": many("damage", lambda c: c.damaged),
            "late": many("late", lambda c: c.late),
            "quarantined": many("quarantined", lambda c: c.quarantined),
            "unlinked": many("linked", lambda c: not c.cases),
        },
    }


def test_tallies_are_the_sums_of_the_clips(town: Town) -> None:
    rows = town.archive.catalogue._file.rows
    ((total,),) = rows("SELECT sum(clips) FROM tallies WHERE whose = '' AND span < 1000000", {})
    ((owned,),) = rows("SELECT sum(clips) FROM tallies WHERE whose LIKE 'officer:%'", {})
    ((recorded,),) = rows("SELECT sum(clips) FROM tallies WHERE whose LIKE 'recorder:%'", {})
    assert total == len(town.clips)
    assert owned == sum(1 for c in town.clips if c.officer)
    assert recorded == len(town.clips)
    assert rows("SELECT 1 FROM tallies WHERE clips < 1", {}) == []


def test_what_takes_too_long_to_count_says_at_least(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding_queries, "MOST_COUNTED", 20)
    facets = town.archive.catalogue.facets(FindQuery(case="2026-0"))
    assert (facets.total, facets.exact) == (20, False)
    result = town.archive.catalogue.find(FindQuery(case="2026-0", limit=1, most_counted=20))
    assert (result.total, result.exact) == (20, False)
    # What the tallies tell is exact, however many they are.
    assert town.archive.catalogue.facets(FindQuery()).exact
    whole = town.archive.catalogue.find(FindQuery(limit=1, most_counted=20))
    assert (whole.total, whole.exact) == (len(town.clips), True)


def test_a_total_that_is_known_is_not_counted_again(town: Town) -> None:
    page = town.archive.catalogue.find(FindQuery(limit=1))
    following = town.archive.catalogue.find(FindQuery(limit=1, cursor=page.next_cursor, total=77))
    assert following.total == 77


@pytest.mark.parametrize(
    ("begin", "end", "spans"),
    [
        ("2026-01-01", "2026-02-01", [(202601, 202601)]),
        ("2026-01-05", "2026-01-08", [(120260105, 120260107)]),
        (
            "2026-01-05",
            "2026-04-03",
            [(120260105, 120260131), (120260401, 120260402), (202602, 202603)],
        ),
        ("2026-01-05", "2026-02-01", [(120260105, 120260131)]),
        ("2026-01-08", "2026-01-08", []),
    ],
)
def test_a_stretch_of_days_is_whole_months_and_the_days_left_over(
    begin: str, end: str, spans: list[tuple[int, int]]
) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) - _SHIFT

    assert ranges(at(begin), at(end)) == spans
    assert ranges(at(begin) + timedelta(seconds=1), at(end)) is None


def test_what_the_tallies_cannot_tell_is_not_asked_of_them() -> None:
    for query in (
        FindQuery(case="1"),
        FindQuery(text="夜"),
        FindQuery(place="x"),
        FindQuery(number="1"),
    ):
        assert parts_of(Filters(query=query)) is None
    assert parts_of(Filters(query=FindQuery(), recorders=("r",), officers=("o",))) is None
    for told in (
        Filters(query=FindQuery(kind="video")),
        Filters(query=FindQuery(), recorders=("r",)),
        Filters(query=FindQuery(to=day(3) + timedelta(hours=1)), officers=("o",)),
        Filters(query=FindQuery(scope=Scope(units=frozenset("u"), officers=frozenset("o")))),
    ):
        parts = parts_of(told)
        assert parts is not None
        assert parts.cells
