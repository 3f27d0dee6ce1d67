"""R13 and R11, kept and broken: what is published in time, withdrawn when revoked, and what is never told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from archive.events import Event
from archive.ids import new_id
from oversight.clocks.standing import now_of, of_case_alone, reckoner_of
from oversight.publication import steps
from oversight.publication.errors import (
    NotDecidedError,
    PrivacyLeftError,
    PublicationStateError,
    PublicationTextError,
    SamePublisherError,
    SecretRecordError,
    UnknownPublicationError,
)
from oversight.publication.looking import need
from oversight.publication.record import GONE, Mark
from oversight.publication.steps import Checking
from tests.unit.oversight.publication.press import CHECKER, CLERK, HEAD, WORDING, Press


def _states(press: Press, number: str) -> dict[str, str]:
    """How the clocks of a case stand, by rule."""
    reckoner, now = reckoner_of(press.archive), now_of(press.archive)
    found = of_case_alone(press.archive, press.row(number).id, reckoner)
    return {clock.rule: clock.state(now) for clock in found}


def test_r13_a_penalty_published_at_once_is_in_time_and_one_after_weeks_is_late(
    press: Press,
) -> None:
    kept, broken = press.case(), press.case(decided=datetime.now(UTC) - timedelta(days=40))
    assert _states(press, broken)["publish_permit_or_penalty"] == "missed"
    press.published(kept)
    press.published(broken)
    assert _states(press, kept)["publish_permit_or_penalty"] == "met"
    assert _states(press, broken)["publish_permit_or_penalty"] == "late"


def test_r13_what_is_withdrawn_when_revoked_keeps_the_rule_and_leaves_a_trace(
    press: Press,
) -> None:
    number = press.case()
    row = press.published(number)
    press.revoke(number)
    assert _states(press, number)["withdraw"] in {"running", "nearing"}
    steps.withdraw(press.archive, row.id, actor=HEAD, why="revoked", reason="复议决定撤销")
    assert _states(press, number)["withdraw"] == "met"
    told = press.archive.catalogue.publication(row.id)
    assert told is not None
    assert (told.state, told.withdrawn_reason, told.feed) == ("withdrawn", "复议决定撤销", row.feed)


def test_r13_a_decision_revoked_before_it_is_approved_is_not_published(press: Press) -> None:
    number = press.case()
    row = press.checked(number)
    press.revoke(number)
    with pytest.raises(NotDecidedError):
        steps.approve(press.archive, row.id, actor=HEAD)
    assert press.archive.catalogue.publication(row.id) == row


def test_r13_whichever_of_withdrawal_and_approval_is_first_wins(press: Press) -> None:
    row = press.checked(press.case())
    steps.withdraw(press.archive, row.id, actor=CLERK, why="error", reason="写错了")
    with pytest.raises(PublicationStateError):
        steps.approve(press.archive, row.id, actor=HEAD)


def test_r13_a_penalty_is_public_for_three_years_and_then_expires(press: Press) -> None:
    row = press.published(press.case())
    assert row.expires is not None
    last = date.fromisoformat(row.expires)
    assert (last.year - datetime.now(UTC).year) == 3
    steps.expire(press.archive, last - timedelta(days=1), actor="station-1")
    assert need(press.archive, row.id).state == "published"
    assert steps.expire(press.archive, last, actor="station-1") >= 1
    assert need(press.archive, row.id).state == "expired"
    levy = press.published(press.case(act="levy"))
    assert levy.expires is None


def test_r11_is_kept_by_a_record_without_a_number_or_whole_name_of_a_person(press: Press) -> None:
    row = press.proposed(
        press.case(name="李小龙"),
        facts="李小龙,身份证11010519491231002X,摆摊",
        conclusion="罚李小龙",
    )
    told = press.record(row)
    assert told.subjects[0].name == "李某某"
    assert "李小龙".encode() not in told.to_bytes()
    with pytest.raises(PrivacyLeftError, match="identity"):
        steps.check(press.archive, row.id, Checking(reason="无妨"), actor=CHECKER)
    at = told.facts.index("110105")
    mark = Mark(field="facts", begin=at, end=at + 18)
    clean = steps.check(press.archive, row.id, Checking(marks=[mark]), actor=CHECKER)
    assert (clean.privacy, clean.secret, clean.redactions) == (True, False, 1)
    assert press.record(clean).facts == f"李某某,身份证{GONE},摆摊"
    assert b"110105" not in press.archive.store.read(clean.record)


def test_r11_is_broken_by_a_state_secret_and_it_is_declined_not_redacted(press: Press) -> None:
    row = press.proposed(press.case())
    with pytest.raises(SecretRecordError):
        steps.check(press.archive, row.id, Checking(state=True), actor=CHECKER)
    gone = steps.decline(press.archive, row.id, actor=CHECKER, reason="涉及国家秘密")
    assert gone.state == "declined"
    with pytest.raises(PublicationStateError):
        steps.approve(press.archive, row.id, actor=HEAD)


def test_r11_a_trade_secret_is_taken_out_and_said_to_be_one(press: Press) -> None:
    row = press.proposed(press.case(name="甲有限公司"), facts="配方为盐三糖二,超范围")
    mark = Mark(field="facts", begin=0, end=7)
    clean = steps.check(press.archive, row.id, Checking(marks=[mark], trade=True), actor=CHECKER)
    assert (clean.secret, clean.privacy) == (True, False)
    assert press.record(clean).facts == f"{GONE},超范围"
    assert press.record(clean).subjects[0].name == "甲有限公司"


def test_r11_a_hint_stays_only_with_a_reason(press: Press) -> None:
    row = press.proposed(press.case(), facts="在长江西路12号门前摆摊")
    with pytest.raises(PrivacyLeftError, match="address"):
        steps.check(press.archive, row.id, Checking(), actor=CHECKER)
    said = Checking(reason="系公共场所,不是住址")
    assert steps.check(press.archive, row.id, said, actor=CHECKER).state == "checked"
    assert steps.approve(press.archive, row.id, actor=HEAD).state == "published"


def test_r11_what_somebody_elses_entry_let_through_is_not_approved(press: Press) -> None:
    row = press.proposed(press.case(), facts="电话13800138000")
    data = {"secret": False, "privacy": False, "redactions": 0}
    press.event("publication.checked", row.id, data)
    with pytest.raises(PrivacyLeftError):
        steps.approve(press.archive, row.id, actor=HEAD)


def test_a_record_is_approved_by_another_person_than_who_proposed_or_checked_it(
    press: Press,
) -> None:
    row = press.checked(press.case())
    officer = new_id("officer")
    one, two = new_id("account"), new_id("account")
    for account in (one, two):
        data = {"role": "oversight", "unit": None, "officer": officer}
        press.event("account.added", account, data, {"name": account[-6:]})
    for actor in (CLERK, CHECKER):
        with pytest.raises(SamePublisherError):
            steps.approve(press.archive, row.id, actor=actor)
    steps.check(press.archive, row.id, Checking(), actor=one)
    with pytest.raises(SamePublisherError):  # the same officer under another account
        steps.approve(press.archive, row.id, actor=two)
    assert steps.approve(press.archive, row.id, actor=HEAD).state == "published"


def test_a_decision_is_published_once_and_anew_after_it_was_withdrawn(press: Press) -> None:
    number = press.case()
    row = press.published(number)
    with pytest.raises(PublicationStateError):
        press.proposed(number)
    steps.withdraw(press.archive, row.id, actor=HEAD, why="changed", reason="变更决定")
    press.decide(number)
    again = press.published(number)
    assert again.feed is not None
    assert row.feed is not None
    assert again.feed == row.feed + 2  # the withdrawal has a number of its own


def test_nothing_is_published_of_a_case_without_a_decision_or_of_a_later_one(press: Press) -> None:
    number = press.case()
    press.revoke(number)
    with pytest.raises(NotDecidedError):
        press.proposed(number)
    press.decide(number)
    row = press.checked(number)
    press.decide(number)
    with pytest.raises(NotDecidedError):
        steps.approve(press.archive, row.id, actor=HEAD)


@pytest.mark.parametrize(
    "wording",
    [{"title": " "}, {"conclusion": ""}, {"facts": "x" * 4001}, {"basis": "\x07"}],
)
def test_a_record_without_its_words_is_refused(press: Press, wording: dict[str, str]) -> None:
    number = press.case()
    with pytest.raises(PublicationTextError):
        press.proposed(number, **wording)
    assert press.archive.catalogue.publications_about(press.row(number).id) == []


def test_marks_outside_a_text_and_words_that_are_none_are_refused(press: Press) -> None:
    row = press.proposed(press.case())
    for mark in (
        Mark(field="facts", begin=0, end=99),
        Mark(field="facts", begin=2, end=2),
        Mark(field="agency", begin=0, end=1),
    ):
        with pytest.raises(PublicationTextError):
            steps.check(press.archive, row.id, Checking(marks=[mark]), actor=CHECKER)
    with pytest.raises(PublicationTextError):
        steps.withdraw(press.archive, row.id, actor=HEAD, why="error", reason=" ")
    with pytest.raises(UnknownPublicationError):
        need(press.archive, new_id("publication"))
    assert press.record(row).title == WORDING.title


def test_the_feed_counts_what_became_public_and_what_is_no_longer(press: Press) -> None:
    catalogue = press.archive.catalogue
    found = catalogue.feed_steps()
    assert len(found) == catalogue.feed_length()
    numbers = {step.publication: n for n, step in enumerate(found, 1) if step.step == "published"}
    for id_, number in numbers.items():
        row = catalogue.publication(id_)
        assert row is not None
        assert row.feed == number
    assert {step.step for step in found} == {"published", "withdrawn", "expired"}
    # Out of turn: an entry, and no item.
    last = found[-1]
    press.archive.record([Event(type="publication.expired", subject=last.publication, actor=CLERK)])
    catalogue.catch_up()
    assert catalogue.feed_steps(found[-2].index) in (
        [last],
        [last, *catalogue.feed_steps(last.index)],
    )
