"""oversight.db: what changed is counted again, all of it gives the same, and nothing is lost with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import cases
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive, create_archive, open_archive
from oversight.clocks.errors import ClocksUnreadableError, ExcuseTextError, NotExcusableError
from oversight.clocks.excusing import excuse
from oversight.clocks.keeping import refresh
from oversight.clocks.kept import NAME, Kept, Scope
from oversight.clocks.kept_rows import KeptClock
from oversight.clocks.model import STATES, Clock
from oversight.clocks.reckoning import micros
from oversight.clocks.standing import clocks_of_case, now_of, reckoner_of
from tests.unit.oversight.clocks.made import us

LONG_AGO = "2026-01-05T08:00:00Z"
NOW = us("2026-11-20T08:00")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    create_archive(tmp_path / "root", origin="station.test/clocks", unit="North")
    with open_archive(tmp_path / "root", write=True) as opened:
        yield opened


def say(archive: Archive, type_: str, subject: str, data: dict[str, Any], **text: str) -> None:
    archive.record(
        [Event(type=type_, subject=subject, actor="local-0", data=data, text=text or None)]
    )


def case(
    archive: Archive, number: str, *, unit: str | None = "unit-1", officers: tuple[str, ...] = ()
) -> str:
    return cases.open_case(archive, actor="local-0", number=number, unit=unit, officers=officers)


def clip(
    archive: Archive, start: str | None, *, unit: str = "unit-1", officer: str = "officer-1"
) -> str:
    id_ = new_id("clip")
    data = {
        "docking": new_id("docking"),
        "recorder": "recorder-1",
        "officer": officer,
        "unit": unit,
        "original": {"object": f"{abs(hash(id_)):064x}"[:64], "size": 5},
        "modified": LONG_AGO,
        "kind": "video",
        "start": start,
        "start_source": "name" if start else None,
        "offset_ms": None,
        "uncertainty_ms": None,
        "marked": False,
        "late": False,
        "same_as": None,
        "resumed": None,
        "quarantined": False,
    }
    say(archive, "clip.ingested", id_, data, path="a.mp4")
    return id_


def table(store: Kept) -> list[KeptClock]:
    every = Scope(unit="unit-1", officer="officer-2", agency=True)
    found = store.clocks(NOW, states=STATES, limit=10_000)
    assert {c.subject for c in store.clocks(NOW, states=STATES, scope=every, limit=10_000)} <= {
        c.subject for c in found
    }
    return found


def recent() -> str:
    return (datetime.now(UTC) - timedelta(hours=2)).isoformat().replace("+00:00", "Z")


@pytest.mark.slow
def test_only_what_entries_touched_is_counted_again(archive: Archive) -> None:
    store = Kept(archive.root)
    first, second = case(archive, "1"), case(archive, "2", unit="unit-2")
    say(archive, "case.action_ended", first, {"at": LONG_AGO})
    clip(archive, LONG_AGO)
    clip(archive, recent())
    clip(archive, None)
    assert refresh(archive, store).scratch
    assert [(c.rule, c.state) for c in table(store)] == [("upload", "late"), ("file", "missed")]
    assert refresh(archive, store).clocks == 0
    say(archive, "case.action_ended", second, {"at": recent()})
    done = refresh(archive, store)
    assert (done.scratch, done.clocks) == (False, 1)
    states = {c.subject: c.state for c in store.clocks(now_of(archive), states=STATES)}
    assert states[second] == "running"
    catalogue = {"catalogue": {"object": "0" * 64, "size": 1}}
    say(archive, "case.catalogued", first, catalogue)
    refresh(archive, store)
    states = {c.subject: c.state for c in store.clocks(now_of(archive), states=STATES)}
    assert states[first] == "late"


def test_clocks_are_told_by_whose_they_are(archive: Archive) -> None:
    store = Kept(archive.root)
    mine = case(archive, "1", unit="unit-1", officers=("officer-1",))
    other = case(archive, "2", unit="unit-2", officers=("officer-2", "officer-1"))
    for one in (mine, other):
        say(archive, "case.action_ended", one, {"at": LONG_AGO})
    say(archive, "list.outdated", "list-1", {"at": LONG_AGO}, reason="改了")
    refresh(archive, store)

    def told(scope: Scope | None) -> set[str]:
        return {c.subject for c in store.clocks(NOW, scope=scope)}

    assert told(None) == {mine, other, "list-1"}
    assert told(Scope(unit="unit-1")) == {mine}
    assert told(Scope(officer="officer-1")) == {mine, other}
    assert told(Scope(officer="officer-2", agency=True)) == {other, "list-1"}
    assert told(Scope()) == set()
    assert store.worrying(NOW) == {
        "unit-1": {("file", "missed"): 1},
        "unit-2": {("file", "missed"): 1},
        None: {("update_lists", "missed"): 1},
    }
    first = store.clocks(NOW, limit=1)[0]
    rest = store.clocks(NOW, after=(first.due, first.subject, first.rule, first.year or 0))
    assert [c.subject for c in (first, *rest)] == [c.subject for c in store.clocks(NOW)]


def test_the_file_may_go_and_what_it_said_comes_back(archive: Archive) -> None:
    store = Kept(archive.root)
    say(archive, "case.action_ended", case(archive, "1"), {"at": LONG_AGO})
    refresh(archive, store)
    before = table(store)
    path = archive.root / NAME
    for spoiled in (None, b"this is no database" * 500, b""):
        for end in ("", "-wal", "-shm"):
            path.with_name(f"{NAME}{end}").unlink(missing_ok=True)
        if spoiled is not None:
            path.write_bytes(spoiled)
        assert table(store) == []
        assert refresh(archive, store).scratch
        assert table(store) == before
    with closing(sqlite3.connect(archive.root / NAME)) as db:
        db.execute("PRAGMA user_version = 999")
    assert refresh(archive, store).scratch


def test_other_rules_and_another_ledger_are_counted_from_scratch(archive: Archive) -> None:
    store = Kept(archive.root)
    one = case(archive, "1")
    say(archive, "case.action_ended", one, {"at": LONG_AGO})
    refresh(archive, store)
    due = store.clocks(NOW)[0].due
    (archive.root / "rules").mkdir()
    (archive.root / "rules" / "agency.toml").write_text(
        'format = 1\n[rules]\nlevel = "agency"\nplace = "x"\ntitle = { zh = "本", en = "Own" }\n'
        '[[deadline]]\nid = "file"\nbegins = "action_ended"\nends = "filed"\nwithin = "10 days"\n'
        'rolls = false\nclause = { zh = "一", en = "1" }\nsource = { zh = "办法", en = "M" }\n'
        "in_force = 2020-01-01\n"
    )
    assert refresh(archive, store).scratch
    assert store.clocks(NOW)[0].due < due
    with closing(sqlite3.connect(archive.root / NAME)) as db, db:
        db.execute("UPDATE state SET leaf = 'another'")
    assert refresh(archive, store).scratch


def test_where_nothing_can_be_written_nothing_is_hidden(archive: Archive) -> None:
    say(archive, "case.action_ended", case(archive, "1"), {"at": LONG_AGO})
    (archive.root / NAME).mkdir()
    with pytest.raises(ClocksUnreadableError):
        refresh(archive, Kept(archive.root))
    memory = Kept(None)
    refresh(archive, memory)
    assert [c.state for c in memory.clocks(NOW)] == ["missed"]


def test_who_ends_early_changes_nothing_and_who_finds_another_at_work_says_so(
    archive: Archive,
) -> None:
    store = Kept(archive.root)
    say(archive, "case.action_ended", case(archive, "1"), {"at": LONG_AGO})

    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        refresh(archive, store, keep=stop)
    assert store.mark() is None
    with closing(sqlite3.connect(archive.root / NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ClocksUnreadableError) as caught:
            refresh(archive, Kept(archive.root, patience=0.05))
    assert (caught.value.busy, caught.value.damaged) == (True, False)
    refresh(archive, store)
    assert [c.state for c in store.clocks(NOW)] == ["missed"]


def test_a_closed_case_is_looked_after_until_its_file_is_there(archive: Archive) -> None:
    store = Kept(archive.root)
    one = case(archive, "1")
    say(archive, "case.stage_entered", one, {"stage": "conclusion", "at": LONG_AGO})
    cases.close_case(archive, actor="local-0", number="1")
    refresh(archive, store)
    assert [(c.subject, c.state) for c in store.clocks(NOW)] == [(one, "missed")]
    say(archive, "case.catalogued", one, {"catalogue": {"object": "0" * 64, "size": 1}})
    refresh(archive, store)
    assert store.clocks(NOW, states=STATES) == []
    store.forget()
    refresh(archive, store)
    assert store.clocks(NOW, states=STATES) == []


def test_a_stated_reason_excuses_and_nothing_else_does(archive: Archive) -> None:
    store = Kept(archive.root)
    late, soon = clip(archive, LONG_AGO), clip(archive, recent())
    one = case(archive, "1")
    say(archive, "case.action_ended", one, {"at": LONG_AGO})
    refresh(archive, store)

    def stated(subject: str, rule: str, kind: int = 0, reason: str = "连续执勤") -> Clock:
        return excuse(
            archive, subject=subject, rule=rule, kind=kind, reason=reason, actor="account-1"
        )

    for wrong in (
        (late, "file"),
        (soon, "upload"),
        (one, "file"),
        (one, "no-such"),
        ("clip-0", "upload"),
    ):
        with pytest.raises(NotExcusableError):
            stated(*wrong)
    for kind in (-1, 3):
        with pytest.raises(NotExcusableError, match="3 reasons"):
            stated(late, "upload", kind)
    for reason in ("", "  ", "x" * 2001, "a\0b"):
        with pytest.raises(ExcuseTextError):
            stated(late, "upload", reason=reason)
    size = archive.reader.size()
    assert stated(late, "upload", 2).subject == late
    assert archive.reader.size() == size + 1
    refresh(archive, store)
    states = {c.subject: c.state for c in store.clocks(NOW, states=STATES)}
    assert states == {late: "excused", one: "missed"}


def test_the_moment_is_never_before_the_newest_entry(archive: Archive) -> None:
    newest = archive.reader.entry(archive.reader.size() - 1).time
    assert now_of(archive) >= micros(datetime.fromisoformat(newest))


STEP = st.tuples(
    st.sampled_from(
        [
            "open",
            "ended",
            "decision",
            "conclusion",
            "catalogued",
            "revoked",
            "publish",
            "withdraw",
            "close",
            "clip",
            "outdated",
            "list",
            "excuse",
        ]
    ),
    st.integers(0, 2),
    st.integers(0, 300),
)


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(st.lists(STEP, min_size=1, max_size=10))
def test_step_by_step_and_from_scratch_give_the_same(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    root = tmp_path_factory.mktemp("steps") / "root"
    create_archive(root, origin="station.test/clocks", unit="North")
    with open_archive(root, write=True) as archive:
        store, known = Kept(root), [case(archive, str(n)) for n in range(3)]
        clips = [clip(archive, LONG_AGO)]
        refresh(archive, store)
        for n, (what, which, days) in enumerate(steps):
            moment = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=days)
            _take(archive, what, known[which], moment.isoformat(), n=n, clips=clips)
            refresh(archive, store)
        told = table(store)
        scratch = Kept(None)
        assert refresh(archive, scratch).scratch
        assert table(scratch) == told
        reckoner = reckoner_of(archive)
        for kept in told:
            if kept.about == "case":
                own = {c.rule: c for c in clocks_of_case(archive, kept.subject, reckoner)}
                assert own[kept.rule].state(NOW) == kept.state


def _take(archive: Archive, what: str, one: str, at: str, *, n: int, clips: list[str]) -> None:
    """One more thing happens."""
    public = f"publication-{n:026d}"
    match what:
        case "open":
            case(archive, f"more {n}")
        case "ended":
            say(archive, "case.action_ended", one, {"at": at})
        case "decision" | "conclusion":
            say(archive, "case.stage_entered", one, {"stage": what, "at": at})
        case "catalogued":
            say(archive, "case.catalogued", one, {"catalogue": {"object": "0" * 64, "size": 1}})
        case "revoked":
            say(archive, "case.decision_revoked", one, {"how": "revoked", "at": at}, reason="撤销")
        case "publish" | "withdraw":
            record = {"object": "1" * 64, "size": 1}
            say(
                archive,
                "publication.proposed",
                public,
                {"kind": "decision", "case": one, "record": record},
            )
            say(
                archive,
                "publication.checked",
                public,
                {"secret": False, "privacy": False, "redactions": 0},
            )
            say(archive, "publication.approved", public, {})
            say(archive, "publication.published", public, {"feed": n + 1})
            if what == "withdraw":
                say(archive, "publication.withdrawn", public, {"why": "revoked"}, reason="撤销")
        case "close":
            say(archive, "case.closed", one, {})
        case "clip":
            clips.append(clip(archive, at.replace("+00:00", "Z")))
        case "outdated":
            say(archive, "list.outdated", "list-1", {"at": at})
        case "list":
            listed = {
                "kind": "guide",
                "version": n,
                "list": {"object": "2" * 64, "size": 1},
                "in_force": "2026-01-01",
            }
            say(archive, "list.published", "list-1", listed)
        case "excuse":
            say(archive, "deadline.excused", one, {"rule": "publish", "excuse": 0}, reason="依法")
            say(
                archive,
                "deadline.excused",
                clips[-1],
                {"rule": "upload", "excuse": 0},
                reason="执勤",
            )
