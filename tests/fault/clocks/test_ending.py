"""What ends by itself ends, whatever somebody does to the clock: sessions, grants, half-done sign-ins, waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
import pytest

from api.approval.grants import Grants
from api.errors import TooManyTriesError
from api.identity.accounts import Accounts
from api.identity.kept_tokens import NewToken
from api.identity.tries import PER_PEER_HARD, WINDOW, Tries
from api.steady import BRIDGED, MOST, SteadyClock
from archive.catalogue.request_queries import RequestRow
from archive.settings.model import IdentitySettings
from tests.api.world import World, make_world
from tests.fault.lab.runs import Lab

HOUR, DAY = 3600.0, 86_400.0
NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z
SHIFTS = {"back by five hours": -5 * HOUR, "back to 1970": -NOW, "forward to 2106": 80 * 365 * DAY}


@dataclass(slots=True)
class Clocks:
    """A time of day that is set, beside one that runs."""

    wall: float = NOW
    running: float = 1000.0

    def pass_by(self, seconds: float) -> None:
        """Time goes by on both."""
        self.wall += seconds
        self.running += seconds

    def now(self) -> float:
        """The time of day."""
        return self.wall

    def steady(self, at_least: float = 0.0) -> SteadyClock:
        """A new process's."""
        return SteadyClock(at_least=at_least, wall=self.now, running=lambda: self.running)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Accounts whose clock a test sets."""
    made = make_world(tmp_path / "root")
    made.accounts.settings = IdentitySettings()
    yield made
    made.close()


@pytest.mark.parametrize("what", SHIFTS)
def test_no_session_outlives_a_clock_that_was_set(lab: Lab, world: World, what: str) -> None:
    clocks = Clocks()
    world.accounts.clock = clocks.now
    account = world.users["chief"]
    with lab.row(area="clocks", fault=f"clock set {what}", how="a session that is open") as row:
        token, _ = world.accounts.open_session(account)
        clocks.pass_by(60)
        assert world.accounts.session(token) is not None
        clocks.wall += SHIFTS[what]
        assert world.accounts.session(token) is None
        assert world.accounts.sessions_of(account.id) == []
        again, _ = world.accounts.open_session(account)
        assert world.accounts.session(again) is not None
        row.saw("over at once; a new sign-in is good")


def test_a_clock_that_is_kept_right_by_small_steps_ends_no_session(world: World) -> None:
    clocks = Clocks()
    world.accounts.clock = clocks.now
    token, _ = world.accounts.open_session(world.users["chief"])
    clocks.wall -= 90
    assert world.accounts.session(token) is not None


def test_a_half_done_sign_in_does_not_last_longer_because_the_clock_was_set_back(
    world: World,
) -> None:
    clocks = Clocks()
    world.accounts.clock = clocks.now
    token = world.accounts.begin_step(
        world.users["chief"], stage="code", by="password", peer="192.0.2.1"
    )
    assert world.accounts.step(token, peer="192.0.2.1") is not None
    clocks.wall -= HOUR
    assert world.accounts.step(token, peer="192.0.2.1") is None


def test_a_code_is_taken_again_after_a_clock_was_years_ahead_and_never_twice(world: World) -> None:
    clocks = Clocks()
    world.accounts.clock = clocks.now
    account = world.users["chief"]
    totp = pyotp.TOTP(world.accounts.begin_factor(account))
    world.accounts.confirm_factor(account, totp.at(int(clocks.wall)))
    clocks.wall += 80 * 365 * DAY
    assert world.accounts.check_code(account, totp.at(int(clocks.wall)))
    clocks.wall = NOW + 60
    assert world.accounts.check_code(account, totp.at(int(clocks.wall)))
    assert not world.accounts.check_code(account, totp.at(int(clocks.wall)))
    clocks.wall -= HOUR  # codes of the last hour may have been seen by somebody
    assert not world.accounts.check_code(account, totp.at(int(clocks.wall)))


def test_nobody_waits_for_years_because_wrong_tries_were_made_while_the_clock_was_ahead(
    world: World,
) -> None:
    clocks = Clocks()
    tries = Tries(world.accounts, clock=clocks.now)
    clocks.wall += 80 * 365 * DAY
    for n in range(PER_PEER_HARD):
        tries.begin(name=f"somebody {n}", peer="192.0.2.9")
    with pytest.raises(TooManyTriesError) as refused:
        tries.begin(name="chief", peer="192.0.2.9")
    assert 0 < refused.value.retry_after <= WINDOW
    clocks.wall = NOW
    tries.begin(name="chief", peer="192.0.2.9")


@dataclass(slots=True)
class OneGrant:
    """What the catalogue and the look at the ledger say: one grant."""

    row: RequestRow
    version: int = 1
    asked: list[str] = field(default_factory=list)

    def granted(self, account: str) -> list[RequestRow]:
        """The one."""
        self.asked.append(account)
        return [self.row]

    def request_opens(self, requests: list[str], ingested_index: int) -> str | None:
        """Anything."""
        return requests[0] if ingested_index else None


def one_grant(*, given: str, until: str, until_us: int) -> OneGrant:
    """A grant, as the catalogue has it."""
    nothing = dict.fromkeys(
        (
            *("case_id", "reason", "body", "sought", "decided_actor", "decided_reason", "ended_at"),
            *("ended_why", "ended_actor", "ended_reason", "reviewed_at", "reviewed_actor"),
            *("reviewed_outcome", "reviewed_reason"),
        )
    )
    row = RequestRow(
        **nothing,  # type: ignore[arg-type]  # all of these may be None
        id="request-1",
        index=1,
        requested_at=given,
        actor="account-1",
        account="account-1",
        unit_id="unit-1",
        rule="r",
        policy="p",
        decided_by="head",
        purpose="investigation",
        until=until,
        state="granted",
        granted_by="head",
        granted_until=until,
        granted_until_us=until_us,
        upto=1,
        decided_index=2,
        decided_at=given,
    )
    return OneGrant(row)


def test_a_grant_that_is_over_does_not_come_back_to_life(lab: Lab) -> None:
    asked = one_grant(  # an hour from NOW
        given="2027-01-15T08:00:00.000000Z",
        until="2027-01-15T09:00:00Z",
        until_us=int((NOW + HOUR) * 1e6),
    )
    with lab.row(area="clocks", fault="clock set", how="a grant of one hour") as row:
        for shift in (-5 * HOUR, -1.5 * HOUR, -NOW):
            clocks = Clocks()
            grants = Grants(asked, asked, clock=clocks.steady())
            assert grants.active("account-1")
            clocks.pass_by(2 * HOUR)
            assert not grants.active("account-1")
            clocks.wall += shift
            assert not grants.active("account-1")
            row.saw("over, and stays over when the clock is set back")
            # A new process: the newest entry is from when the clock was right.
            later = Grants(asked, asked, clock=clocks.steady(at_least=NOW + 2 * HOUR))
            assert not later.active("account-1")
            row.saw("over, also for a process that starts then")


def test_a_clock_that_was_ahead_for_a_while_ends_for_good_what_somebody_looked_at_and_nothing_else() -> (
    None
):
    asked, other = (
        one_grant(
            given="2027-01-15T08:00:00.000000Z",
            until="2027-01-15T09:00:00Z",
            until_us=int((NOW + HOUR) * 1e6),
        )
        for _ in range(2)
    )
    clocks = Clocks()
    clock = clocks.steady()
    grants, unseen = Grants(asked, asked, clock=clock), Grants(other, other, clock=clock)
    clocks.wall += 80 * 365 * DAY
    assert not grants.active("account-1")
    clocks.wall = NOW
    assert not grants.active("account-1")
    assert unseen.active("account-1")
    # Nor does an entry from then count for whoever starts later.
    assert clocks.steady(at_least=NOW + MOST + DAY)() == NOW


def test_a_process_that_began_while_the_clock_was_ahead_comes_back_to_it_within_an_hour() -> None:
    clocks = Clocks(wall=NOW + 400 * DAY)
    clock = clocks.steady()
    clock()
    clocks.wall = NOW
    assert clock() == NOW + 400 * DAY, "what ended until now is written down first"
    clocks.pass_by(BRIDGED + 1)
    assert clock() == clocks.wall
    clocks.wall -= 2 * HOUR  # and the same again
    assert clock() > clocks.wall + HOUR


def test_a_token_that_was_over_stays_over_for_every_process(lab: Lab, world: World) -> None:
    clocks = Clocks()
    with lab.row(area="clocks", fault="clock set back", how="a token of one day") as row:
        for looked in ("used", "swept"):
            world.accounts.clock = clocks.now
            account = world.users["chief"]
            new = NewToken(name="x", days=1, networks=("192.0.2.0/24",), rights=None)
            token = world.accounts.make_token(
                account, new, id=f"token-{looked}", expires=clocks.wall + DAY
            )
            assert world.accounts.session(token) is not None
            clocks.pass_by(40 * DAY)
            if looked == "used":
                assert world.accounts.session(token) is None
                clocks.wall -= 40 * DAY - HOUR
                assert world.accounts.session(token) is None
                clocks.wall += 40 * DAY
            world.accounts.end_by_time()
            clocks.wall -= 40 * DAY
            later = Accounts(world.archive.root / "accounts.db", clock=clocks.now)
            try:
                assert later.session(token) is None
                assert later.tokens_of(account.id) == []
            finally:
                later.close()
            row.saw(
                "over, and stays over when the clock is set back, also for a process that starts then"
            )


def test_an_idle_session_and_a_grant_that_were_seen_to_be_over_stay_over_for_every_process(
    world: World,
) -> None:
    clocks = Clocks()
    world.accounts.clock = clocks.now
    token, _ = world.accounts.open_session(world.users["chief"])
    asked = one_grant(
        given="2027-01-15T08:00:00.000000Z",
        until="2027-01-15T09:00:00Z",
        until_us=int((NOW + HOUR) * 1e6),
    )
    grants = Grants(asked, asked, kept=world.accounts, clock=clocks.steady())
    grants.look(["account-1"])
    assert grants.active("account-1")
    clocks.pass_by(60 * DAY)
    world.accounts.end_by_time()
    grants.look(["account-1"])
    clocks.wall -= 60 * DAY
    assert world.accounts.session(token) is None
    later = Grants(asked, asked, kept=world.accounts, clock=clocks.steady(NOW + 60 * DAY))
    assert not later.active("account-1")
