"""What somebody who means harm would try, each seen to work once or to be one line away from working."""

from __future__ import annotations

import pytest

from archive import cases
from archive.ids import new_id
from tests.api.world import BASE, CASE, PASSWORD, World

HIDDEN = "南-2026-9"


@pytest.fixture(scope="module")
def hidden(world: World) -> str:
    """The number of a case that the north unit may not know of."""
    cases.open_case(
        world.archive, actor="local-0", number=HIDDEN, unit=world.ids["South"], title="secret"
    )
    world.archive.catalogue.catch_up()
    return HIDDEN


def test_a_path_is_never_a_link_to_another_site(world: World) -> None:
    for user in (None, "chief"):
        page = world.browser(user).get(BASE + "//evil.example/x")
        assert "//evil.example" not in page.text.replace(BASE, "")
        assert "evil.example" not in page.headers.get("location", "").partition("?")[0]


@pytest.mark.parametrize("next_", ["//evil.example", "/\\evil.example", "http://evil.example", ""])
def test_signing_in_leads_to_no_other_site(world: World, next_: str) -> None:
    form = {"user": "chief", "password": PASSWORD, "next": next_}
    answer = world.browser().post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    "host", ["[::1", "[127.0.0.1]", "[::1]x", "::1", "127.0.0.1.", "2130706433"]
)
def test_a_malformed_host_is_no_address(world: World, host: str) -> None:
    assert world.client().get("/healthz", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    "name",
    ["X-Client-IP", "CF-Connecting-IP", "True-Client-IP", "Forwarded-For", "X-Original-Host"],
)
def test_metrics_are_not_told_to_a_proxy_of_any_make(world: World, name: str) -> None:
    assert world.client().get("/metrics", headers={name: "192.0.2.1"}).status_code == 403


def test_an_answer_about_evidence_is_kept_by_nobody(world: World) -> None:
    client, case = world.client("chief"), f"/api/v1/cases/{CASE}"
    for path in ("/api/v1/clips", case, world.clip("first"), world.clip("first") + "/custody"):
        assert client.get(path).headers["cache-control"] == "private, no-store", path
    assert "max-age" in world.client().get("/static/style.css").headers["cache-control"]


def test_a_body_in_pieces_past_the_limit_is_too_large_as_well(world: World) -> None:
    def pieces() -> object:
        for _ in range(20):
            yield b"x" * 8192

    answer = world.client("chief").post(
        "/api/v1/cases", content=pieces(), headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "P023")


@pytest.mark.parametrize("user", ["chief", "wang", "reviewer"])
def test_a_hidden_case_answers_as_a_missing_one_and_is_recorded(
    world: World, hidden: str, user: str
) -> None:
    client = world.client(user)
    for method, ending, body in (
        ("GET", "", None),
        ("PUT", f"/clips/{world.ids['first']}", {"reason": "x"}),
        ("DELETE", f"/clips/{world.ids['first']}", {"reason": "x"}),
    ):
        if user == "reviewer" and method != "GET":
            continue  # refused for their role, whatever the case
        before = len(world.entries("access.refused"))
        answers = [
            client.request(method, f"/api/v1/cases/{number}{ending}", json=body)
            for number in (hidden, "no such case")
        ]
        assert [a.status_code for a in answers] == [404, 404]
        assert answers[0].content == answers[1].content
        refused = world.entries("access.refused")[before:]
        case = world.archive.catalogue.case_by_number(hidden)
        assert case is not None
        assert [e.data["case"] for e in refused] == [case.id, None]


def test_a_missing_clip_costs_an_entry_as_a_hidden_one_does(world: World) -> None:
    client, before = world.client("chief"), len(world.entries("access.refused"))
    client.get(world.clip("south"))
    client.get(f"/api/v1/clips/{new_id('clip')}")
    assert len(world.entries("access.refused")) == before + 2


def test_the_search_box_does_not_tell_which_badges_another_unit_has(world: World) -> None:
    leads = {
        word: world.browser("chief").get("/", params={"q": word}).headers["location"]
        for word in ("990001", "990002", "T200", "012345", HIDDEN)
    }
    assert leads["990001"] == "/?text=990001"
    assert leads["990002"] == "/?text=990002"
    assert leads["T200"] == "/?text=T200"
    assert leads["012345"] == "/?officer=012345"
    assert (
        world.browser("archivist")
        .get("/", params={"q": "990001"})
        .headers["location"]
        .startswith("/?officer=")
    )


def test_nobody_names_another_units_officer_and_so_links_their_clips(world: World) -> None:
    before = len(world.entries("clip.linked"))
    body = {"number": "grab", "officers": ["990001"], "from": "2026-01-01", "to": "2026-02-01"}
    for user in ("chief", "wang"):
        answer = world.client(user).post("/api/v1/cases", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "P024")
        missing = world.client(user).post("/api/v1/cases", json=body | {"officers": ["990002"]})
        assert answer.json()["detail"].replace("990001", "990002") == missing.json()["detail"]
    assert len(world.entries("clip.linked")) == before
    own = world.client("wang").post("/api/v1/cases", json=body | {"officers": ["012345", "012346"]})
    assert own.status_code == 201
    assert own.json()["unit"] == "North"


@pytest.mark.parametrize(
    ("fetch", "path", "status"),
    [
        (("same-site", "no-cors", "image"), "/api/v1/clips", 403),
        (("cross-site", "no-cors", "video"), "ORIGINAL", 403),
        (("same-site", "navigate", "iframe"), "/?text=x", 403),
        (("cross-site", "navigate", "document"), "ORIGINAL", 403),
        (("cross-site", "navigate", "document"), f"/cases/{CASE}", 200),
        (("same-origin", "no-cors", "video"), "ORIGINAL", 200),
        (("none", "navigate", "document"), "ORIGINAL", 200),
    ],
)
def test_a_page_elsewhere_makes_nobody_search_or_watch(
    world: World, fetch: tuple[str, str, str], path: str, status: int
) -> None:
    headers = dict(zip(("Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"), fetch, strict=True))
    before = len(world.entries("search.made")) + len(world.entries("clip.viewed"))
    path = path.replace("ORIGINAL", world.clip("first") + "/original")
    assert world.browser("chief").get(path, headers=headers).status_code == status
    recorded = len(world.entries("search.made")) + len(world.entries("clip.viewed")) - before
    assert recorded == (1 if status == 200 else 0)


def test_a_neighbour_in_the_same_ipv6_network_is_the_same_peer(fresh: World) -> None:
    wrong = {"user": "chief", "password": "wrong one"}
    answers = [
        fresh.at(f"2001:db8::{n:x}").post("/api/v1/session", json=wrong).status_code
        for n in range(11)
    ]
    assert answers[-1] == 429


def test_forwarding_headers_move_no_count(fresh: World) -> None:
    wrong = {"user": "chief", "password": "wrong one"}
    answers = [
        fresh.client()
        .post("/api/v1/session", json=wrong, headers={"X-Forwarded-For": f"192.0.2.{n}"})
        .status_code
        for n in range(11)
    ]
    assert answers[-1] == 429


def test_signing_out_ends_the_cookie_that_came_with_the_token(world: World) -> None:
    browser, program = world.browser("chief"), world.client("wang")
    program.cookies = dict(browser.cookies)
    assert program.delete("/api/v1/session").status_code == 204
    assert browser.get(world.clip("first")).status_code == 401


def test_text_from_people_is_text_on_every_page(world: World) -> None:
    attack = "\"><script>alert(1)</script>{{7*7}}'"
    client = world.client("chief")
    body = {"number": attack, "title": attack, "subject": attack, "place": attack}
    assert client.post("/api/v1/cases", json=body).status_code == 201
    address = "/cases/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%7B%7B7*7%7D%7D'"
    link = f"/api/v1{address}/clips/{world.ids['first']}"
    assert client.put(link, json={"reason": attack}).status_code == 201
    history = client.get(world.clip("first") + "/custody").json()["custody"]
    entry = next(e["index"] for e in history if e["text"].get("reason") == attack)
    watch = f"/clips/{world.ids['first']}"
    browser = world.browser("chief")
    for path in (
        "/",
        address,
        watch,
        f"{watch}/custody/{entry}",
        "/?text=alert",
        f"/?text={attack}",
    ):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
        assert "49" not in page.text.partition("{{7*7}}")[2][:20], path
    client.request("DELETE", link, json={"reason": "end"})


def test_when_the_ledger_is_gone_nothing_is_shown(fresh: World) -> None:
    north, everybody = fresh.client("chief"), fresh.client("archivist")
    page, clip = fresh.browser("chief"), fresh.clip("first")
    fresh.archive.ledger.close()
    asks = [
        (north, f"{clip}/original"),
        (north, f"{clip}/renditions/poster"),
        (north, f"{clip}/proof"),
        (north, "/api/v1/clips"),
        (north, f"/api/v1/cases/{CASE}"),
        (page, f"/cases/{CASE}"),
        (page, f"/?case={CASE}"),
        (everybody, f"{clip}/original"),
        (north, fresh.clip("south")),
    ]
    for client, path in asks:
        answer = client.get(path)
        assert answer.status_code >= 500, path
        assert fresh.ids["first"] not in answer.text, path
        assert len(answer.content) < 5000, path
