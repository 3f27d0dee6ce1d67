"""What is secret stays so: no password, token or code in the log, the ledger, or the figures, whatever was asked."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import reduce

import pytest
import structlog

from api.serving import log_to
from tests.api.strangers.walking import addresses, routes
from tests.api.world import ORIGIN, make_world

CANARY = "Canary-7f3a-secret"
BODY = {
    "user": "chief",
    "password": CANARY,
    "new_password": CANARY,
    "new": CANARY,
    "code": CANARY,
    "reason": "r",
    "decision": "confirm",
}
_ENDLESS = "/api/v1/station/events"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the service writes, as it writes it when it is served."""
    before, stream = structlog.get_config(), io.StringIO()
    log_to(stream)
    yield stream
    structlog.configure(**before)


@pytest.mark.slow
def test_no_secret_is_in_log_ledger_or_figures(
    tmp_path_factory: pytest.TempPathFactory, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path_factory.mktemp("secrets") / "root")
    names, tokens = addresses(world), []
    for method, route in routes(world):
        if route == _ENDLESS:
            continue
        path = reduce(lambda text, pair: text.replace(*pair), names.items(), route)
        client = world.client("root" if "account" in path else "chief")
        tokens.append(client.headers["Authorization"].removeprefix("Bearer "))
        if method in {"GET", "HEAD"}:
            client.request(method, path, params={"code": CANARY, "state": CANARY, "token": CANARY})
        else:
            client.request(method, path, json=BODY, headers=ORIGIN)
            client.request(method, path, data=BODY, headers=ORIGIN)
    world.client().get("/api/v1/clips", headers={"Authorization": f"Bearer {CANARY}"})

    def bug(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(type(world.archive.catalogue), "find", bug)
        assert world.client("chief").get("/api/v1/clips").status_code == 500
    entries = b"".join(entry.raw for entry in world.archive.reader.entries())
    figures = world.client().get("/metrics").text
    world.close()
    said = log.getvalue()
    assert "unhandled error" in said, "the log is not the one that is looked at"
    for secret in (CANARY, *tokens):
        assert secret not in said
        assert secret.encode() not in entries
        assert secret not in figures
