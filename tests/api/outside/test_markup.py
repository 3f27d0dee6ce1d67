"""Whatever people write, pages show it as text: markup in names, titles, notes, searches; numbers of any form."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.world import ORIGIN, World

_HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</textarea></title><svg/onload=alert(1)>",
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
    "%3Cscript%3E",
    "&lt;b&gt;",
    "<!--",
    "]]>",
)
TEXTS = st.lists(
    st.sampled_from(_HOSTILE) | st.text(st.characters(codec="utf-8", categories=["L", "P", "S"])),
    min_size=1,
    max_size=3,
).map("".join)
_SETTINGS = settings(
    max_examples=12,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._in_script = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.wrong.append(f"<{tag}> inline")
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.wrong.append(f"{tag} {name}")
            if name in {"href", "src", "action", "formaction"}:
                text = (value or "").strip().lower()
                if not (re.match(r"[/?#]", text) or text == "") or text.startswith("//"):
                    self.wrong.append(f"{tag} {name}={text[:60]}")
        if tag in {"img", "svg"} and ("onerror" in names or "onload" in names):
            self.wrong.append(tag)


def looked_at(world: World, path: str) -> str:
    """A page of the supervisor, taken apart; its text."""
    answer = world.browser("chief").get(path)
    assert answer.status_code < 500, path
    assert Page(answer.text).wrong == [], path
    return answer.text


@_SETTINGS
@given(text=TEXTS)
def test_what_is_searched_for_is_shown_as_text(world: World, text: str) -> None:
    for name in ("q", "case", "text", "officer", "place"):
        looked_at(world, f"/?{name}={quote(text[:200], safe='')}")
    looked_at(world, f"/requests/new?case={quote(text[:200], safe='')}")
    looked_at(world, f"/nowhere/{quote(text[:200], safe='')}")


@_SETTINGS
@given(text=TEXTS)
def test_titles_notes_and_names_are_shown_as_text(world: World, text: str) -> None:
    chief, words = world.client("chief"), f"{text[:150]}x"
    number = f"M{len(world.entries('case.opened'))}"
    body = {"number": number, "title": words, "subject": words, "place": words}
    assert chief.post("/api/v1/cases", json=body).status_code == 201
    clip = world.ids["first"]
    linked = chief.put(f"/api/v1/cases/{number}/clips/{clip}", json={"reason": words})
    assert linked.status_code in {200, 201}
    chief.post(f"{world.clip('first')}/markers", json={"text": words, "from_us": 1})
    chief.post("/api/v1/searches", json={"name": words[:60], "filters": {"q": words[:60]}})
    for path in (
        "/",
        f"/?case={number}",
        "/cases",
        f"/cases/{number}",
        f"/cases/{number}/custody",
        f"/clips/{clip}",
        f"/clips/{clip}/custody",
        f"/together?case={number}",
    ):
        looked_at(world, path)


@pytest.mark.parametrize(
    "number", ["市监罚/2026/7", "2026 0008 甲", "２０２６-９", "a%2Fb", "...", "x?y#z", "号;=+&"]
)
def test_a_case_number_of_any_form_has_a_page_and_a_route(world: World, number: str) -> None:
    chief = world.client("chief")
    opened = chief.post("/api/v1/cases", json={"number": number})
    assert opened.status_code == 201
    segment = quote(number, safe="")
    assert opened.headers["location"].startswith("/api/v1/cases/")
    assert chief.get(f"/api/v1/cases/{segment}").json()["number"] == number
    assert chief.get(opened.headers["location"]).json()["number"] == number
    page = world.browser("chief").get(f"/cases/{segment}")
    assert page.status_code == 200
    assert Page(page.text).wrong == []
    same = chief.post("/api/v1/cases", json={"number": f" {number} "}, headers=ORIGIN)
    assert same.status_code == 409


@pytest.mark.parametrize("number", [".", "..", " .. ", "", "a\nb"])
def test_a_number_that_no_address_could_name_is_refused(world: World, number: str) -> None:
    answer = world.client("chief").post("/api/v1/cases", json={"number": number})
    assert answer.status_code == 422
