"""Imports, proposals and a person's word on them, in a real archive."""

from __future__ import annotations

import time

import pytest

from archive import cases
from archive.cases import CaseNotOpenError
from oversight.linking.book import NAME
from oversight.linking.deciding import confirm, decline
from oversight.linking.errors import ImportFileError, NoProposalError, ProposalTextError
from oversight.linking.importing import Sent, bring_in, refresh
from oversight.linking.kept import Kept
from oversight.linking.proposing import propose_case, propose_clips, propose_new, track_points
from tests.unit.oversight.linking.office import ACTOR, Office

CSV = "编号,案号,接报时间,结束时间,警号,记录仪编号,纬度,经度\n"
TRACK = (
    b'{"type":"Feature","geometry":{"type":"LineString","coordinates":'
    b'[[120.15,30.27,5],[120.151,30.27,5]]},"properties":{}}'
)


def bring(office: Office, text: str, *, skip_bad: bool = False) -> int | None:
    sent = Sent(data=text.encode("gb18030"), kind="dispatch", name="派单.csv", skip_bad=skip_bad)
    return bring_in(office.archive, sent, actor=ACTOR).index


def propose(office: Office) -> list[tuple[str, str, int]]:
    done = propose_new(office.archive, office.kept, actor=ACTOR)
    return [(pair.clip, pair.number, pair.score.score) for pair in done.proposed]


def test_footage_that_arrives_late_is_proposed_for_the_case_that_waits(office: Office) -> None:
    wang = office.officer("012345")
    office.case("7", "2026-05-01T09:00", "2026-05-01T10:00", wang)
    assert propose(office) == []
    clip = office.clip("2026-05-01T10:10", officer=wang)
    office.clip("2026-05-02T10:10", officer=wang)
    done = propose_clips(office.archive, office.kept, [clip], actor=ACTOR)
    assert [(p.clip, p.number) for p in done.proposed] == [(clip, "7")]
    (row,) = office.waiting()
    assert (row.rule, row.score) == ("officer-near-time", done.proposed[0].score.score)
    assert "012345" in (row.reason or "")
    assert propose(office) == []  # it waits already
    assert office.count("link.proposed") == 1


def test_an_import_that_comes_later_is_matched_to_clips_that_wait(office: Office) -> None:
    wang, recorder = office.officer("012345"), office.recorder("T100")
    clip = office.clip("2026-05-01T09:10", officer=wang, recorder=recorder, track=TRACK)
    case = office.case("7", None, None)
    assert propose(office) == []
    bring(office, CSV + "J1,7,2026-05-01 09:00,2026-05-01 09:40,012345,T100,30.27,120.15\n")
    assert propose(office) == [(clip, "7", 1000)]
    (row,) = office.waiting()
    assert (row.case_id, row.rule) == (case, "dispatch")
    assert set(row.terms) == {"dispatch", "officer", "unit", "recorder", "place"}


def test_a_case_opened_later_finds_what_was_imported_about_it(office: Office) -> None:
    wang, recorder = office.officer("012345"), office.recorder("T100")
    clip = office.clip("2026-05-01T09:10", officer=wang, recorder=recorder)
    bring(office, CSV + "J1,〔2026〕7,2026-05-01 09:00,2026-05-01 09:40,012345,T100,,\n")
    assert propose(office) == []
    office.case("〔2026〕7", None, None)
    assert [clip for clip, *_ in propose(office)] == [clip]


def test_a_case_that_is_opened_is_compared_with_the_clips_that_wait_around_its_time(
    office: Office,
) -> None:
    wang = office.officer("012345")
    near = office.clip("2026-05-01T10:10", officer=wang)
    office.clip("2026-05-03T10:10", officer=wang)
    case = office.case("7", "2026-05-01T09:00", "2026-05-01T10:00", wang)
    done = propose_case(office.archive, office.kept, case, actor=ACTOR)
    assert [(p.clip, p.case_id) for p in done.proposed] == [(near, case)]
    assert done.looked == 1
    bare = office.case("8", None, None, wang)
    assert propose_case(office.archive, office.kept, bare, actor=ACTOR).looked == 0


def test_what_was_confirmed_names_rule_and_score_and_what_was_declined_stays_so(
    office: Office,
) -> None:
    wang = office.officer("012345")
    one = office.clip("2026-05-01T10:10", officer=wang)
    two = office.clip("2026-05-01T10:12", officer=wang)
    case = office.case("7", "2026-05-01T09:00", "2026-05-01T10:00", wang)
    assert {clip for clip, *_ in propose(office)} == {one, two}
    score = {row.clip: row.score for row in office.waiting()}[one]
    confirm(office.archive, clip=one, case_id=case, actor="account-1", reason="是本案现场")
    link = office.archive.catalogue.link(case, one)
    assert link is not None
    assert (link.linked, link.by, link.rule) == (True, "hand", "officer-near-time")
    assert (link.reason or "").startswith("是本案现场\n")
    entry = [e for e in office.archive.reader.entries() if e.type == "clip.linked"][-1]
    assert (entry.data["score"], entry.actor) == (score, "account-1")
    with pytest.raises(ProposalTextError):
        decline(office.archive, clip=two, case_id=case, actor=ACTOR, reason=" ")
    decline(office.archive, clip=two, case_id=case, actor=ACTOR, reason="另一现场")
    with pytest.raises(NoProposalError):
        confirm(office.archive, clip=two, case_id=case, actor=ACTOR)
    assert office.waiting() == []
    done = propose_new(office.archive, office.kept, actor=ACTOR, everything=True)
    assert done.proposed == []
    cases.link_clip(office.archive, actor=ACTOR, number="7", clip=two, reason="核实后确认")


def test_a_pair_that_was_unlinked_by_hand_is_left_alone(office: Office) -> None:
    wang = office.officer("012345")
    clip = office.clip("2026-05-01T10:10", officer=wang)
    office.case("7", "2026-05-01T09:00", "2026-05-01T10:00", wang)
    cases.link_clip(office.archive, actor=ACTOR, number="7", clip=clip, reason="x")
    cases.unlink_clip(office.archive, actor=ACTOR, number="7", clip=clip, reason="y")
    assert propose(office) == []


def test_a_closed_case_is_not_proposed_and_its_proposals_cannot_be_confirmed(
    office: Office,
) -> None:
    wang = office.officer("012345")
    clip = office.clip("2026-05-01T10:10", officer=wang)
    case = office.case("7", "2026-05-01T09:00", "2026-05-01T10:00", wang)
    propose(office)
    cases.close_case(office.archive, actor=ACTOR, number="7")
    with pytest.raises(CaseNotOpenError):
        confirm(office.archive, clip=clip, case_id=case, actor=ACTOR)
    office.archive.catalogue.catch_up()
    assert [(c.clip, c.why) for c in office.archive.catalogue.conflicts()] == [(clip, "closed")]
    office.clip("2026-05-01T10:15", officer=wang)
    assert propose(office) == []


def test_above_the_agencys_score_it_is_linked_without_a_person_unless_two_cases_claim_it(
    office: Office,
) -> None:
    text = (
        'format = 1\n[linking]\ntitle = { zh = "本局", en = "Ours" }\nmargin_minutes = 60\nradius_m = 100\n'
        'automatic = 700\n[[rule]]\nid = "ours"\nname = { zh = "一", en = "One" }\n'
        'needs = ["officer", "window"]\nleast = 300\nofficer = 400\nwindow = 600\n'
    )
    (office.archive.root / NAME).write_text(text)
    wang = office.officer("012345")
    near = office.clip("2026-05-01T09:10", officer=wang)
    far = office.clip("2026-05-01T10:30", officer=wang)
    case = office.case("7", "2026-05-01T09:00", "2026-05-01T10:00", wang)
    done = propose_new(office.archive, office.kept, actor=ACTOR)
    assert [(p.clip, p.case_id) for p in done.linked] == [(near, case)]
    assert [p.clip for p in done.proposed] == [far]
    link = office.archive.catalogue.link(case, near)
    assert link is not None
    assert (link.by, link.rule) == ("rule", "ours")
    office.case("8", "2026-05-02T09:00", "2026-05-02T10:00", wang)
    office.case("9", "2026-05-02T09:00", "2026-05-02T10:00", wang)
    both = office.clip("2026-05-02T09:10", officer=wang)
    done = propose_new(office.archive, office.kept, actor=ACTOR)
    assert [p.clip for p in done.linked] == []
    assert [p.clip for p in done.proposed] == [both, both]
    found = office.archive.catalogue.conflicts()
    assert [(c.clip, c.why) for c in found] == [(both, "several")] * 2


def test_nothing_is_brought_in_of_a_file_with_a_mistake_unless_its_bad_rows_are_left_out(
    office: Office,
) -> None:
    text = CSV + "J1,7,2026-05-01 09:00,,,,,\nJ2,7,gestern,,,,,\n"
    with pytest.raises(ImportFileError):
        bring(office, text)
    assert office.count("dispatch.imported") == 0
    assert bring(office, text, skip_bad=True) is not None
    entry = next(e for e in office.archive.reader.entries() if e.type == "dispatch.imported")
    assert (entry.data["rows"], entry.data["skipped"], entry.data["encoding"]) == (1, 1, "gb18030")
    assert entry.data["zone"] == "Asia/Shanghai"
    assert bring(office, text, skip_bad=True) is None  # the same again
    assert office.count("dispatch.imported") == 1


def test_dispatch_db_is_made_anew_from_the_objects_and_the_newest_row_of_a_number_counts(
    office: Office,
) -> None:
    bring(office, CSV + "J1,7,2026-05-01 09:00,,,,,\nJ2,7,2026-05-01 09:00,,,,,\n")
    bring(office, CSV + "Ｊ１,8,2026-05-03 09:00,,,,,\n")
    refresh(office.archive, office.kept)

    def numbers(store: Kept) -> dict[str, list[str]]:
        return {k: [r.number for r in v] for k, v in store.of_cases(["7", "8"]).items()}

    assert numbers(office.kept) == {"7": ["J2"], "8": ["J1"]}
    (office.archive.root / "dispatch.db").unlink()
    other = Kept(None)
    assert refresh(office.archive, other) == 2
    assert refresh(office.archive, other) == 0
    assert numbers(other) == numbers(office.kept) or numbers(office.kept) == {}
    refresh(office.archive, office.kept)
    assert numbers(other) == numbers(office.kept)


def test_a_damaged_dispatch_db_is_made_anew(office: Office) -> None:
    bring(office, CSV + "J1,7,2026-05-01 09:00,,,,,\n")
    (office.archive.root / "dispatch.db").write_bytes(b"no database at all" * 1000)
    assert refresh(office.archive, office.kept) == 1
    assert [r.number for r in office.kept.of_cases(["7"])["7"]] == ["J1"]


def test_a_track_that_cannot_be_read_is_none() -> None:
    assert len(track_points(TRACK)) == 2
    for data in (b"{}", b"[]", b'{"geometry": {"coordinates": 1}}'):
        assert track_points(data) == ()
    for data in (b"", b"\xff", b'{"geometry": {"coordinates": [[1]]}}'):
        with pytest.raises(ValueError, match=r"."):
            track_points(data)


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_brought_in_and_asked_in_seconds(office: Office) -> None:
    rows = (
        f"J{n},〔2026〕{n},2026-05-{n % 28 + 1:02} 09:{n % 60:02},,01{n % 999:04},T{n % 50},,\n"
        for n in range(100_000)
    )
    begin = time.monotonic()
    assert bring(office, CSV + "".join(rows)) is not None
    refresh(office.archive, office.kept)
    wang = office.officer("010009")
    clip = office.clip("2026-05-10T09:09", officer=wang)
    office.case("〔2026〕9", "2026-05-10T09:00", "2026-05-10T10:00")
    assert [c for c, *_ in propose(office)] == [clip]
    assert time.monotonic() - begin < 60
