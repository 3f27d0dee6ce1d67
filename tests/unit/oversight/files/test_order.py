"""R3 as a property: whatever is tried in whatever order, what was entered is a way that the rules allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from archive.casefiles.errors import StageOrderError, StageTimeError
from archive.casefiles.filing import utc_text
from archive.casefiles.order import STAGES
from archive.casefiles.stages import Entering, check_order
from archive.catalogue.file_queries import StageRow
from archive.catalogue.times import microseconds

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TRIES = st.lists(
    st.tuples(st.sampled_from(STAGES), st.integers(0, 30), st.sampled_from(["", "  ", "补正"])),
    max_size=20,
)


def row(index: int, entering: Entering) -> StageRow:
    """An entry that says so."""
    return StageRow(
        index=index,
        case_id="case-1",
        stage=entering.stage,
        at=utc_text(entering.at),
        at_us=microseconds(entering.at),
        document=None,
        reason=entering.reason,
        actor="local-0",
        said_at=utc_text(entering.at),
    )


@given(tries=TRIES, needed=st.frozensets(st.sampled_from(STAGES)))
def test_r3_no_order_of_tries_skips_a_stage_or_goes_back_in_silence(
    tries: list[tuple[str, int, str]], needed: frozenset[str]
) -> None:
    entered: list[StageRow] = []
    for stage, days, reason in tries:
        entering = Entering(stage=stage, at=BEGIN + timedelta(days=days), reason=reason)  # type: ignore[arg-type]
        try:
            check_order(entering, entered, needed)  # type: ignore[arg-type]
        except (StageOrderError, StageTimeError):
            continue
        entered.append(row(len(entered), entering))
    order = {stage: place for place, stage in enumerate(STAGES)}
    for n, one in enumerate(entered):
        before = {r.stage for r in entered[:n]}
        assert {s for s in needed if order[s] < order[one.stage]} <= before  # type: ignore[index]
        assert "conclusion" not in before
        if n and not (one.reason or "").strip():
            last = entered[n - 1]
            assert order[one.stage] > order[last.stage]  # type: ignore[index]
            assert one.at_us >= last.at_us
