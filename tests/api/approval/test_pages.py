"""The pages of approvals, asked for and filled in as a browser without script does."""

from __future__ import annotations

import pytest

from tests.api.approval.town import ask, decide, footage, listed
from tests.api.world import CASE, ORIGIN, World


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_list_and_form_is_there_in_both_languages(town: World, lang: str) -> None:
    ask(
        town,
        "archivist",
        case=CASE,
        reason=f"<b>{lang}</b>",
        purpose="file" if lang == "zh" else "litigation",
    )
    for user in ("chief", "county", "archivist", "overseer", "reviewer", "wang"):
        browser = town.browser(user, lang=lang)
        for which in ("work", "review", "given", "mine", "all"):
            page = browser.get(f"/requests?list={which}")
            assert page.status_code == 200, (user, which)
            assert "<b>zh" not in page.text
        assert browser.get("/requests/new").status_code == 200
    assert town.browser("root", lang=lang).get("/requests").status_code == 403


def test_a_request_goes_its_whole_way_by_forms(own: World) -> None:
    asker, head = own.browser("southchief", lang="zh"), own.browser("chief", lang="zh")
    form = {
        "case": CASE,
        "clips": "",
        "kind": "normal",
        "purpose": "case",
        "reason": "串案比对",
        "until": "",
        "body": "",
    }
    sent = asker.post("/requests", data=form, headers=ORIGIN)
    assert (sent.status_code, sent.headers["location"]) == (303, "/requests?list=mine&sent=1")
    told = asker.get(sent.headers["location"]).text
    assert "已转有关单位负责人" in told
    assert "North" not in told
    (waiting,) = listed(own, "chief", "work")
    page = head.get("/requests").text
    assert "串案比对" in page
    assert 'value="grant"' in page
    detail = head.get(f"/requests/{waiting['request']}").text
    assert "采集单位负责人" in detail
    assert own.ids["first"] in detail  # the head's own clips open from here
    done = head.post(
        f"/requests/{waiting['request']}/decision",
        data={"decision": "grant", "reason": "", "until": "", "upto": "9999"},
        headers=ORIGIN,
    )
    assert done.status_code == 303
    assert "已同意，并已记入存证日志" in head.get(done.headers["location"]).text
    assert footage(own, "southchief", "first") == 200
    assert "已同意" in asker.get("/requests?list=mine").text
    again = head.post(
        f"/requests/{waiting['request']}/decision",
        data={"decision": "decline", "reason": "x", "until": ""},
        headers=ORIGIN,
    )
    assert again.status_code == 409
    assert "未重复执行" in again.text
    ended = head.post(
        f"/requests/{waiting['request']}/end", data={"reason": "结案"}, headers=ORIGIN
    )
    assert ended.status_code == 303
    assert footage(own, "southchief", "first") == 404


def test_what_the_policy_refuses_comes_back_with_the_form_as_it_was_filled_in(town: World) -> None:
    form = {
        "case": CASE,
        "kind": "outside",
        "body": "<i>县法院</i>",
        "purpose": "case",
        "reason": "需要",
        "until": "",
    }
    answer = town.browser("southchief", lang="zh").post("/requests", data=form, headers=ORIGIN)
    assert answer.status_code == 422
    assert "规则不允许" in answer.text
    assert "&lt;i&gt;县法院" in answer.text


def test_an_approver_without_footage_of_their_own_sees_facts_and_no_way_to_the_film(
    own: World,
) -> None:
    ask(own, "chief", clip="first", purpose="legal_duty", body="县法院")
    (waiting,) = listed(own, "county", "work")
    page = own.browser("county", lang="en").get(f"/requests/{waiting['request']}").text
    assert "T100" in page
    assert own.ids["first"] not in page
    assert footage(own, "county", "first") == 404
    assert decide(own, "county", waiting["request"])[0] == 200
    assert footage(own, "county", "first") == 404  # to decide is not to see


@pytest.mark.parametrize(
    ("user", "first"), [("reviewer", "legal_review"), ("overseer", "complaint"), ("wang", "case")]
)
def test_the_form_offers_first_what_the_role_may_see_by_duty(
    town: World, user: str, first: str
) -> None:
    page = town.browser(user, lang="zh").get("/requests/new").text
    assert page.index(f'<option value="{first}"') == page.index("<option value=")
    assert page.count(f'<option value="{first}"') == 1
