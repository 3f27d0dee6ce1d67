"""Who is believed about who asks: the proxies of the settings, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.world import BASE, PASSWORD, World, make_world

PROXY = "192.0.2.80"
VISITOR = "198.51.100.7"
SIGN_IN = {"user": "chief", "password": PASSWORD}


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A service behind a proxy."""
    settings = f'proxies = ["{PROXY}/32", "127.0.0.1"]'
    made = make_world(tmp_path_factory.mktemp("proxied") / "root", settings=settings, url=BASE)
    yield made
    made.close()


def came_from(world: World, peer: str, told: dict[str, str]) -> str:
    """The address that the ledger has of a session that was opened so."""
    answer = world.at(peer).post("/api/v1/session", json=SIGN_IN, headers=told)
    assert answer.status_code == 201, answer.text
    account = world.accounts.sessions_of(world.users["chief"].id)
    return next(s.address or "" for s in account if s.id == answer.json()["session"])


@pytest.mark.parametrize(
    ("peer", "told", "address"),
    [
        (PROXY, {"X-Forwarded-For": VISITOR}, VISITOR),
        (PROXY, {"X-Forwarded-For": f"127.0.0.1, 10.9.9.9, {VISITOR}"}, VISITOR),
        (PROXY, {"X-Forwarded-For": f"10.9.9.9, {VISITOR}, 127.0.0.1"}, VISITOR),
        (PROXY, {"X-Forwarded-For": f"{VISITOR}:4711"}, VISITOR),
        (PROXY, {}, PROXY),
        ("203.0.113.9", {"X-Forwarded-For": VISITOR}, "203.0.113.9"),
        ("203.0.113.9", {"Forwarded": f"for={VISITOR}", "X-Real-IP": VISITOR}, "203.0.113.9"),
    ],
)
def test_only_a_proxy_of_the_settings_says_who_asks(
    behind: World, peer: str, told: dict[str, str], address: str
) -> None:
    assert came_from(behind, peer, told) == address


def test_without_proxies_in_the_settings_nobody_is_believed(world: World) -> None:
    assert came_from(world, "127.0.0.1", {"X-Forwarded-For": VISITOR}) == "127.0.0.1"


def test_the_origin_of_a_change_is_the_one_that_the_visitor_sees(behind: World) -> None:
    token, _ = behind.accounts.open_session(behind.accounts.by_name("chief"))
    told = {
        "Cookie": f"muniment_session={token}",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "localhost",
    }
    path, body = "/api/v1/searches", {"name": "n", "filters": {"kind": "video"}}
    right = behind.at(PROXY).post(path, json=body, headers=told | {"Origin": "https://localhost"})
    wrong = behind.at(PROXY).post(path, json=body, headers=told | {"Origin": "http://localhost"})
    elsewhere = behind.at("203.0.113.9").post(
        path, json=body, headers=told | {"Origin": "https://localhost"}
    )
    assert (right.status_code, wrong.status_code, elsewhere.status_code) == (201, 403, 403)


@pytest.mark.parametrize(
    "told",
    [
        {"X-Forwarded-For": "nobody"},
        {"X-Forwarded-Proto": "javascript"},
        {"X-Forwarded-Host": "evil.example"},
    ],
)
def test_what_a_proxy_cannot_mean_is_refused(behind: World, told: dict[str, str]) -> None:
    assert behind.at(PROXY).get("/healthz", headers=told).status_code == 400


def test_figures_stay_closed_to_what_came_through_a_proxy(behind: World) -> None:
    told = {"X-Forwarded-For": "127.0.0.1"}
    assert behind.at("127.0.0.1").get("/metrics", headers=told).status_code == 403
    assert behind.at("127.0.0.1").get("/metrics").status_code == 200
