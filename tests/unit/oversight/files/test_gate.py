"""R3 and R12 together: 决定 is entered through the gate of legal review, at the day that it is dated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.casefiles.stages import Entering
from oversight.files import acting
from oversight.legal.errors import ReviewNeededError
from oversight.legal.rounds import answer, request, take
from tests.unit.oversight.legal.made import ACTOR, Bureau, make_bureau


def decide(bureau: Bureau, number: str, at: datetime) -> None:
    """Enter the decision."""
    acting.enter(bureau.archive, number, Entering(stage="decision", at=at), actor=ACTOR)


def test_r12_a_major_case_is_not_decided_before_its_review_agreed(tmp_path: Path) -> None:
    bureau = make_bureau(tmp_path / "root")
    try:
        number, ids = bureau.case("wang"), bureau.ids
        bureau.row(number)
        begun = datetime.now(UTC)
        for hours, stage in ((3, "initiation"), (2, "investigation")):
            entering = Entering(stage=stage, at=begun - timedelta(hours=hours))  # type: ignore[arg-type]
            acting.enter(bureau.archive, number, entering, actor=ACTOR)
        with pytest.raises(ReviewNeededError):
            decide(bureau, number, begun)
        row = request(bureau.archive, number, actor=ids["@wang"], officer=ids["wang"])
        take(bureau.archive, row.id, actor=ids["@fa"], reviewer=ids["fa"])
        said = bureau.answer(number)
        answer(bureau.archive, row.id, said, actor=ids["@fa"], reviewer=ids["fa"])
        with pytest.raises(ReviewNeededError, match="before"):
            decide(bureau, number, begun)
        stages = [s.stage for s in bureau.archive.catalogue.stages(bureau.row(number).id)]
        assert stages == ["initiation", "investigation"]
        decide(bureau, number, datetime.now(UTC))
        file = bureau.archive.catalogue.case_file(bureau.row(number).id)
        assert file is not None
        assert file.stage == "decision"
    finally:
        bureau.archive.close()
