"""What holds for every request: hosts, headers, bodies, problem documents, the ledger's files, health."""

from __future__ import annotations

import pytest

from api.edge import MOST_BODY
from tests.api.world import CASE, World


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("[::1]:8000", 200),
        ("192.0.2.7:8000", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("127.0.0.1:80:80", 400),
        ("", 400),
    ],
)
def test_only_our_own_names_are_answered(world: World, host: str, status: int) -> None:
    answer = world.client().get("/healthz", headers={"Host": host})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/healthz",
        "/sign-in",
        "/nowhere",
        "/api/v1/clips",
        "/static/style.css",
        "/ledger/checkpoint",
    ],
)
def test_every_answer_carries_the_security_headers(world: World, path: str) -> None:
    headers = world.client().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "P021"),
        ("GET", "/api/v1/nowhere", 404, "P021"),
        ("DELETE", "/healthz", 405, "P022"),
        ("POST", "/api/v1/clips", 405, "P022"),
        ("GET", "/api/v1/session", 405, "P022"),
        ("GET", "/static/../app.py", 404, "P021"),
        ("GET", "/static/..%2Fapp.py", 404, "P021"),
        ("GET", "/%ff", 400, "P001"),
    ],
)
def test_every_error_is_a_problem_document_with_our_code(
    world: World, method: str, path: str, status: int, code: str
) -> None:
    answer = world.client("chief").request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["code"] == code
    assert document["status"] == status
    assert set(document) == {"type", "title", "status", "detail", "code"}


def test_a_bug_is_a_problem_document_that_tells_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError("the secret place")

    monkeypatch.setattr(type(world.archive.catalogue), "find", bug)
    answer = world.client("chief").get("/api/v1/clips")
    assert (answer.status_code, answer.json()["code"]) == (500, "P050")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_body_past_the_limit_is_not_read(world: World) -> None:
    client = world.client("chief")
    answer = client.post("/api/v1/cases", content=b"x" * (MOST_BODY + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "P023")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 20_000,
        b'{"user": 1, "password": ["hunter2"]}',
        b'{"user": "a", "password": "hunter2\\ud800"}',
    ],
)
def test_a_malformed_body_is_refused_and_not_repeated(world: World, body: bytes) -> None:
    answer = world.client().post(
        "/api/v1/session", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) in {(400, "P001"), (422, "P024")}
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.1", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=10.0.0.1"}, 403),
        ("127.0.0.1", {"Host": "192.0.2.9"}, 400),
    ],
)
def test_metrics_are_for_this_machine_only(
    world: World, peer: str, headers: dict[str, str], status: int
) -> None:
    answer = world.at(peer).get("/metrics", headers=headers)
    assert answer.status_code == status
    if status == 200:
        assert "muniment_http_requests_total" in answer.text
        assert CASE not in answer.text
        assert "clip-" not in answer.text


def test_health_says_what_works(world: World) -> None:
    assert world.client().get("/healthz").text == "ok\n"
    ready = world.client().get("/readyz")
    assert ready.status_code == 200
    assert set(ready.json()["checks"].values()) == {"ok"}


def test_the_published_log_is_served_as_it_lies(world: World) -> None:
    folder = world.archive.root / "ledger"
    world.archive.ledger.publish()
    note = world.client().get("/ledger/checkpoint")
    assert note.content == (folder / "checkpoint").read_bytes()
    assert note.headers["content-type"] == "text/plain; charset=utf-8"
    size = int(note.text.splitlines()[1])
    tile = world.client().get(f"/ledger/tile/0/000.p/{size}")
    assert tile.content == (folder / "tile" / "0" / "000.p" / str(size)).read_bytes()
    assert tile.headers["content-type"] == "application/octet-stream"
    assert len(tile.content) == 32 * size
    bundle = world.client("archivist").get(f"/ledger/tile/entries/000.p/{size}")
    assert bundle.content == (folder / "tile" / "entries" / "000.p" / str(size)).read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/ledger/entries/000000000000",
        "/ledger/state",
        "/ledger/tile/0/../../state",
        "/ledger/tile/0/..%2F..%2Fstate",
        "/ledger/tile/0/000.p/0",
        "/ledger/tile/0/000.p/256",
        "/ledger/tile/00/000",
        "/ledger/tile/64/000",
        "/ledger/tile/0/1",
        "/ledger/tile/0/x1/000",
        "/ledger/tile/0",
        "/ledger/tile/0/",
    ],
)
def test_no_other_file_is_reached_through_the_log(world: World, path: str) -> None:
    assert world.client().get(path).status_code in {401, 404}
    assert world.client("archivist").get(path).status_code == 404


def test_the_openapi_document_names_every_route_and_the_problem(world: World) -> None:
    document = world.client().get("/api/v1/openapi.json").json()
    for path in (
        "/api/v1/session",
        "/api/v1/clips",
        "/api/v1/clips/{clip}/original",
        "/api/v1/cases/{number}/clips/{clip}",
        "/ledger/checkpoint",
        "/healthz",
    ):
        assert path in document["paths"]
    ids = [o["operationId"] for m in document["paths"].values() for o in m.values()]
    assert len(ids) == len(set(ids))
    assert "HTTPValidationError" not in str(document)
