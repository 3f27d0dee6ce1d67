"""The embedded authority: its tokens are what others accept, its serials new, its times never go back."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rfc3161_client
from cryptography import x509

from archive.durable import Disk
from archive.errors import NotAnArchiveError
from archive.timestamps import asking, cms, der, names
from archive.timestamps.authority import Authority
from archive.timestamps.certificates import make_authority, make_folder
from archive.timestamps.checking import CheckedToken, check_token
from archive.timestamps.clock import Reading, host_clock
from archive.timestamps.embedded import EmbeddedAuthority
from archive.timestamps.errors import TokenError
from archive.timestamps.lease import ClockSetBackError, Lease
from archive.timestamps.names import FOLDER
from archive.timestamps.revocation import Revocation

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
MESSAGE = b"origin\n1\nroot\n"
IMPRINT = hashlib.sha256(MESSAGE).digest()


class Clock:
    """A clock that shows what it is told."""

    def __init__(self) -> None:
        self.milliseconds = int(NOW.timestamp() * 1000)
        self.synchronised = True

    def __call__(self) -> Reading:
        return Reading(milliseconds=self.milliseconds, synchronised=self.synchronised)


@pytest.fixture
def clock() -> Clock:
    return Clock()


Ask = Callable[..., bytes]


@contextmanager
def stamping(root: Path, clock: Clock, *, require_sync: bool = False) -> Iterator[Ask]:
    """Ask an authority in this process; the answer."""
    pair = make_authority(root, now=NOW)
    with Lease(root / FOLDER, clock, Disk()) as lease:
        authority = Authority(pair, lease, require_sync=require_sync)

        def ask(
            imprint: bytes = IMPRINT,
            *,
            algorithm: str = names.SHA256,
            nonce: int | None = None,
            policy: str | None = None,
            certificates: bool = True,
        ) -> bytes:
            request = asking.Request(
                imprint=asking.imprint_of(imprint, algorithm),
                policy=policy,
                nonce=nonce,
                certificates=certificates,
            )
            return authority.respond(asking.encode_request(request))

        yield ask


@pytest.fixture
def ask(tmp_path: Path, clock: Clock) -> Iterator[Ask]:
    with stamping(tmp_path, clock) as ask:
        yield ask


def checked(root: Path, answer: bytes, imprint: bytes = IMPRINT) -> CheckedToken:
    folder = root / FOLDER
    return check_token(
        asking.decode_answer(answer),
        imprint=imprint,
        ca=(folder / "ca.pem").read_bytes(),
        chain=(folder / "tsa.pem").read_bytes(),
        revocation=(Revocation(kind="crl", der=(folder / "ca.crl").read_bytes()),),
    )


def refusal(answer: bytes) -> str:
    with pytest.raises(TokenError) as refused:
        asking.decode_answer(answer)
    assert refused.value.code == "refused"
    return refused.value.reason


def openssl(*arguments: str | Path) -> str:
    run = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    return run.stdout + run.stderr


@pytest.mark.parametrize(
    ("algorithm", "digest"), [(n, d) for n, d in names.DIGEST_NAMES.items() if d != "sha384"]
)
def test_openssl_accepts_a_token(tmp_path: Path, ask: Ask, algorithm: str, digest: str) -> None:
    imprint = hashlib.new(digest, MESSAGE).digest()
    (tmp_path / "answer").write_bytes(ask(imprint, algorithm=algorithm, nonce=1 << 63))
    said: list[str | Path] = [
        "-CAfile",
        tmp_path / FOLDER / "ca.pem",
        "-attime",
        str(int(NOW.timestamp())),
    ]
    forms: tuple[list[str], ...] = ([], ["-token_in"])
    for form in forms:
        if form:
            token = asking.decode_answer((tmp_path / "answer").read_bytes())
            (tmp_path / "answer").write_bytes(token)
        wrong = bytes(len(imprint))
        verify: list[str | Path] = ["ts", "-verify", "-in", tmp_path / "answer", *form, *said]
        assert "Verification: OK" in openssl(*verify, "-digest", imprint.hex())
        assert "Verification: FAILED" in openssl(*verify, "-digest", wrong.hex())


def test_rfc3161_client_accepts_an_answer(tmp_path: Path, ask: Ask) -> None:
    root = x509.load_pem_x509_certificate((tmp_path / FOLDER / "ca.pem").read_bytes())
    verifier = (
        rfc3161_client.VerifierBuilder()
        .add_root_certificate(root)
        .nonce(77)
        .policy_id(x509.ObjectIdentifier(names.POLICY_SYNCHRONISED))
        .build()
    )
    answer = rfc3161_client.decode_timestamp_response(ask(nonce=77))
    assert verifier.verify(answer, IMPRINT)
    assert verifier.verify_message(answer, MESSAGE)
    with pytest.raises(rfc3161_client.VerificationError):
        verifier.verify(answer, bytes(32))


def test_a_token_has_what_was_asked_for_and_what_the_clock_showed(
    tmp_path: Path, clock: Clock, ask: Ask
) -> None:
    clock.milliseconds += 120
    found = checked(tmp_path, ask(nonce=3, policy=names.POLICY_SYNCHRONISED))
    assert found.time == NOW + timedelta(milliseconds=120)
    assert (found.policy, found.accuracy_ms) == (names.POLICY_SYNCHRONISED, 1000)
    assert found.revocation is None
    assert "issued by this agency itself" in found.signer
    assert "本机关自签" in found.signer
    info = cms.parse_token(asking.decode_answer(ask(nonce=3))).info
    assert info.nonce == 3
    assert cms.parse_token(asking.decode_answer(ask(certificates=False))).certificates == ()


def test_a_clock_that_nobody_keeps_in_step_is_said_by_policy_and_has_no_accuracy(
    tmp_path: Path, clock: Clock, ask: Ask
) -> None:
    clock.synchronised = False
    found = checked(tmp_path, ask())
    assert (found.policy, found.accuracy_ms) == (names.POLICY_UNSYNCHRONISED, None)
    assert names.POLICY_UNSYNCHRONISED in refusal(ask(policy=names.POLICY_SYNCHRONISED))


def test_it_refuses_without_a_synchronised_clock_where_that_is_required(
    tmp_path: Path, clock: Clock
) -> None:
    with stamping(tmp_path, clock, require_sync=True) as ask:
        assert checked(tmp_path, ask()).accuracy_ms == 1000
        clock.synchronised = False
        assert "time source is not available" in refusal(ask())


def test_requests_that_are_none_are_refused(ask: Ask) -> None:
    assert "under" in refusal(ask(policy="1.2.3"))
    assert "unknown digest" in refusal(ask(bytes(20), algorithm=names.SHA1))
    assert "unknown digest" in refusal(ask(bytes(20)))
    assert "not permitted" in refusal(ask(nonce=-1))
    assert "not permitted" in refusal(ask(nonce=1 << 200))


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"GET / HTTP/1.1\r\n", b"\x02\x01\x01"])
def test_bytes_that_are_no_request_are_refused(tmp_path: Path, clock: Clock, data: bytes) -> None:
    pair = make_authority(tmp_path, now=NOW)
    with Lease(tmp_path / FOLDER, clock, Disk()) as lease:
        assert "malformed request" in refusal(Authority(pair, lease).respond(data))


def test_serials_are_new_across_restarts(tmp_path: Path, clock: Clock) -> None:
    serials = set()
    for _ in range(3):
        with stamping(tmp_path, clock) as ask:
            serials |= {checked(tmp_path, ask()).serial for _ in range(5)}
    assert len(serials) == 15
    assert max(serials).bit_length() <= 127


# Time never goes back


def test_a_clock_that_was_put_back_is_refused_until_it_has_caught_up(
    tmp_path: Path, clock: Clock
) -> None:
    with stamping(tmp_path, clock) as ask:
        last = checked(tmp_path, ask()).time
        clock.milliseconds -= 60_000
        assert "before the last token" in refusal(ask())
    with stamping(tmp_path, clock) as ask:
        assert "before the last token" in refusal(ask())
        clock.milliseconds += 60_000
        assert checked(tmp_path, ask()).time == last


@pytest.mark.parametrize("damaged", [None, b"", b"\xff soon\n", b"-5\n"])
def test_without_its_last_moment_the_ledgers_newest_token_is_the_bound(
    tmp_path: Path, clock: Clock, damaged: bytes | None
) -> None:
    folder = make_folder(tmp_path, Disk())
    if damaged is not None:
        (folder / "clock").write_bytes(damaged)
    newest = clock.milliseconds + 60_000
    with (
        Lease(folder, clock, Disk(), not_before=newest) as lease,
        pytest.raises(ClockSetBackError, match=r"60000 ms before the last token$"),
    ):
        lease.now()
    clock.milliseconds = newest
    with Lease(folder, clock, Disk(), not_before=newest) as lease:
        assert lease.now().milliseconds == newest


def test_a_last_moment_that_nobody_can_have_had_is_refused_with_what_to_do(
    tmp_path: Path, clock: Clock
) -> None:
    folder = make_folder(tmp_path, Disk())
    (folder / "clock").write_text("9" * 5000)
    with (
        Lease(folder, clock, Disk(), not_before=clock.milliseconds) as lease,
        pytest.raises(ClockSetBackError, match="remove that file"),
    ):
        lease.now()


def test_after_a_clean_end_nothing_is_waited_for(tmp_path: Path, clock: Clock) -> None:
    with stamping(tmp_path, clock) as ask:
        asking.decode_answer(ask())
    start = time.monotonic()
    with stamping(tmp_path, clock) as ask:
        asking.decode_answer(ask())
    assert time.monotonic() - start < 0.5


def request() -> bytes:
    return asking.encode_request(
        asking.Request(
            imprint=asking.imprint_of(IMPRINT), policy=None, nonce=None, certificates=True
        )
    )


def test_no_token_after_a_kill_is_below_one_before_it(tmp_path: Path) -> None:
    make_authority(tmp_path, now=datetime.now(UTC))
    with EmbeddedAuthority(tmp_path) as authority:
        before = [checked(tmp_path, authority.ask(request())) for _ in range(20)]
        os.kill(authority.pid, signal.SIGKILL)
        with pytest.raises(TokenError) as lost:
            authority.ask(request())
        assert lost.value.code == "unreachable"
    noted = int((tmp_path / FOLDER / "clock").read_text())
    assert noted >= int(before[-1].time.timestamp() * 1000)
    with EmbeddedAuthority(tmp_path) as authority:
        after = checked(tmp_path, authority.ask(request()))
    assert after.time >= before[-1].time
    assert int(after.time.timestamp() * 1000) >= noted
    assert after.serial not in {token.serial for token in before}


def test_two_at_once_take_turns(tmp_path: Path) -> None:
    make_authority(tmp_path, now=datetime.now(UTC))
    with EmbeddedAuthority(tmp_path) as one:
        first = checked(tmp_path, one.ask(request()))
        other = EmbeddedAuthority(tmp_path)
    with other:
        assert checked(tmp_path, other.ask(request())).time >= first.time


def test_its_process_ends_with_whoever_asked(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path;"
        "from archive.timestamps.embedded import EmbeddedAuthority;"
        "a = EmbeddedAuthority(Path(sys.argv[1])); print(a.pid, flush=True); time.sleep(60)"
    )
    asker = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with asker:
        assert asker.stdout is not None
        pid = int(asker.stdout.readline())
        asker.kill()
    end = time.monotonic() + 10
    while _runs(pid):
        assert time.monotonic() < end, "it outlived whoever started it"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_keeps_it_from_stamping_is_its_answer(tmp_path: Path) -> None:
    make_authority(tmp_path, now=datetime.now(UTC))
    (tmp_path / FOLDER / "ca.key").unlink()
    with EmbeddedAuthority(tmp_path) as authority:
        assert "ca.key is not its key" in refusal(authority.ask(request()))


def test_the_host_clock_says_whether_it_is_in_step() -> None:
    reading = host_clock()
    assert abs(reading.milliseconds - time.time() * 1000) < 1000
    assert isinstance(reading.synchronised, bool)


# Certificates


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    make_authority(tmp_path, now=NOW)
    folder = tmp_path / FOLDER
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {(folder / n).stat().st_mode & 0o777 for n in ("ca.key", "tsa.key")} == {0o600}


def test_a_certificate_is_made_anew_before_it_ages_and_earlier_tokens_stay_good(
    tmp_path: Path, clock: Clock
) -> None:
    with stamping(tmp_path, clock) as ask:
        early = ask()
        chain = checked(tmp_path, early).chain
    ca = (tmp_path / FOLDER / "ca.pem").read_bytes()
    soon = NOW + timedelta(days=3 * 365)
    make_authority(tmp_path, now=soon)
    assert (tmp_path / FOLDER / "tsa.pem").read_bytes() == chain
    later = NOW + timedelta(days=5 * 365)
    leaf = make_authority(tmp_path, now=later).certificate
    assert (tmp_path / FOLDER / "tsa.pem").read_bytes() != chain
    assert leaf.not_valid_after_utc > later + timedelta(days=5 * 365)
    assert (tmp_path / FOLDER / "ca.pem").read_bytes() == ca
    assert checked(tmp_path, early).chain == chain


def test_a_pair_that_does_not_fit_is_made_again(tmp_path: Path) -> None:
    first = make_authority(tmp_path, now=NOW)
    (tmp_path / FOLDER / "tsa.key").write_bytes((tmp_path / FOLDER / "ca.key").read_bytes())
    assert make_authority(tmp_path, now=NOW).certificate != first.certificate


def test_a_root_without_its_key_is_left_alone(tmp_path: Path) -> None:
    make_authority(tmp_path, now=NOW)
    (tmp_path / FOLDER / "ca.key").write_text("not a key")
    with pytest.raises(NotAnArchiveError, match=r"ca\.key"):
        make_authority(tmp_path, now=NOW)


def test_a_clock_before_the_certificate_gets_another_one(tmp_path: Path) -> None:
    make_authority(tmp_path, now=NOW)
    early = NOW - timedelta(days=900)
    leaf = make_authority(tmp_path, now=early).certificate
    assert leaf.not_valid_before_utc <= early


def test_the_list_of_revoked_certificates_is_made_anew_each_week(tmp_path: Path) -> None:
    path = tmp_path / FOLDER / "ca.crl"
    make_authority(tmp_path, now=NOW)
    first = path.read_bytes()
    make_authority(tmp_path, now=NOW + timedelta(days=6))
    assert path.read_bytes() == first
    make_authority(tmp_path, now=NOW + timedelta(days=8))
    assert path.read_bytes() != first


def test_signed_attributes_are_in_order(ask: Ask) -> None:
    signed = cms.parse_token(asking.decode_answer(ask())).signed
    found = [value.raw for value in der.read(signed).fields()]
    assert found == sorted(found)
    assert len(found) == 3
