"""Sessions in the ledger: opened before the token leaves, moved, ended with the reason; leavers are out at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from archive.errors import NoSpaceError
from archive.events import Event
from archive.ledger.entry import Entry
from archive.settings.model import IdentitySettings
from tests.api.world import BASE, ORIGIN, PASSWORD, Client, World

AGENT = {"User-Agent": "Browser of <b>Li</b> 12"}


def sign_in(world: World, peer: str = "192.0.2.5", user: str = "chief") -> tuple[Client, str]:
    """Somebody signed in at an address, by cookie."""
    client = world.at(peer)
    client.headers = dict(AGENT)
    answer = client.post("/api/v1/session", json={"user": user, "password": PASSWORD})
    assert answer.status_code == 201
    return client, answer.json()["session"]


def of_session(world: World, session: str) -> list[tuple[str, str | None]]:
    """What the ledger says of a session."""
    types = ("session.opened", "session.moved", "session.ended")
    found = [e for t in types for e in world.entries(t) if e.subject == session]
    return [(e.type, e.data.get("why")) for e in sorted(found, key=lambda e: e.index)]


def test_a_session_is_opened_and_ended_in_the_ledger_with_its_address_outside(fresh: World) -> None:
    client, session = sign_in(fresh)
    entry = fresh.entries("session.opened")[-1]
    assert (entry.subject, entry.data["by"]) == (session, "password")
    assert entry.actor == entry.data["account"] == fresh.users["chief"].id
    assert b"192.0.2.5" not in entry.raw
    assert b"Browser" not in entry.raw
    assert client.delete("/api/v1/session", headers=ORIGIN).status_code == 204
    assert of_session(fresh, session) == [("session.opened", None), ("session.ended", "signed_out")]
    assert client.get("/api/v1/account").status_code == 401


def test_a_session_that_moves_is_recorded_once_for_each_network(fresh: World) -> None:
    client, session = sign_in(fresh, "2001:db8:1:2::1")
    for peer in ("2001:db8:1:2::ffff", "198.51.100.1", "198.51.100.1", "2001:db8:1:2::1"):
        elsewhere = fresh.at(peer)
        elsewhere.cookies = client.cookies
        assert elsewhere.get(fresh.clip("first")).status_code == 200
    assert [t for t, _ in of_session(fresh, session)] == ["session.opened", "session.moved"]


def test_where_sessions_are_bound_a_stolen_one_ends_for_both(fresh: World) -> None:
    fresh.accounts.settings = IdentitySettings(bind_network=True)
    client, session = sign_in(fresh)
    thief = fresh.at("198.51.100.1")
    thief.cookies = client.cookies
    assert thief.get(fresh.clip("first")).status_code == 401
    assert client.get(fresh.clip("first")).status_code == 401
    assert of_session(fresh, session)[-1] == ("session.ended", "moved")


def test_one_sees_where_one_is_signed_in_and_ends_the_others(fresh: World) -> None:
    client, here = sign_in(fresh)
    other, there = sign_in(fresh, "198.51.100.1")
    third, _ = sign_in(fresh, "198.51.100.2")
    stranger, strange = sign_in(fresh, user="wang")
    mine = client.get("/api/v1/account").json()["sessions"]
    assert {s["address"] for s in mine} == {"192.0.2.5", "198.51.100.1", "198.51.100.2"}
    assert [s["session"] for s in mine if s["this"]] == [here]
    assert client.delete(f"/api/v1/account/sessions/{strange}", headers=ORIGIN).status_code == 404
    assert client.delete(f"/api/v1/account/sessions/{there}", headers=ORIGIN).status_code == 204
    assert other.get("/api/v1/account").status_code == 401
    assert client.delete("/api/v1/account/sessions", headers=ORIGIN).status_code == 204
    assert third.get("/api/v1/account").status_code == 401
    assert client.get("/api/v1/account").status_code == 200
    assert stranger.get("/api/v1/account").status_code == 200
    assert of_session(fresh, there)[-1] == ("session.ended", "revoked")


def test_a_password_of_ones_own_takes_the_old_one_and_ends_the_other_sessions(fresh: World) -> None:
    client, _ = sign_in(fresh)
    other, there = sign_in(fresh, "198.51.100.1")
    new = "quite another password"
    for body in ({"old": "wrong one", "new": new}, {"old": PASSWORD, "new": "short"}):
        answer = client.request("PUT", "/api/v1/account/password", json=body, headers=ORIGIN)
        assert (answer.status_code, answer.json()["code"]) == (422, "P032")
    body = {"old": PASSWORD, "new": new}
    answer = client.request("PUT", "/api/v1/account/password", json=body, headers=ORIGIN)
    assert answer.status_code == 204
    assert client.get("/api/v1/account").status_code == 200
    assert other.get("/api/v1/account").status_code == 401
    assert of_session(fresh, there)[-1] == ("session.ended", "password")
    assert fresh.entries("account.password_set")[-1].actor == fresh.users["chief"].id
    tried = fresh.client().post("/api/v1/session", json={"user": "chief", "password": PASSWORD})
    assert tried.status_code == 401


def test_a_leaver_is_out_at_once_when_another_process_says_so(fresh: World) -> None:
    client, session = sign_in(fresh)
    assert client.get(fresh.clip("first")).status_code == 200
    root = str(fresh.archive.root)
    command = [sys.executable, "-m", "muniment", "--root", root, "user", "disable", "chief"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert client.get(fresh.clip("first")).status_code == 401
    assert of_session(fresh, session)[-1] == ("session.ended", "disabled")


def full(events: Sequence[Event]) -> list[Entry]:
    """A ledger on a disk without room."""
    del events
    raise NoSpaceError("the disk is full")


def test_where_the_entry_cannot_be_written_nobody_is_signed_in(fresh: World) -> None:
    service = fresh.app.service  # type: ignore[attr-defined]
    right, service.recording._append_all = service.recording._append_all, full
    client = fresh.client()
    for _ in range(2):
        answer = client.post("/api/v1/session", json={"user": "chief", "password": PASSWORD})
        assert answer.status_code == 507
        assert "set-cookie" not in answer.headers
    assert fresh.accounts.sessions_of(fresh.users["chief"].id) == []
    service.recording._append_all = right
    assert sign_in(fresh)[0].get("/api/v1/account").status_code == 200


def test_what_ended_while_the_disk_was_full_is_said_later(fresh: World) -> None:
    client, session = sign_in(fresh)
    kept = fresh.archive.ledger.append

    def refuse(*_: object) -> list[Entry]:
        raise NoSpaceError("the disk is full")

    fresh.archive.ledger.append = refuse  # type: ignore[method-assign,assignment]
    assert client.delete("/api/v1/session", headers=ORIGIN).status_code == 507
    assert client.get("/api/v1/account").status_code == 401  # over all the same
    fresh.archive.ledger.append = kept  # type: ignore[method-assign]
    sign_in(fresh)
    assert of_session(fresh, session)[-1] == ("session.ended", "signed_out")


def test_no_secret_is_in_the_log_of_a_fault(
    fresh: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import structlog

    from api.serving import log_to

    before = structlog.get_config()
    with (tmp_path / "log").open("w") as log:
        log_to(log)
        try:
            service = fresh.app.service  # type: ignore[attr-defined]
            service.recording._append_all = lambda _: 1 / 0
            client = TestClient(fresh.app, base_url=BASE, raise_server_exceptions=False)
            body = {"user": "chief", "password": PASSWORD, "code": "314159"}
            headers = {"Authorization": "Bearer secret-of-a-session"}
            assert client.post("/api/v1/session", json=body, headers=headers).status_code == 500
        finally:
            structlog.configure(**before)
    said = (tmp_path / "log").read_text() + "".join(capsys.readouterr())
    assert "ZeroDivisionError" in said
    for secret in (PASSWORD, "314159", "secret-of-a-session"):
        assert secret not in said


def test_an_account_that_is_guessed_at_raises_an_alarm_and_an_unknown_one_none(
    fresh: World,
) -> None:
    for user in ("chief", "nobody-here"):
        guesser = fresh.at(f"192.0.2.{len(user)}")
        for n in range(12):
            body = {"user": user, "password": f"guess {n:03}"}
            last = guesser.post("/api/v1/session", json=body)
        assert last.status_code == 429
    sign_in(
        fresh, user="archivist"
    )  # the alarm is raised beside the answer: a round of the ledger later it is there
    alarms = [e for e in fresh.entries("alarm.raised") if e.data["code"] == "account_locked"]
    assert {e.subject for e in alarms} == {fresh.users["chief"].id}
    assert len(alarms) == 1
