"""How often one may ask: of each account, of each network, and never by asking otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.errors import TooOftenError
from api.outside.limits import Limits, kind_of
from tests.api.world import BASE, World, make_world


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three searches a minute."""
    made = make_world(
        tmp_path_factory.mktemp("narrow") / "root", settings="searches_a_minute = 3", url=BASE
    )
    yield made
    made.close()


def test_a_fourth_search_of_an_account_waits_and_is_not_in_the_ledger(narrow: World) -> None:
    made = len(narrow.entries("search.made"))
    for _ in range(3):  # another session each: it is the account that counts
        assert narrow.client("chief").get("/api/v1/clips").status_code == 200
    refused = narrow.client("chief").get("/api/v1/clips")
    assert (refused.status_code, refused.json()["code"]) == (429, "P080")
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert narrow.browser("chief").get("/").status_code == 429
    assert len(narrow.entries("search.made")) == made + 3
    assert narrow.client("wang").get("/api/v1/clips").status_code == 200
    assert narrow.client("chief").get("/api/v1/cases").status_code == 200


def test_a_bucket_fills_again_with_time_and_no_fuller_than_it_was() -> None:
    now = [0.0]
    limits = Limits({"stills": 6}, clock=lambda: now[0])

    def take(account: str, network: str = "n") -> bool:
        try:
            limits.take("stills", account=account, network=network)
        except TooOftenError:
            return False
        return True

    assert [take("a") for _ in range(7)] == [True] * 6 + [False]
    now[0] = 10.0
    assert [take("a"), take("a")] == [True, False]
    now[0] = 10_000.0
    assert [take("a") for _ in range(7)] == [True] * 6 + [False]
    # Four accounts' worth from one network, whoever asks.
    assert [take(f"other-{n}") for n in range(19)] == [True] * 18 + [False]
    assert take("far", network="m")


def test_a_kind_without_a_limit_is_never_refused() -> None:
    limits = Limits({"searches": 0})
    for _ in range(100):
        limits.take("searches", account="a", network="n")


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/", "searches"),
        ("GET", "/api/v1/clips", "searches"),
        ("POST", "/requests", "requests"),
        ("POST", "/api/v1/requests", "requests"),
        ("POST", "/api/v1/cases/2026%2F1/documents", "uploads"),
        ("POST", "/cases/1/documents", "uploads"),
        ("POST", "/api/v1/clips/clip-1/stills", "stills"),
        ("GET", "/api/v1/clips/clip-1/original", None),
        ("GET", "/api/v1/requests", None),
    ],
)
def test_what_a_request_counts_as(method: str, path: str, kind: str | None) -> None:
    assert kind_of(method, path) == kind
