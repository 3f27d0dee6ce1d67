"""What the service does for the public by itself; and any order of steps, beside a model of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.settings.model import PublicSettings
from oversight.publication import site, steps
from oversight.publication.errors import PublicationError
from oversight.publication.keeping import keep
from oversight.publication.looking import need
from oversight.publication.public_db import FOLDER, looking
from oversight.publication.steps import Checking
from tests.unit.oversight.publication.press import CHECKER, HEAD, Press

AWAY = "http://127.0.0.1:9/feed"
# From which states a step is taken, and to which it leads.
NEXT: dict[str, tuple[frozenset[str], str]] = {
    "check": (frozenset({"proposed", "checked"}), "checked"),
    "approve": (frozenset({"checked"}), "published"),
    "decline": (frozenset({"proposed", "checked"}), "declined"),
    "withdraw": (frozenset({"proposed", "checked", "published"}), "withdrawn"),
    "expire": (frozenset({"published"}), "expired"),
}


def test_the_service_ends_writes_and_pushes_and_a_platform_that_is_away_stops_nothing(
    press: Press,
) -> None:
    now = datetime.now(UTC)
    row = press.published(press.case())
    before = press.archive.settings
    press.archive.settings = replace(before, public=PublicSettings(platform=AWAY))
    try:
        first = keep(press.archive, now)
        assert (first.expired, first.written, first.pushed) == (0, 1, None)
        assert first.failed
        assert keep(press.archive, now).failed is None  # it is asked again only after a while
        late = keep(press.archive, now + timedelta(days=4 * 366))
        assert (late.expired, late.written) == (1, 1)
        assert late.failed
    finally:
        press.archive.settings = before
    assert need(press.archive, row.id).state == "expired"
    assert keep(press.archive, now).written == 0


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(taken=st.lists(st.sampled_from([*NEXT, "revoke"]), max_size=7))
def test_any_order_of_steps_ends_where_the_model_ends_and_only_the_published_is_told(
    press: Press, taken: list[str]
) -> None:
    number = press.case()
    id_, model, revoked = press.proposed(number).id, "proposed", False
    for name in taken:
        if name == "revoke":
            if not revoked:
                press.revoke(number)
            revoked = True
            continue
        _take(press, id_, name)
        froms, to = NEXT[name]
        if model in froms and not (name == "approve" and revoked):
            model = to
        row = need(press.archive, id_)
        assert row.state == model
    site.write(press.archive)
    with looking(press.archive.root / FOLDER) as db:
        told = db.execute("SELECT record FROM records WHERE publication = ?", (id_,)).fetchone()
    assert (told is not None and told["record"] is not None) == (model == "published")


def _take(press: Press, id_: str, name: str) -> None:
    archive = press.archive
    with suppress(PublicationError):
        match name:
            case "check":
                steps.check(archive, id_, Checking(), actor=CHECKER)
            case "approve":
                steps.approve(archive, id_, actor=HEAD)
            case "decline":
                steps.decline(archive, id_, actor=HEAD, reason="不予公示")
            case "withdraw":
                steps.withdraw(archive, id_, actor=HEAD, why="error", reason="有误")
            case _:
                steps.expire(archive, date(2999, 1, 1), actor="station-1")
