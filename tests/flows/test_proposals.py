"""Footage that arrives is proposed for the case that waits for it; a broken rule book holds no docking up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import cases
from archive.opening import open_archive
from flows import stages
from oversight.linking.book import NAME


def test_clips_of_a_docking_are_proposed_for_the_case_that_waits_once(
    root: Path, docking: str
) -> None:
    now = datetime.now(UTC)
    with open_archive(root, write=True) as archive:
        cases.open_case(
            archive,
            actor="local-0",
            number="7",
            unit=archive.settings.unit,
            from_=now - timedelta(hours=1),
            to=now + timedelta(hours=1),
        )
        (root / NAME).write_text("format = 0\n")
        assert stages.finish(archive, docking) == []
        assert archive.catalogue.proposals() == []
        (root / NAME).unlink()
        clips = stages.secured(archive, docking)
        assert stages.link(archive, clips) == 0
        found = archive.catalogue.proposals()
        assert {row.clip for row in found} == set(clips)
        assert {row.rule for row in found} == {"unit-time"}
        assert stages.propose(archive, clips) == 0
