"""A removal that no disposal founds is found by the audit, and so are bytes that an ended disposal took away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.audit import audit
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive
from archive.store.posix import path_of
from oversight.disposal.errors import OnePersonError
from oversight.disposal.named import Named
from tests.fakes.disposing import (
    ACTOR,
    OTHER,
    WHY,
    approved,
    carried,
    classify,
    ingest,
    new_archive,
    proposed,
)

FILES = {"one.mp4": b"one" * 100, "two.mp4": b"two" * 100}


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with new_archive(tmp_path / "archive") as found:
        yield found


@pytest.fixture
def clips(archive: Archive, tmp_path: Path) -> dict[str, str]:
    found = ingest(archive, tmp_path / "card", FILES)
    classify(archive, [found["one.mp4"]], "ordinary")
    return found


def original(archive: Archive, clip: str) -> str:
    row = archive.catalogue.clip(clip)
    assert row is not None
    return row.sha256


def forge(archive: Archive, clip: str, disposal: str, *removed: str) -> None:
    data = {"disposal": disposal, "removed": list(removed), "bytes": 1}
    done = Event(type="disposal.done", subject=clip, actor=OTHER, data=data)
    archive.record([done])
    for digest in removed:
        path_of(archive.root / "store", digest).unlink()
    archive.ledger.publish()
    archive.catalogue.catch_up()


def found(archive: Archive) -> list[str]:
    return sorted(f.code for f in audit(archive.root).findings)


def test_a_removal_without_a_disposal_is_found_and_what_it_took_is_missed(
    archive: Archive, clips: dict[str, str]
) -> None:
    forge(archive, clips["one.mp4"], new_id("disposal"), original(archive, clips["one.mp4"]))
    assert found(archive) == ["disposal_unfounded", "object_missing"]


def test_a_removal_before_anybody_approved_is_found(
    archive: Archive, clips: dict[str, str]
) -> None:
    forge(archive, clips["one.mp4"], proposed(archive), original(archive, clips["one.mp4"]))
    assert found(archive) == ["disposal_unfounded", "object_missing"]


def test_a_removal_of_what_is_another_clip_s_is_found(
    archive: Archive, clips: dict[str, str]
) -> None:
    forge(archive, clips["one.mp4"], approved(archive), original(archive, clips["two.mp4"]))
    assert found(archive) == ["disposal_unfounded", "object_missing"]


def test_a_removal_of_a_clip_that_is_not_on_the_list_is_found(
    archive: Archive, clips: dict[str, str]
) -> None:
    forge(archive, clips["two.mp4"], approved(archive), original(archive, clips["two.mp4"]))
    assert found(archive) == ["disposal_unfounded", "object_missing"]


def test_a_removal_of_bytes_that_a_clip_has_which_stays_is_found(
    archive: Archive, clips: dict[str, str], tmp_path: Path
) -> None:
    ingest(archive, tmp_path / "other", {"again.mp4": FILES["one.mp4"]}, serial="B2")
    forge(archive, clips["one.mp4"], approved(archive), original(archive, clips["one.mp4"]))
    assert found(archive) == ["disposal_unfounded", "object_missing"]


def test_a_removal_after_its_disposal_ended_is_found(
    archive: Archive, clips: dict[str, str]
) -> None:
    disposal = approved(archive)
    assert carried(archive, disposal).ended
    assert found(archive) == []
    forge(archive, clips["one.mp4"], disposal)
    assert found(archive) == ["disposal_unfounded"]


def test_a_removal_of_a_name_that_is_not_of_what_goes_is_found(
    archive: Archive, clips: dict[str, str]
) -> None:
    named = Named(archive.reader, list(clips.values()))
    one, two = (named.text[clips[name]] for name in FILES)
    disposal = approved(archive)
    moved = {"old": one.object, "new": None, "rows": [two.row]}
    data = {"disposal": disposal, "removed": [], "bytes": 0, "texts": [moved]}
    archive.record([Event(type="disposal.done", subject=clips["one.mp4"], actor=OTHER, data=data)])
    archive.ledger.publish()
    report = audit(archive.root)
    assert "disposal_unfounded" in {f.code for f in report.findings}


def test_who_proposed_and_approved_past_the_procedure_carries_nothing_out(
    archive: Archive, clips: dict[str, str]
) -> None:
    disposal = proposed(archive)
    archive.record(
        [Event(type="disposal.approved", subject=disposal, actor=ACTOR, text={"reason": WHY})]
    )
    with pytest.raises(OnePersonError):
        carried(archive, disposal)
    forge(archive, clips["one.mp4"], disposal, original(archive, clips["one.mp4"]))
    assert found(archive) == ["disposal_unfounded", "object_missing"]


def test_bytes_of_what_was_disposed_of_that_are_put_back_are_found(
    archive: Archive, clips: dict[str, str]
) -> None:
    path = path_of(archive.root / "store", original(archive, clips["one.mp4"]))
    assert carried(archive, approved(archive)).ended
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(FILES["one.mp4"])
    path.chmod(0o444)
    assert found(archive) == ["object_disposed"]
