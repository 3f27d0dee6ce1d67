"""R7 on a real archive: cases out of the catalogue, by the list that was in force when each was filed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import cases
from archive.cases import CaseNotOpenError
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive, create_archive, open_archive
from oversight.checks.findings import Checked
from oversight.checks.reading import Checks
from oversight.checks.stating import Stop, explain
from oversight.errors import CheckPlaceError
from oversight.lists.publishing import Publication, publish, today
from oversight.lists.reading import read_list

SAMPLES = Path(__file__).parents[4] / "oversight" / "lists" / "samples"
LIST = read_list((SAMPLES / "recording.toml").read_bytes(), "recording.toml")
ACTOR = "account-a"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    create_archive(tmp_path / "root", origin="checks.test/archive", unit="North")
    with open_archive(tmp_path / "root", write=True) as opened:
        publish(
            opened,
            Publication(list=LIST, in_force=date(2020, 1, 1), drafted_by=None),
            actor=ACTOR,
        )
        yield opened


def say(archive: Archive, type_: str, subject: str, **data: Any) -> None:
    archive.record([Event(type=type_, subject=subject, actor=ACTOR, data=data)])


def opened(archive: Archive, number: str = "2026-1") -> str:
    return cases.open_case(archive, actor=ACTOR, number=number)


def filed(archive: Archive, number: str = "2026-1") -> str:
    case = opened(archive, number)
    say(archive, "case.filed_as", case, act="compulsion", subjects=[])
    for stage, hour in (("initiation", 8), ("enforcement", 9), ("conclusion", 18)):
        say(archive, "case.stage_entered", case, stage=stage, at=f"2026-05-11T{hour:02}:00:00Z")
    return case


def clip(archive: Archive, number: str, start: str, minutes: int, kind: str = "video") -> str:
    name = new_id("clip")
    with archive.store.writing() as writing:
        stored = writing.put([name.encode()])[0]
        data = {
            "docking": new_id("docking"),
            "recorder": new_id("recorder"),
            "officer": None,
            "unit": None,
            "original": {"object": stored.digest, "size": stored.size},
            "modified": start,
            "kind": kind,
            "start": start,
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
        examined = {"kind": kind, "duration_us": minutes * 60_000_000, "damaged": False}
        examined |= {"damage": [], "playable": True, "tool": "t", "version": "1"}
        archive.record(
            [
                Event(type="clip.ingested", subject=name, actor=ACTOR, data=data, text=text),
                Event(type="clip.examined", subject=name, actor=ACTOR, data=examined),
            ]
        )
    cases.link_clip(archive, actor=ACTOR, number=number, clip=name, reason="现场")
    return name


def timed(archive: Archive, case: str, part: str, begin: str, end: str | None) -> None:
    data = {"document": "document-1", "part": part, "from": begin, "to": end}
    say(archive, "document.timed", case, **data)


def check(archive: Archive, case: str) -> Checked:
    archive.catalogue.catch_up()
    found = Checks(archive).case(case)
    assert found is not None
    return found


def codes(found: Checked) -> dict[str, str]:
    return {f.requirement.id if f.requirement else "": f.code for f in found.open}


def test_r7_a_case_is_checked_by_what_the_list_requires_of_its_act(archive: Archive) -> None:
    case = filed(archive)
    found = check(archive, case)
    assert found.list_version == 1
    assert codes(found) == {"compulsion-seizure": "missing", "compulsion-demolition": "missing"}
    timed(archive, case, "seizure", "2026-05-11T09:00:00Z", "2026-05-11T09:30:00Z")
    timed(archive, case, "demolition", "2026-05-11T10:00:00Z", "2026-05-11T12:00:00Z")
    first = clip(archive, "2026-1", "2026-05-11T08:59:30Z", 31)
    torn = clip(archive, "2026-1", "2026-05-11T10:00:00Z", 30)
    clip(archive, "2026-1", "2026-05-11T11:00:00Z", 61)
    found = check(archive, case)
    assert codes(found) == {"compulsion-demolition": "stop"}
    [finding] = found.open
    assert (finding.clip, finding.by_us) == (torn, 30 * 60_000_000)
    assert {r.requirement.id: r.clips for r in found.required}["compulsion-seizure"] == (first,)
    explain(
        archive,
        case,
        Stop(code="battery", reason="更换电池", from_=None, to=None, clip=torn),
        actor=ACTOR,
    )
    found = check(archive, case)
    assert (found.open, len(found.findings)) == ((), 1)
    timed(archive, case, "demolition", "2026-05-11T09:50:00Z", "2026-05-11T12:00:00Z")
    assert codes(check(archive, case)) == {"compulsion-demolition": "starts_after"}


def test_a_case_is_checked_by_the_list_of_its_day_whatever_came_later(archive: Archive) -> None:
    case = filed(archive)
    stricter = replace(LIST, rows=(LIST.rows[0] | {"act": "compulsion", "stage": "initiation"},))
    publish(
        archive,
        Publication(list=stricter, in_force=today(archive) + timedelta(days=1), drafted_by=None),
        actor=ACTOR,
    )
    assert check(archive, case).list_version == 1
    say(archive, "case.stage_entered", case, stage="initiation", at="2019-05-11T08:00:00Z")
    [finding] = check(archive, case).findings
    assert finding.code == "no_list"


def test_a_case_that_was_not_filed_says_so_and_is_no_open_file(archive: Archive) -> None:
    case = opened(archive)
    assert codes(check(archive, case)) == {"": "not_filed"}
    other = filed(archive, "2026-2")
    archive.catalogue.catch_up()
    assert [found.case for found in Checks(archive).open_cases()] == [other]
    cases.close_case(archive, actor=ACTOR, number="2026-2")
    archive.catalogue.catch_up()
    assert list(Checks(archive).open_cases()) == []
    assert Checks(archive).case("case-none") is None


def test_one_pass_over_all_cases_finds_of_each_what_it_finds_alone(archive: Archive) -> None:
    made = [filed(archive, f"2026-{n}") for n in range(5)]
    for n, case in enumerate(made):
        timed(archive, case, "seizure", "2026-05-11T09:00:00Z", f"2026-05-11T09:{30 + n}:00Z")
        clip(archive, f"2026-{n}", "2026-05-11T09:00:00Z", 32)
    archive.catalogue.catch_up()
    together = list(Checks(archive).open_cases())
    assert together == [check(archive, case) for case in made]
    assert len({codes(found).get("compulsion-seizure") for found in together}) == 2


def test_a_time_that_was_taken_back_and_a_clip_that_was_unlinked_count_no_more(
    archive: Archive,
) -> None:
    case = filed(archive)
    timed(archive, case, "seizure", "2026-05-11T09:00:00Z", None)
    name = clip(archive, "2026-1", "2026-05-11T08:58:00Z", 5)
    assert codes(check(archive, case)) == {"compulsion-demolition": "untimed"}
    say(
        archive,
        "document.timed",
        case,
        document="document-1",
        part="seizure",
        **{"from": None, "to": None},
    )
    assert codes(check(archive, case))["compulsion-seizure"] == "untimed"
    cases.unlink_clip(archive, actor=ACTOR, number="2026-1", clip=name, reason="误连")
    assert codes(check(archive, case))["compulsion-seizure"] == "missing"


@pytest.mark.parametrize(
    "change",
    [
        {"code": "tired"},
        {"reason": " "},
        {"to": None},
        {"to": datetime(2026, 5, 11, 9, tzinfo=UTC)},
        {"to": datetime(2026, 7, 11, 9, tzinfo=UTC)},
        {"clip": "clip-none"},
    ],
)
def test_a_stop_at_no_place_is_refused(archive: Archive, change: dict[str, Any]) -> None:
    case = filed(archive)
    stop = Stop(
        code="battery",
        reason="没电",
        from_=datetime(2026, 5, 11, 9, tzinfo=UTC),
        to=datetime(2026, 5, 11, 10, tzinfo=UTC),
    )
    with pytest.raises(CheckPlaceError):
        explain(archive, case, replace(stop, **change), actor=ACTOR)
    explain(archive, case, stop, actor=ACTOR)
    cases.close_case(archive, actor=ACTOR, number="2026-1")
    with pytest.raises(CaseNotOpenError):
        explain(archive, case, stop, actor=ACTOR)
