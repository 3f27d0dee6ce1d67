"""Certificates, recorders before duty, stations, lists and proposed links, as the catalogue tells them."""

from __future__ import annotations

from tests.unit.catalogue.oversight_story import DAY, LATER, named, version
from tests.unit.catalogue.story import MemoryArchive, Story


def certify(
    story: Story, officer: str, until: str, kind: str = "enforcement", number: str = "粤A1"
) -> None:
    data = {"kind": kind, "from": "2026-01-01", "until": until}
    story.event("officer.certified", officer, data, {"number": number, "issuer": "司法局"})


def test_a_certificate_counts_from_its_first_day_to_its_last(
    archive: MemoryArchive, story: Story
) -> None:
    certify(story, "officer-1", "2026-06-30")
    certify(story, "officer-2", "2026-06-30", kind="reviewer", number="Ｂ2")
    archive.catalogue.catch_up()
    ask = archive.catalogue

    def may(day: str) -> bool:
        return ask.certified("officer-1", "enforcement", day) is not None

    days = ("2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01")
    assert [may(day) for day in days] == [False, True, True, False]
    assert ask.certified("officer-1", "reviewer", "2026-02-01") is None
    assert ask.certified_officers("reviewer", "2026-02-01") == {"officer-2"}
    assert [c.officer_id for c in ask.certificates_numbered("B2")] == ["officer-2"]
    assert len(ask.certificates_ending("2026-06-01", "2026-06-30")) == 2
    certify(story, "officer-1", "2027-06-30")
    ask.catch_up()
    ending = ask.certificates_ending("2026-06-01", "2026-06-30")
    assert [c.officer_id for c in ending] == ["officer-2"]


def test_a_certificate_that_was_withdrawn_counts_for_what_was_done_before(
    archive: MemoryArchive, story: Story
) -> None:
    certify(story, "officer-1", "2026-12-31")
    story.event(
        "officer.certificate_withdrawn", "officer-1", {"kind": "enforcement"}, {"reason": "调离"}
    )
    archive.catalogue.catch_up()
    ask = archive.catalogue
    at = ask.certificates("officer-1")[0].withdrawn_at
    assert at == archive.ledger.entry(1).time
    assert ask.certified("officer-1", "enforcement", "2026-01-18") is None
    before = "2026-01-17T00:00:00.000000Z"
    assert ask.certified("officer-1", "enforcement", "2026-01-17", before) is not None
    assert ask.certified("officer-1", "enforcement", "2026-01-18", at) is None
    certify(story, "officer-1", "2026-12-31")
    ask.catch_up()
    assert ask.certified("officer-1", "enforcement", "2026-01-18") is not None


def test_a_recorder_has_its_checks_and_who_handed_it_over(
    archive: MemoryArchive, story: Story
) -> None:
    recorder = story.recorder("A")
    handed = {"officer": "officer-1", "unit": None, "from": DAY, "by": "officer-2"}
    story.event("recorder.assigned", recorder, handed, {"reason": "交接班"})
    for at, ok in ((LATER, True), (DAY, False)):
        codes = [] if ok else ["battery", "card"]
        check = {"officer": "officer-1", "ok": ok, "codes": codes, "battery": 9, "at": at}
        story.event("recorder.checked", recorder, check, {"note": "换电池"})
    archive.catalogue.catch_up()
    newest, first = archive.catalogue.duty_checks(recorder)
    assert (newest.ok, newest.codes, newest.at) == (True, (), LATER)
    assert (first.ok, first.codes, first.battery, first.note) == (
        *(False, ("battery", "card"), 9),
        "换电池",
    )
    (assignment,) = archive.catalogue.assignments(recorder)
    assert (assignment.officer_id, assignment.handed_by) == ("officer-1", "officer-2")


def test_a_station_is_in_the_charge_of_the_last_one_named(
    archive: MemoryArchive, story: Story
) -> None:
    for officer in ("officer-1", "officer-2", None):
        story.event("station.charged", "station-1", {"officer": officer})
    archive.catalogue.catch_up()
    told = [c.officer_id for c in archive.catalogue.charges("station-1")]
    assert told == ["officer-1", "officer-2", None]


def test_the_version_of_a_list_that_binds_on_a_day(archive: MemoryArchive, story: Story) -> None:
    version(story, 1, "2026-01-01")
    list_id = version(story, 2, "2026-03-01")
    version(story, 1, "2026-01-01", kind="review", at=2)
    archive.catalogue.catch_up()
    ask = archive.catalogue

    def binds(day: str) -> int | None:
        found = ask.list_in_force("recording", day)
        return None if found is None else found.version

    days = ("2025-12-31", "2026-01-01", "2026-02-28", "2026-03-01")
    assert [binds(day) for day in days] == [None, 1, 1, 2]
    story.event("list.withdrawn", list_id, {"version": 2}, {"reason": "废止"})
    ask.catch_up()
    assert binds("2026-03-01") == 1
    versions = ask.list_versions(list_id=list_id)
    assert [(v.version, v.withdrawn_reason) for v in versions] == [(1, None), (2, "废止")]
    assert [v.kind for v in ask.list_versions(kind="review")] == ["review"]
    assert len(ask.list_versions()) == 3


def test_a_list_is_out_of_date_until_its_next_version(archive: MemoryArchive, story: Story) -> None:
    list_id = version(story, 1, "2026-01-01")
    story.event("list.outdated", list_id, {"at": DAY}, {"reason": "法律修改"})
    archive.catalogue.catch_up()
    ask = archive.catalogue
    (change,) = ask.list_changes()
    assert (change.list, change.at, change.reason) == (list_id, DAY, "法律修改")
    version(story, 1, "2026-01-01", kind="review", at=2)
    ask.catch_up()
    assert ask.list_changes(list_id) == [change]
    version(story, 2, "2026-02-01")
    ask.catch_up()
    assert ask.list_changes() == []


def test_a_proposed_link_waits_until_somebody_decides(archive: MemoryArchive, story: Story) -> None:
    case, one, other = story.case("1"), story.clip("a"), story.clip("b")
    for clip, score in ((one, 900), (other, 300)):
        data = {"case": case, "rule": "near", "score": score, "terms": ["officer", "time"]}
        story.event("link.proposed", clip, data, {"reason": "同一人"})
    archive.catalogue.catch_up()
    ask = archive.catalogue
    waiting = ask.proposals()
    assert [(p.clip, p.score, p.terms) for p in waiting] == [
        (one, 900, ("officer", "time")),
        (other, 300, ("officer", "time")),
    ]
    assert ask.proposals(case_id=case, after=waiting[0].index) == [waiting[1]]
    assert ask.proposals(clip=one) == [waiting[0]]
    story.link(one, case)
    story.event("link.declined", other, {"case": case}, {"reason": "不是"})
    ask.catch_up()
    assert ask.count_proposals() == 0
    assert [p.clip for p in ask.proposals("decided")] == [one]
    (declined,) = ask.proposals("declined")
    assert (declined.declined_reason, ask.proposal(other, case)) == ("不是", declined)


def test_what_was_imported_is_known(archive: MemoryArchive, story: Story) -> None:
    data = {"kind": "dispatch", "import": named(1, 9), "rows": 100_000}
    story.event("dispatch.imported", "station-1", data)
    archive.catalogue.catch_up()
    (told,) = archive.catalogue.imports()
    assert (told.kind, told.size, told.rows) == ("dispatch", 9, 100_000)
