"""Weak points counted from a real archive: each figure follows its entries, by month, unit and person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import cases
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive, create_archive, open_archive
from oversight.checks.stating import Stop, explain
from oversight.draws.making import Wanted, make, score
from oversight.draws.sheet import shipped
from oversight.lists.publishing import Publication, publish
from oversight.lists.reading import read_list
from oversight.statistics.figures import Figures, csv_of, figures
from oversight.statistics.months import MOST_MONTHS, Months, month_at, months_of

SAMPLES = Path(__file__).parents[4] / "oversight" / "lists" / "samples"
LIST = read_list((SAMPLES / "recording.toml").read_bytes(), "recording.toml")
ACTOR = "local-0"
BEGIN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
NUMBER = "2026-1"
SETTINGS = '[[limit]]\nid = "supervisor_reviews"\nname = { zh = "量", en = "Quota" }\nleast = 2\n'


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    create_archive(tmp_path / "root", origin="weak.test/archive", unit="North")
    with open_archive(tmp_path / "root", write=True) as opened:
        yield opened


def at(minutes: int) -> str:
    return (BEGIN + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def say(archive: Archive, type_: str, subject: str, *, actor: str = ACTOR, **data: Any) -> None:
    archive.record([Event(type=type_, subject=subject, actor=actor, data=data)])


def counted(archive: Archive, unit: str | None = None) -> Figures:
    archive.catalogue.catch_up()
    now = datetime.now(UTC)
    months = Months(
        first=month_at(int(BEGIN.timestamp()) * 1_000_000),
        last=month_at(int(now.timestamp()) * 1_000_000),
    )
    return figures(archive, months, unit)


def counts(found: Figures, table: str, of: str) -> dict[str, int]:
    return next((line.counts for line in found.tables[table] if line.of == of), {})


def by_month(found: Figures, name: str) -> int:
    return sum(line.counts.get(name, 0) for line in found.tables["month"])


def clip(
    archive: Archive, *, start: int = 0, minutes: int = 30, officer: str | None = None
) -> tuple[str, str]:
    name, recorder = new_id("clip"), new_id("recorder")
    with archive.store.writing() as writing:
        stored = writing.put([name.encode()])[0]
        data = {
            "docking": new_id("docking"),
            "recorder": recorder,
            "officer": officer,
            "unit": archive.settings.unit,
            "original": {"object": stored.digest, "size": stored.size},
            "modified": at(start),
            "kind": "video",
            "start": at(start),
            "start_source": "name",
            "offset_ms": None,
            "uncertainty_ms": None,
            "marked": False,
            "late": False,
            "same_as": None,
            "resumed": None,
            "quarantined": False,
        }
        text = {"path": "a.mp4", "start_raw": None, "belongs_to": None}
        examined = {"kind": "video", "duration_us": minutes * 60_000_000, "damaged": False}
        examined |= {"damage": [], "playable": True, "tool": "t", "version": "1"}
        archive.record(
            [
                Event(type="clip.ingested", subject=name, actor=ACTOR, data=data, text=text),
                Event(type="clip.examined", subject=name, actor=ACTOR, data=examined),
            ]
        )
    return name, recorder


def torn_case(archive: Archive) -> tuple[str, str, str, str]:
    """A demolition of two hours, required twice, of which half an hour in the middle is missing."""
    again = next(row for row in LIST.rows if row["id"] == "compulsion-demolition")
    twice = replace(LIST, rows=(*LIST.rows, again | {"id": "demolition-again"}))
    publish(
        archive,
        Publication(list=twice, in_force=date(2020, 1, 1), drafted_by=None),
        actor=ACTOR,
    )
    case = cases.open_case(archive, actor=ACTOR, number=NUMBER, unit=archive.settings.unit)
    say(archive, "case.filed_as", case, act="compulsion", subjects=[])
    for stage, minutes in (("initiation", -60), ("enforcement", 0), ("conclusion", 600)):
        say(archive, "case.stage_entered", case, stage=stage, at=at(minutes))
    paper: dict[str, Any] = {
        "document": "document-1",
        "part": "demolition",
        "from": at(0),
        "to": at(120),
    }
    say(archive, "document.timed", case, **paper)
    officer = new_id("officer")
    torn, recorder = clip(archive, officer=officer)
    for name in (torn, clip(archive, start=60, minutes=61)[0]):
        cases.link_clip(archive, actor=ACTOR, number=NUMBER, clip=name, reason="现场")
    return case, torn, officer, recorder


def account(archive: Archive, role: str, officer: str | None = None) -> str:
    id_ = new_id("account")
    data = {"role": role, "unit": archive.settings.unit, "officer": officer}
    event = Event(
        type="account.added", subject=id_, actor=ACTOR, data=data, text={"name": id_[-8:]}
    )
    archive.record([event])
    return id_


def played(archive: Archive, who: str, name: str, **more: str) -> None:
    data = {"session": "session-1", "what": "proxy", "spans": [[0, 9]], "played_ms": 9}
    say(archive, "clip.played", name, actor=who, **(data | more))


def test_r10_is_broken_by_a_stop_that_nobody_explained_and_the_figures_lead_to_it(
    archive: Archive,
) -> None:
    case, torn, officer, recorder = torn_case(archive)
    found = counted(archive)
    unit = archive.settings.unit
    assert unit is not None
    for table, of in (("unit", unit), ("officer", officer), ("recorder", recorder)):
        told = counts(found, table, of)
        assert (told["stops"], told["stops_unexplained"]) == (1, 1), table
    assert by_month(found, "stops_unexplained") == 1
    (stop,) = found.rows.stops
    assert (stop.case, stop.number, stop.clip, stop.seconds) == (case, NUMBER, torn, 1800)
    assert f"unit,{unit},North,stops_unexplained,1" in csv_of(found)
    assert counted(archive, "unit-other").rows.stops == ()


def test_r10_is_kept_where_every_stop_has_its_stated_reason(archive: Archive) -> None:
    case, torn, officer, _ = torn_case(archive)
    reason = Stop(code="battery", reason="更换电池", from_=None, to=None, clip=torn)
    explain(archive, case, reason, actor=ACTOR)
    cases.close_case(archive, actor=ACTOR, number=NUMBER)
    found = counted(archive)
    told = counts(found, "officer", officer)
    assert (told["stops"], told["stops_unexplained"]) == (1, 0), "a closed case counts as well"
    assert found.rows.stops == ()


def test_a_stop_outside_the_months_is_not_counted(archive: Archive) -> None:
    torn_case(archive)
    archive.catalogue.catch_up()
    found = figures(archive, months_of("2020-01", "2020-02"))
    assert by_month(found, "stops") == 0
    assert found.rows.stops == ()


def test_a_stop_is_of_the_month_in_which_it_begins_whenever_its_paper_does(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 23:40 on 31 January where China's clocks are; half an hour is recorded.
    monkeypatch.setitem(globals(), "BEGIN", datetime(2024, 1, 31, 15, 40, tzinfo=UTC))
    torn_case(archive)
    archive.catalogue.catch_up()
    months = ("2023-12", "2024-01", "2024-02", "2024-03")
    found = [by_month(figures(archive, months_of(m, m)), "stops") for m in months]
    assert found == [0, 0, 1, 0]


def test_dockings_with_a_fault_and_clocks_that_are_off_are_counted_by_recorder(
    archive: Archive,
) -> None:
    recorder, unit = new_id("recorder"), archive.settings.unit
    ended: dict[str, Any] = dict.fromkeys(
        ("ingested", "known", "quarantined", "bytes", "milliseconds", "late"), 0
    )
    for refused, stopped, offset in ((0, None, 60_000_000), (1, None, -60_000_001), (0, "D1", 0)):
        docking = new_id("docking")
        started: dict[str, Any] = {
            "station": "s",
            "recorder": recorder,
            "officer": None,
            "unit": unit,
            "case": None,
        }
        started |= {"source": "mtp", "registered": True, "entries": 1, "reread": False}
        say(archive, "docking.started", docking, **started)
        read: dict[str, Any] = {
            "docking": docking,
            "device": at(0),
            "host": at(1),
            "offset_us": offset,
        }
        read |= {"uncertainty_us": 1, "drift_ms_per_day": -700, "drift_uncertainty_ms_per_day": 1}
        say(archive, "recorder.clock_read", recorder, **read)
        rest: dict[str, Any] = {"refused": refused, "partial": 0, "stopped": stopped}
        say(archive, "docking.ended", docking, **ended, **rest)
        # What was left after it was set says nothing of what its clock had been.
        set_: dict[str, Any] = {"docking": docking, "offset_us": 90_000_000, "uncertainty_us": 1}
        say(archive, "recorder.clock_set", recorder, **set_)
    found = counted(archive)
    told = counts(found, "recorder", recorder)
    assert (told["dockings"], told["dockings_bad"]) == (3, 2)
    # The limit of the rules is one minute: exactly that is not off.
    assert (told["clocks"], told["clocks_off"], told["clock_worst_ms"]) == (3, 1, 60_001)
    assert told["clock_drift_ms"] == 700
    assert (by_month(found, "dockings_bad"), by_month(found, "clocks_off")) == (2, 1)
    assert counts(counted(archive, "unit-other"), "recorder", recorder) == {}


def test_a_play_by_no_request_of_what_is_not_ones_own_is_told_and_no_other(
    archive: Archive,
) -> None:
    wang = new_id("officer")
    own, foreign, linked = (
        clip(archive, officer=officer)[0] for officer in (wang, None, new_id("officer"))
    )
    cases.open_case(archive, actor=ACTOR, number=NUMBER, officers=[wang])
    cases.link_clip(archive, actor=ACTOR, number=NUMBER, clip=linked, reason="现场")
    who = account(archive, "officer", wang)
    for name in (own, linked, foreign, foreign):
        played(archive, who, name)
    played(archive, who, foreign, request="request-1")
    found = counted(archive)
    told = counts(found, "viewer", who)
    assert (told["watched"], told["views"], told["views_unasked"]) == (3, 5, 2)
    assert by_month(found, "views_unasked") == 2
    assert [(row.clip, row.account) for row in found.rows.plays] == [(foreign, who)] * 2


def test_a_supervisor_s_quota_is_met_by_other_people_s_clips_and_by_scored_cases(
    archive: Archive,
) -> None:
    chief = account(archive, "supervisor")
    lazy, gone = account(archive, "supervisor"), account(archive, "supervisor")
    say(archive, "account.disabled", gone)
    names = [clip(archive, officer=new_id("officer"))[0] for _ in range(2)]
    for name in (*names, names[0]):
        played(archive, chief, name)
    cases.open_case(archive, actor=ACTOR, number=NUMBER)
    cases.close_case(archive, actor=ACTOR, number=NUMBER)
    wanted = Wanted(seed="7", count=1, first="2020-01-01", last="2100-01-01")
    draw = make(archive, wanted, actor=ACTOR)
    full = {item.id: item.most for item in shipped().items}
    for _ in range(2):  # the same case again counts once
        score(archive, draw, draw.drawn[0], full, actor=chief)
    found = counted(archive)
    assert counts(found, "supervisor", chief) == {
        "reviewed": 3,
        "quota": 4,
        "quota_met": 3,
        "quota_share": 75,
    }
    assert counts(found, "supervisor", lazy)["quota_share"] == 0
    assert counts(found, "supervisor", gone) == {}
    assert counts(counted(archive, "unit-other"), "supervisor", lazy) == {}
    own_rule = (
        f'format = 1\n[rules]\nlevel = "agency"\nplace = "本局"\ntitle = {{ zh = "本局", en = "Ours" }}\n{SETTINGS}'
        'clause = { zh = "条", en = "Clause" }\nsource = { zh = "办法", en = "Measures" }\n'
        "in_force = 2019-01-01\n"
    )
    (archive.root / "rules").mkdir(exist_ok=True)
    (archive.root / "rules" / "agency.toml").write_text(own_rule)
    told = counts(counted(archive), "supervisor", chief)
    assert (told["quota"], told["quota_met"], told["quota_share"]) == (2, 2, 100), (
        "what is too much makes up for no other month"
    )


def test_nobody_owes_reviews_of_months_before_their_account_or_of_those_to_come(
    archive: Archive,
) -> None:
    chief = account(archive, "supervisor")
    archive.catalogue.catch_up()
    now = datetime.now(UTC)
    this = month_at(int(now.timestamp()) * 1_000_000)
    before = Months(first=this - 100, last=this - 100)
    assert counts(figures(archive, before), "supervisor", chief) == {"quota_share": 100}, (
        "who was no supervisor then owes nothing"
    )
    ahead = Months(first=this, last=this + 100)
    assert counts(figures(archive, ahead), "supervisor", chief)["quota"] == 4


def test_sixty_months_are_asked_about_at_once(archive: Archive) -> None:
    months = months_of("2016-01", "2020-12")
    assert len(list(months.each())) == MOST_MONTHS
    archive.catalogue.catch_up()
    assert len(figures(archive, months).tables["month"]) == MOST_MONTHS
    assert months.in_text.since == replace(months, last=201601).in_text.since
