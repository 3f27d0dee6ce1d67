"""Authorities outside: what they answer is believed only after every check, and they may not hold us up."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from archive.settings.model import AuthoritySettings
from archive.timestamps import asking, client, der
from archive.timestamps.client import Answer, ask_outside
from archive.timestamps.clock import Reading
from archive.timestamps.errors import TokenError
from archive.timestamps.fetching import Call, fetch
from tests.fakes.authorities import (
    DAY,
    NOW,
    POLICY,
    Forger,
    Page,
    answering,
    crl_of,
    new_ca,
    new_leaf,
    ocsp_of,
    serving,
)

LAB = Path(__file__).resolve().parents[2] / "lab" / "tsa" / "make_tsa.sh"
MESSAGE = b"origin\n1\nroot\n"
ROOT = new_ca()
FORGER = Forger(signer=new_leaf(ROOT))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy the machine has: these servers are on loopback."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    return {}


@pytest.fixture(scope="module")
def server(pages: dict[str, Page]) -> Iterator[str]:
    with serving(pages) as address:
        yield address


@pytest.fixture
def authority(server: str, pages: dict[str, Page], tmp_path: Path) -> AuthoritySettings:
    pages.clear()
    pages["/tsa"] = answering(FORGER)
    (tmp_path / "ca.pem").write_bytes(ROOT.pem)
    return AuthoritySettings(name="court", url=f"{server}/tsa", ca=tmp_path / "ca.pem")


def why_not(authority: AuthoritySettings) -> str:
    with pytest.raises(TokenError) as refused:
        ask_outside(authority, MESSAGE)
    return refused.value.code


def test_a_good_answer(authority: AuthoritySettings) -> None:
    found = ask_outside(replace(authority, policy=POLICY), MESSAGE)
    assert found.checked.imprint == hashlib.sha256(MESSAGE).digest()
    assert found.checked.policy == POLICY
    assert found.ca == ROOT.pem
    assert found.checked.revocation is not None  # its certificate names no list


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_an_authority_by_openssl(
    server: str, pages: dict[str, Page], tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "lab"
    subprocess.run([LAB, folder, kind], check=True, capture_output=True)

    def stamp(query: bytes) -> bytes:
        (folder / "q").write_bytes(query)
        command: list[str | Path] = [
            "openssl",
            "ts",
            "-reply",
            "-config",
            folder / "tsa.cnf",
            "-section",
            "answers",
        ]
        command += ["-queryfile", folder / "q", "-out", folder / "r"]
        subprocess.run(command, check=True, capture_output=True)
        return (folder / "r").read_bytes()

    pages["/lab"] = Page(body=stamp)
    lab = AuthoritySettings(name="lab", url=f"{server}/lab", ca=folder / "ca.pem")
    found = ask_outside(lab, MESSAGE)
    assert found.checked.signer == "CN=Lab stamps"
    assert found.checked.accuracy_ms == 1000
    # Its certificates stand in the token out of order, root included; none of that is believed or in the way.
    (folder / "token").write_bytes(found.token)
    verify: list[str | Path] = ["openssl", "ts", "-verify", "-token_in", "-in", folder / "token"]
    verify += ["-digest", found.checked.imprint.hex(), "-CAfile", folder / "ca.pem"]
    done = subprocess.run(verify, check=True, capture_output=True)
    assert b"Verification: OK" in done.stdout


# Lies


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"imprint": bytes(32)}, "imprint"),
        ({"nonce": 1}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"essence": False}, "certificate"),
        ({"moment": NOW + 4 * 365 * DAY}, "expired"),
    ],
)
def test_a_lying_authority(
    authority: AuthoritySettings, pages: dict[str, Page], wrong: dict[str, object], code: str
) -> None:
    pages["/tsa"] = answering(FORGER, **wrong)
    assert why_not(authority) == code


def test_another_policy_than_was_asked_for(
    authority: AuthoritySettings, pages: dict[str, Page]
) -> None:
    pages["/tsa"] = answering(FORGER, policy="1.2.3")
    assert why_not(replace(authority, policy=POLICY)) == "policy"
    assert ask_outside(authority, MESSAGE).checked.policy == "1.2.3"


def test_an_authority_of_another_root(authority: AuthoritySettings, pages: dict[str, Page]) -> None:
    foreign = new_ca()
    leaf = new_leaf(foreign)
    pages["/tsa"] = answering(Forger(signer=leaf, held=(leaf, foreign)))
    assert why_not(authority) == "chain"


def test_a_root_that_is_not_there(authority: AuthoritySettings) -> None:
    assert why_not(replace(authority, ca=authority.ca.with_name("gone.pem"))) == "root"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (der.sequence(der.sequence(der.integer(1))), "modified"),
        (der.sequence(der.sequence(der.integer(0))), "malformed"),
        (asking.encode_refused(asking.UNACCEPTED_POLICY, "not under that one"), "refused"),
        (b"", "malformed"),
        (b"\x30\x80", "malformed"),
    ],
)
def test_an_answer_without_a_token(
    authority: AuthoritySettings, pages: dict[str, Page], answer: bytes, code: str
) -> None:
    pages["/tsa"] = Page(body=lambda _: answer)
    assert why_not(authority) == code


def test_a_refusal_is_told_in_words(authority: AuthoritySettings, pages: dict[str, Page]) -> None:
    said = "closed\x1b[2J " + "on Sundays " * 40
    pages["/tsa"] = Page(body=lambda _: asking.encode_refused(asking.TIME_NOT_AVAILABLE, said))
    with pytest.raises(TokenError, match=r"closed .2J on Sundays") as refused:
        ask_outside(authority, MESSAGE)
    assert refused.value.reason.isprintable()
    assert len(refused.value.reason) < 300


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (Page(body=lambda _: b"<html>Welcome", kind="text/html; charset=utf-8"), "type"),
        (Page(body=lambda _: b"", status=500), "type"),
        (Page(body=lambda _: b"", status=302, headers={"Location": "/other"}), "redirected"),
        (Page(body=lambda _: bytes(70_000)), "too_large"),
        (Page(body=lambda _: b"", headers={"Content-Encoding": "gzip"}), "type"),
    ],
)
def test_an_answer_that_is_no_timestamp(
    authority: AuthoritySettings, pages: dict[str, Page], page: Page, code: str
) -> None:
    pages["/tsa"] = page
    assert why_not(authority) == code


def test_nobody_there(authority: AuthoritySettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert why_not(replace(authority, url=f"http://127.0.0.1:{port}/")) == "unreachable"
    assert why_not(replace(authority, url="http://nowhere.invalid/")) == "unreachable"


@pytest.mark.parametrize("page", [Page(body=lambda _: b"x", before=5), Page(body=bytes, drip=0.1)])
def test_a_slow_answer_ends_when_its_time_is_up(
    server: str, pages: dict[str, Page], page: Page
) -> None:
    pages["/slow"] = replace(page, body=lambda _: bytes(500))
    call = Call(url=f"{server}/slow", body=b"", sends=None, wants=frozenset(), most=1000)
    start = time.monotonic()
    with pytest.raises(TokenError) as refused:
        fetch(call, seconds=0.5)
    assert refused.value.code == "slow"
    assert time.monotonic() - start < 3


# Revocation data of the day


def with_pages(server: str, pages: dict[str, Page], **points: str) -> Forger:
    leaf = new_leaf(ROOT, **{name: f"{server}{path}" for name, path in points.items()})  # type: ignore[arg-type]
    pages["/tsa"] = answering(Forger(signer=leaf))
    return Forger(signer=leaf)


def ask(authority: AuthoritySettings) -> Answer:
    return ask_outside(authority, MESSAGE)


def test_a_list_is_fetched_and_kept(
    server: str, pages: dict[str, Page], authority: AuthoritySettings
) -> None:
    with_pages(server, pages, crl="/crl")
    pages["/crl"] = Page(body=lambda _: crl_of(ROOT), kind="application/pkix-crl")
    found = ask(authority)
    assert [item.kind for item in found.revocation] == ["crl"]
    assert found.checked.revocation is None


def test_a_certificate_on_the_list_stamps_nothing(
    server: str, pages: dict[str, Page], authority: AuthoritySettings
) -> None:
    forger = with_pages(server, pages, crl="/crl")
    pages["/crl"] = Page(body=lambda _: crl_of(ROOT, forger.signer))
    assert why_not(authority) == "revoked"


@pytest.mark.parametrize("body", [b"<html>", b""])
def test_a_list_that_cannot_be_had_is_told_and_keeps_no_time_away(
    server: str, pages: dict[str, Page], authority: AuthoritySettings, body: bytes
) -> None:
    with_pages(server, pages, crl="/crl")
    found = ask(authority)  # 404
    assert found.revocation == ()
    assert "not checked" in (found.checked.revocation or "")
    pages["/crl"] = Page(body=lambda _: body)
    assert ask(authority).revocation == ()


def test_without_a_list_the_responder_is_asked(
    server: str, pages: dict[str, Page], authority: AuthoritySettings
) -> None:
    forger = with_pages(server, pages, ocsp_at="/ocsp")
    kind = "application/ocsp-response"
    pages["/ocsp"] = Page(body=lambda _: ocsp_of(ROOT, forger.signer), kind=kind)
    found = ask(authority)
    assert [item.kind for item in found.revocation] == ["ocsp"]
    assert found.checked.revocation is None


def test_addresses_that_are_not_http_are_not_asked(
    pages: dict[str, Page], authority: AuthoritySettings
) -> None:
    pages["/tsa"] = answering(Forger(signer=new_leaf(ROOT, crl="file:///etc/hostname")))
    assert ask(authority).revocation == ()
    named = [f"{kind}://crl.invalid/x" for kind in ("https", "ldap", "http", "HTTP")]
    found = client._addresses([x509.UniformResourceIdentifier(url) for url in named])
    assert found == named[2:]


# Its clock and ours


@pytest.mark.parametrize("minutes", [-200 * 24 * 60, -11, 11, 2 * 24 * 60])
def test_a_time_far_from_ours_is_refused_where_our_clock_is_in_step_and_else_told(
    authority: AuthoritySettings, pages: dict[str, Page], minutes: int
) -> None:
    pages["/tsa"] = answering(FORGER, moment=NOW + timedelta(minutes=minutes))
    with pytest.raises(TokenError, match=f"is {abs(minutes)} minutes") as refused:
        ask_outside(authority, MESSAGE, clock=lambda: reading(synchronised=True))
    assert refused.value.code == "time"
    found = ask_outside(authority, MESSAGE, clock=lambda: reading(synchronised=False))
    assert found.apart is not None
    assert "one of the two is wrong" in found.apart


def test_a_time_near_ours_needs_no_word(
    authority: AuthoritySettings, pages: dict[str, Page]
) -> None:
    pages["/tsa"] = answering(FORGER, moment=NOW - timedelta(minutes=9))
    found = ask_outside(authority, MESSAGE, clock=lambda: reading(synchronised=True))
    assert found.apart is None


def reading(*, synchronised: bool) -> Reading:
    return Reading(milliseconds=int(NOW.timestamp() * 1000), synchronised=synchronised)
