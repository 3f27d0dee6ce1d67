"""The pages of accounts, units, officers and alarms: plain forms that do what the API does."""

from __future__ import annotations

import re

import pytest

from api.rights.alarms import record_alarm
from tests.api.world import ORIGIN, PASSWORD, Client, World


def send(browser: Client, path: str, **fields: str) -> str:
    """Send a form; answers with where it leads."""
    answer = browser.post(path, data=fields, headers=ORIGIN)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.fixture(scope="module")
def proposed(world: World) -> str:
    """The number of a proposal to add `novice`, as the page's form names it."""
    where = send(
        world.browser("root"),
        "/accounts/new",
        user="Novice",
        role="supervisor",
        unit=world.ids["North"],
        reason="<b>neue</b> 负责人",
    )
    assert where == "/accounts?done=proposed"
    page = world.browser("root2").get("/accounts").text
    found = re.search(r'action="/accounts/proposals/(\d+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/accounts", "/accounts/new", "/units", "/officers", "/alarms"])
def test_every_page_is_there_in_both_languages(world: World, path: str, lang: str) -> None:
    answer = world.browser("root", lang=lang).get(path)
    assert answer.status_code == 200
    assert answer.headers["content-language"] == lang
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_proposal_shows_who_what_and_why_and_only_others_may_decide(
    world: World, proposed: str
) -> None:
    theirs = world.browser("root2").get("/accounts").text
    assert "&lt;b&gt;neue&lt;/b&gt; 负责人" in theirs
    assert f'action="/accounts/proposals/{proposed}"' in theirs
    assert 'value="confirm"' in theirs
    mine = world.browser("root").get("/accounts").text
    assert 'value="confirm"' not in mine
    assert 'value="withdraw"' in mine


def test_the_one_time_password_is_on_one_page_once(world: World, proposed: str) -> None:
    browser = world.browser("root2")
    forged = world.browser("root").post(
        f"/accounts/proposals/{proposed}", data={"decision": "confirm"}, headers=ORIGIN
    )
    assert forged.status_code == 403
    page = browser.post(
        f"/accounts/proposals/{proposed}", data={"decision": "confirm"}, headers=ORIGIN
    )
    assert page.status_code == 200
    found = re.search(r'<code class="once">([^<]+)</code>', page.text)
    assert found
    assert world.accounts.check("novice", found[1]) is not None
    for path in ("/accounts", f"/accounts/{world.accounts.by_name('novice').id}"):
        assert found[1] not in browser.get(path).text
    again = browser.post(
        f"/accounts/proposals/{proposed}", data={"decision": "confirm"}, headers=ORIGIN
    )
    assert again.status_code == 409


def test_an_account_is_changed_disabled_and_enabled_by_form(world: World) -> None:
    path = f"/accounts/{world.users['reviewer'].id}"
    root, other = world.browser("root"), world.browser("root2")
    assert send(root, f"{path}/disabling") == f"{path}?done=disabled"
    assert world.accounts.by_name("reviewer").disabled
    send(root, f"{path}/enabling", reason="back")
    page = other.get(path).text
    number = re.search(r'action="/accounts/proposals/(\d+)"', page)
    assert number
    send(other, f"/accounts/proposals/{number[1]}", decision="confirm")
    assert not world.accounts.by_name("reviewer").disabled
    own = root.get(f"/accounts/{world.users['root'].id}").text
    assert '/rights"' not in own
    assert "/disabling" not in own


def test_a_malformed_form_comes_back_with_words_and_what_was_typed(world: World) -> None:
    answer = world.browser("root").post(
        "/accounts/new",
        data={"user": "halfway", "role": "supervisor", "unit": "", "reason": "x"},
        headers=ORIGIN,
    )
    assert answer.status_code == 422
    assert 'value="halfway"' in answer.text
    assert "a supervisor has a unit" in answer.text


def test_pages_ask_for_our_own_origin(world: World) -> None:
    answer = world.browser("root").post(
        "/units", data={"name": "evil"}, headers={"Origin": "http://127.0.0.1:9"}
    )
    assert answer.status_code == 403
    assert "evil" not in world.browser("root").get("/units").text


def test_units_are_added_and_placed_by_form(world: World) -> None:
    browser = world.browser("archivist")
    send(browser, "/units", name="县局", level="county")
    (county,) = (
        u["unit"]
        for u in world.client("archivist").get("/api/v1/units").json()["units"]
        if u["name"] == "县局"
    )
    place = {"parent": county, "level": "office", "reason": "归口"}
    send(browser, "/units", unit=world.ids["South"], **place)
    assert "depth-1" not in browser.get("/units").text
    waiting = world.browser("root").get("/accounts").text
    assert "归口" in waiting
    assert "县局" in waiting
    (row,) = (r for r in world.archive.catalogue.rights("open") if r.change == "place")
    send(world.browser("root"), f"/accounts/proposals/{row.index}", decision="confirm")
    page = browser.get("/units").text
    assert (
        page.index("县局")
        < page.index('class="depth-1"')
        < page.index("South", page.index("depth-1"))
    )
    assert 'method="post"' not in world.browser("wang").get("/units").text.partition("<main")[2]


def test_an_alarm_is_settled_by_form_and_counted_in_the_header(world: World) -> None:
    record_alarm(
        world.archive,
        actor="local-0",
        subject=world.users["wang"].id,
        code="many_refusals",
        count=12,
    )
    world.app.service.freshness.changed()  # type: ignore[attr-defined]
    browser = world.browser("chief")
    page = browser.get("/alarms").text
    assert 'class="alarm-count">1</span>' in browser.get("/integrity").text
    number = re.search(r'action="/alarms/(\d+)"', page)
    assert number
    send(browser, f"/alarms/{number[1]}", reason="talked to him")
    page = browser.get("/alarms").text
    assert "talked to him" in page
    assert "alarm-count" not in page
    assert "/alarms" not in world.browser("wang").get("/integrity").text


@pytest.mark.parametrize("user", ["chief", "wang", "archivist", "overseer"])
def test_others_are_refused_in_words(world: World, user: str) -> None:
    for path in ("/accounts", "/officers", f"/accounts/{world.users['wang'].id}"):
        assert world.browser(user).get(path).status_code == 403
    assert PASSWORD not in world.browser(user).get("/accounts").text
