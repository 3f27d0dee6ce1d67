"""The pages for people: plain forms, two languages, nothing that a browser would have to fetch elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

from api.figures import bytes_of, length_of
from api.messages import LANGS, choose, everything, has
from tests.api.world import CASE, ORIGIN, PASSWORD, World

PAGES = Path(__file__).parents[2] / "api" / "pages"


class Links(HTMLParser):
    """What a page fetches or points to, and what a strict CSP would stop."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.blocked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        for name, value in attrs:
            if name in {"src", "href", "action", "poster", "srcset"} and value:
                self.addresses.append(value)
            if name == "style" or name.startswith("on"):
                self.blocked.append(f"{tag} {name}")
        if tag == "style" or (tag == "script" and "src" not in dict(attrs)):
            self.blocked.append(tag)


def pages(world: World) -> list[str]:
    """One of each page."""
    clip = world.ids["first"]
    index = next(e.index for e in world.entries("clip.ingested") if e.subject == clip)
    return [
        "/",
        f"/?text={quote('询问')}",
        "/?text=nothing-like-it",
        f"/cases/{CASE}",
        f"/clips/{clip}",
        f"/clips/{clip}/custody/{index}",
        "/integrity",
        "/api/v1/docs",
        "/nowhere",
    ]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("user", ["chief", "archivist"])
def test_pages_are_whole_in_each_language_and_fetch_nothing_from_elsewhere(
    world: World, lang: str, user: str
) -> None:
    browser = world.browser(user, lang=lang)
    for page in pages(world):
        answer = browser.get(page)
        assert answer.headers["content-type"] == "text/html; charset=utf-8", page
        assert answer.status_code == (404 if page == "/nowhere" else 200), page
        assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in answer.text
        found = Links()
        found.feed(answer.text)
        assert not found.blocked, page
        assert all(a.startswith(("/", "#")) and not a.startswith("//") for a in found.addresses)
        assert ("完整性" in answer.text) == (lang == "zh")


def test_the_case_page_holds_each_clips_id_in_time_order(world: World) -> None:
    text = world.browser("chief").get(f"/cases/{CASE}").text
    first, second = (text.index(f'<li id="{world.ids[n]}"') for n in ("first", "second"))
    assert first < second
    assert world.ids["south"] not in text


@pytest.mark.parametrize(
    ("typed", "leads"),
    [
        (CASE, f"/cases/{CASE}"),
        ("012345", "/?officer=012345"),
        ("T100", "/?recorder=T100"),
        ("夜间", f"/?text={quote('夜间')}"),
    ],
)
def test_the_one_search_box_knows_what_was_typed(world: World, typed: str, leads: str) -> None:
    answer = world.browser("chief").get("/", params={"q": typed})
    assert (answer.status_code, answer.headers["location"]) == (303, leads)


def test_who_is_not_signed_in_is_asked_to_and_comes_back(world: World) -> None:
    browser = world.browser()
    asked = browser.get(f"/cases/{CASE}?lang=en")
    assert asked.status_code == 303
    form = browser.get(asked.headers["location"]).text
    wanted = re.search(r'name="next" value="([^"]*)"', form)
    assert wanted is not None
    answer = browser.post(
        "/sign-in",
        data={"user": "chief", "password": PASSWORD, "next": wanted[1].replace("&amp;", "&")},
        headers=ORIGIN,
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{CASE}?lang=en")
    assert browser.get(f"/cases/{CASE}").status_code == 200
    assert browser.post("/sign-out", headers=ORIGIN).status_code == 303
    assert browser.get(f"/cases/{CASE}").status_code == 303


@pytest.mark.parametrize(
    "next_",
    ["//evil.example", "/\\evil.example", "http://evil.example", "javascript:x", "/a\r\nb", ""],
)
def test_signing_in_never_leads_to_another_site(world: World, next_: str) -> None:
    answer = world.browser().post(
        "/sign-in", data={"user": "chief", "password": PASSWORD, "next": next_}
    )
    assert answer.headers["location"] == "/"


def test_a_wrong_password_says_so_on_the_page_and_keeps_the_name(world: World) -> None:
    answer = world.browser().post("/sign-in", data={"user": "wang", "password": "wrong one"})
    assert answer.status_code == 401
    assert 'value="wang"' in answer.text
    assert "wrong one" not in answer.text
    assert "Wrong user name or password" in answer.text


def test_what_people_wrote_never_becomes_markup(world: World) -> None:
    world.client("chief").post(
        "/api/v1/cases",
        json={"number": "<script>alert(1)</script>", "title": '"><img src=x onerror=y>'},
    )
    browser = world.browser("chief")
    for page in ("/", f"/cases/{quote('<script>alert(1)</script>', safe='')}"):
        text = browser.get(page).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert "&lt;b&gt;.mp4" in browser.get(f"/clips/{world.ids['first']}").text


def test_linking_by_form_needs_a_reason_and_shows_the_link(world: World) -> None:
    browser = world.browser("chief")
    assert browser.post("/cases", data={"number": "form-1"}, headers=ORIGIN).status_code == 303
    path = f"/clips/{world.ids['first']}/links"
    bare = browser.post(path, data={"do": "link", "number": "form-1"}, headers=ORIGIN)
    assert bare.status_code == 422
    done = browser.post(
        path, data={"do": "link", "number": "form-1", "reason": "现场"}, headers=ORIGIN
    )
    assert done.headers["location"] == f"/clips/{world.ids['first']}"
    assert 'href="/cases/form-1"' in browser.get(done.headers["location"]).text
    browser.post(path, data={"do": "unlink", "number": "form-1", "reason": "误"}, headers=ORIGIN)
    assert 'href="/cases/form-1"' not in browser.get(done.headers["location"]).text


def test_the_watch_page_shows_the_proof_and_links_each_event_to_its_own(world: World) -> None:
    clip = world.ids["first"]
    text = world.browser("chief").get(f"/clips/{clip}").text
    index = next(e.index for e in world.entries("clip.ingested") if e.subject == clip)
    assert f"The ingest entry is entry {index} of the ledger, proven by the checkpoint" in text
    assert f'href="/clips/{clip}/custody/{index}"' in text
    assert f'<video id="film" src="/api/v1/clips/{clip}/original"' in text


def test_the_watch_page_says_by_how_much_a_start_was_corrected(world: World) -> None:
    browser = world.browser("chief")
    corrected = browser.get(f"/clips/{world.ids['second']}").text
    assert "180.000 s slow when it was docked (± 0.500 s), corrected" in corrected
    assert "no clock offset was measured" not in corrected
    assert "no clock offset was measured" in browser.get(f"/clips/{world.ids['first']}").text


def test_an_archivist_is_told_why_there_is_no_picture(world: World) -> None:
    browser = world.browser("archivist")
    text = browser.get(f"/clips/{world.ids['first']}").text
    assert "<video" not in text
    assert "Footage needs approval by the head of the collecting unit" in text
    assert "renditions/poster" not in browser.get(f"/cases/{CASE}").text


def test_an_administrator_is_led_to_the_integrity_page(world: World) -> None:
    browser = world.browser("root")
    assert browser.get("/").headers["location"] == "/integrity"
    refused = browser.get(f"/clips/{world.ids['first']}")
    assert refused.status_code == 403
    assert "The attempt is in the ledger" in refused.text


def test_an_administrator_is_offered_no_search_and_no_asking(world: World) -> None:
    browser = world.browser("root", lang="en")
    for path, status in (
        ("/integrity", 200),
        (f"/cases/{CASE}", 403),
        (f"/clips/{world.ids['first']}", 403),
    ):
        page = browser.get(path)
        assert page.status_code == status
        assert 'type="search"' not in page.text
        assert ">Search</a>" not in page.text
        assert "ask the head" not in page.text
        assert "/requests" not in page.text
    officer = world.browser("wang", lang="en").get("/station")
    assert officer.status_code == 403
    assert "This page is for other roles." in officer.text
    assert 'type="search"' in officer.text


def test_where_nothing_is_found_one_may_ask_for_the_case_that_was_typed(world: World) -> None:
    for user in ("chief", "wang", "reviewer"):
        browser = world.browser(user, lang="zh")
        led = browser.get("/?q=2031-9999").headers["location"]
        assert 'href="/requests/new?case=2031-9999"' in browser.get(led).text
    start = world.browser("reviewer", lang="en").get("/").text
    assert "There is no case that you may see." in start
    assert "with the form below" not in start


def test_the_language_asked_for_is_kept(world: World) -> None:
    browser = world.browser("chief", lang="en")
    assert "检索" in browser.get("/?lang=zh").text
    assert "检索" in browser.get("/").text


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "lang"),
    [
        ("en", "zh", "zh", "en"),
        ("xx", "en", "zh", "en"),
        (None, None, "en;q=0.5, zh-TW", "zh"),
        (None, None, "de, en;q=0.2", "en"),
        (None, None, "fr;q=x", "zh"),
        (None, None, "", "zh"),
    ],
)
def test_which_language(asked: str | None, kept: str | None, accepted: str, lang: str) -> None:
    assert choose(asked, kept, accepted) == lang


def test_every_message_is_there_in_both_languages_with_the_same_places() -> None:
    for key, pair in everything().items():
        assert len(pair) == 2, key
        places = [sorted(re.findall(r"{(\w+)}", text)) for text in pair]
        assert places[0] == places[1], key
        assert all(text.strip() for text in pair), key


def test_every_message_that_a_template_names_exists() -> None:
    for template in PAGES.glob("*.html"):
        for key in re.findall(r"\bt\('([a-z0-9_.]+)'[,)]", template.read_text()):
            assert has(key), (template.name, key)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00.0"), (61.54, "1:01.5"), (59.96, "1:00.0"), (3661, "1:01:01")]
)
def test_lengths_are_written_exactly(seconds: float, words: str) -> None:
    assert length_of(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_999, "1 MB"),
        (60_900_000, "60.9 MB"),
        (10**15, "1000 TB"),
    ],
)
def test_sizes_are_written_as_people_say_them(size: int, words: str) -> None:
    assert bytes_of(size) == words
