"""R3: the whole way of a case is on record, in order, each step with its day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from archive.casefiles import filing, stages
from archive.casefiles.errors import CaseOpenError, NoFileError, StageOrderError, StageTimeError
from archive.casefiles.filing import Filing
from archive.casefiles.order import STAGES
from archive.cases import CaseNotOpenError, CaseTextError, close_case, open_case
from oversight.files import acting
from oversight.registers.errors import NotCertifiedError
from tests.unit.oversight.files.office import ACTOR, NOW, Office, ago

if TYPE_CHECKING:
    from archive.casefiles.order import Stage


def test_r3_is_kept_by_a_penalty_that_goes_its_whole_way_and_can_be_followed_back(
    office: Office,
) -> None:
    number = office.case(act="penalty")
    for days, stage in enumerate(STAGES):
        office.enter(number, stage, ago(days=10 - days))
    row = office.row(number)
    rows = office.archive.catalogue.stages(row.id)
    assert [r.stage for r in rows] == list(STAGES)
    file = office.archive.catalogue.case_file(row.id)
    assert file is not None
    assert (file.act, file.stage) == ("penalty", "conclusion")
    assert file.decided_us is not None
    types = [event.type for event in office.archive.catalogue.custody(row.id)]
    assert types == ["case.opened", "case.filed_as", *["case.stage_entered"] * 7]


@pytest.mark.parametrize(
    ("act", "stage", "missing"),
    [
        ("penalty", "decision", "initiation, investigation"),
        ("penalty", "conclusion", "initiation, investigation, decision, service"),
        ("permit", "decision", "initiation, review"),
        ("levy", "service", "initiation, decision"),
        ("inspection", "conclusion", "investigation"),
    ],
)
def test_r3_is_broken_by_skipping_a_stage_that_the_act_needs_and_refused(
    office: Office, act: str, stage: Stage, missing: str
) -> None:
    number = office.case(act=act)
    with pytest.raises(StageOrderError, match=f"enters {missing}$"):
        office.enter(number, stage, ago(days=1))
    assert office.archive.catalogue.stages(office.row(number).id) == []


def test_what_an_act_does_not_need_may_be_skipped(office: Office) -> None:
    number = office.case(act="penalty")
    for days, stage in enumerate(STAGES):
        if stage not in {"review", "enforcement"}:
            office.enter(number, stage, ago(days=10 - days))


def test_a_case_of_which_nobody_said_the_act_has_no_stages(office: Office) -> None:
    with pytest.raises(NoFileError):
        office.enter(office.case(), "initiation", ago(days=1))


def test_going_back_needs_a_reason_and_so_does_an_earlier_day(office: Office) -> None:
    number = office.case(act="penalty")
    office.enter(number, "initiation", ago(days=5))
    with pytest.raises(StageTimeError, match="earlier time"):
        office.enter(number, "investigation", ago(days=6))
    office.enter(number, "investigation", ago(days=6), reason="先行调查")
    with pytest.raises(StageTimeError, match="going back"):
        office.enter(number, "initiation", ago(days=1))
    office.enter(number, "initiation", ago(days=1), reason="补充立案")
    rows = office.archive.catalogue.stages(office.row(number).id)
    assert [(r.stage, r.reason) for r in rows][1:] == [
        ("investigation", "先行调查"),
        ("initiation", "补充立案"),
    ]


def test_nothing_is_dated_in_the_future(office: Office) -> None:
    number = office.case(act="penalty")
    with pytest.raises(StageTimeError, match="future"):
        office.enter(number, "initiation", NOW + timedelta(days=1), reason="as planned")
    with pytest.raises(StageTimeError, match="future"):
        filing.end_action(office.archive, number, NOW + timedelta(days=1), actor=ACTOR)


def test_a_case_is_not_concluded_twice_unless_it_was_reopened(office: Office) -> None:
    number = office.concluded()
    with pytest.raises(StageOrderError, match="concluded"):
        office.enter(number, "conclusion", ago(hours=1), reason="again")
    with pytest.raises(CaseOpenError):
        filing.reopen(office.archive, number, "new evidence", actor=ACTOR)
    close_case(office.archive, actor=ACTOR, number=number)
    with pytest.raises(CaseNotOpenError):
        office.enter(number, "enforcement", ago(hours=1), reason="late")
    with pytest.raises(CaseTextError):
        filing.reopen(office.archive, number, "  ", actor=ACTOR)
    filing.reopen(office.archive, number, "发现新证据", actor=ACTOR)
    assert office.row(number).is_open
    office.enter(number, "conclusion", ago(minutes=1), reason="补充调查后结案")
    close_case(office.archive, actor=ACTOR, number=number)
    assert not office.row(number).is_open


def test_closing_and_reopening_is_the_same_whatever_stretch_of_the_ledger_is_read(
    office: Office,
) -> None:
    number = office.concluded()
    for _ in range(2):
        close_case(office.archive, actor=ACTOR, number=number, reason="decided")
        filing.reopen(office.archive, number, "once more", actor=ACTOR)
    step_by_step = office.row(number)
    office.archive.catalogue.rebuild()
    assert office.row(number) == step_by_step
    assert step_by_step.is_open


def test_an_officer_whose_certificate_expired_cannot_act(office: Office) -> None:
    number = office.case()
    good, gone = (
        office.officer(until=ago(days=-30).date()),
        office.officer(until=ago(days=30).date()),
    )
    none = office.officer()
    for officers in ([gone], [good, none]):
        with pytest.raises(NotCertifiedError):
            acting.file_as(
                office.archive, number, Filing(act="penalty", officers=officers), actor=ACTOR
            )
    acting.file_as(office.archive, number, Filing(act="penalty", officers=[good]), actor=ACTOR)
    assert office.row(number).officers == (good,)
    entering = stages.Entering(stage="initiation", at=ago(hours=2))
    with pytest.raises(NotCertifiedError):
        acting.enter(office.archive, number, entering, actor=ACTOR, acting=gone)
    # Whose certificate is over enters nothing today, whatever day is typed.
    before = stages.Entering(stage="initiation", at=ago(days=40))
    with pytest.raises(NotCertifiedError):
        acting.enter(office.archive, number, before, actor=ACTOR, acting=gone)
    acting.enter(office.archive, number, before, actor=ACTOR, acting=good)


def test_where_nobody_is_known_to_act_one_of_the_cases_officers_may(office: Office) -> None:
    new, old = ago(days=-30).date(), ago(days=30).date()
    good, gone = office.officer(until=new), office.officer(until=old)
    entering = stages.Entering(stage="initiation", at=ago(days=40))
    for officers, fits in (([gone], False), ([gone, good], True), ([], True)):
        office.count += 1
        number = f"2026-{office.count:04}"
        unit = office.archive.settings.unit
        open_case(office.archive, actor=ACTOR, number=number, unit=unit, officers=officers)
        filing.file_as(office.archive, number, Filing(act="penalty"), actor=ACTOR)
        if not fits:
            with pytest.raises(NotCertifiedError):
                acting.enter(office.archive, number, entering, actor=ACTOR, by_officers=True)
            continue
        acting.enter(office.archive, number, entering, actor=ACTOR, by_officers=True)


def test_a_day_that_no_calendar_has_elsewhere_is_in_the_future(office: Office) -> None:
    number = office.case(act="penalty")
    with pytest.raises(StageTimeError):
        office.enter(number, "initiation", datetime.max.replace(tzinfo=UTC))


def test_an_act_is_one_of_ten(office: Office) -> None:
    with pytest.raises(CaseTextError):
        office.case(act="punishment")
