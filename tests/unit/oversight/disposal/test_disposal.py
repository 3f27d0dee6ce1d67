"""Lawful destruction: two people, each clip looked at again when it goes, and nothing else is touched."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive import cases, holds
from archive.audit import audit
from archive.catalogue.search import FindQuery
from archive.errors import MissingObjectError
from archive.events import Event, drafts
from archive.ids import new_id
from archive.opening import Archive
from archive.texts import TextRef
from oversight.disposal.deciding import approve, decline, propose
from oversight.disposal.errors import (
    ClockApartError,
    DisposalStateError,
    NothingDueError,
    OnePersonError,
)
from oversight.disposal.named import Named
from tests.fakes.disposing import (
    ACTOR,
    OTHER,
    WHY,
    approved,
    book,
    carried,
    classify,
    ingest,
    later,
    new_archive,
    proposed,
)

FILES = {"one.mp4": b"one" * 100, "two.mp4": b"two" * 100, "three.mp4": b"three" * 100}


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with new_archive(tmp_path / "archive") as found:
        yield found


@pytest.fixture
def clips(archive: Archive, tmp_path: Path) -> dict[str, str]:
    found = ingest(archive, tmp_path / "card", FILES)
    assert set(found) == set(FILES)
    return found


def original(name: str) -> str:
    return hashlib.sha256(FILES[name]).hexdigest()


def is_there(archive: Archive, name: str) -> bool:
    try:
        return archive.store.check(original(name)) > 0
    except MissingObjectError:
        return False


def test_what_is_past_its_time_goes_with_its_name_and_nothing_else_does(
    archive: Archive, clips: dict[str, str]
) -> None:
    classify(archive, [clips["one.mp4"]], "ordinary")
    done = carried(archive, approved(archive))
    assert (done.ended, done.done, done.kept) == (True, [clips["one.mp4"]], {})
    assert [is_there(archive, name) for name in FILES] == [False, True, True]
    gone = archive.catalogue.clip(clips["one.mp4"])
    assert gone is not None
    assert gone.disposed_at is not None
    assert gone.path is None
    stays = archive.catalogue.clip(clips["two.mp4"])
    assert stays is not None
    assert stays.path == "two.mp4"
    # The name is nowhere any more, in no byte below the store.
    held = [p.read_bytes() for p in (archive.root / "store").rglob("*") if p.is_file()]
    assert not any(b"one.mp4" in data for data in held)
    assert sum(b"two.mp4" in data for data in held) == 1


def said(archive: Archive, clip: str, words: str) -> None:
    """A marker on a clip, and the caption of a still of it."""
    place = {"marker": new_id("marker"), "kind": "marker", "from_us": 1, "to_us": None}
    with archive.store.writing() as writing:
        stored = writing.put([clip.encode()])[0]
        thing = {"object": stored.digest, "size": stored.size}
        events = [
            Event(type="marker.set", subject=clip, actor=ACTOR, data=place, text={"text": words}),
            Event(
                type="still.exported",
                subject=clip,
                actor=ACTOR,
                data={"at_us": 1, "frame": 1, "still": thing, "exported": thing},
                text={"caption": words},
            ),
        ]
        archive.ledger.append(drafts(writing, events))
    archive.catalogue.catch_up()


def test_the_words_of_markers_and_captions_go_with_their_clip_and_no_other_s_do(
    archive: Archive, clips: dict[str, str]
) -> None:
    one, two = clips["one.mp4"], clips["two.mp4"]
    said(archive, one, "张三的住处")
    said(archive, two, "李四的车辆")
    query = archive.catalogue.find
    assert [row.clip for row in query(FindQuery(text="张三的住处")).clips] == [one]
    classify(archive, [one], "ordinary")
    done = carried(archive, approved(archive))
    assert (done.ended, done.done) == (True, [one])
    kept = [path for path in archive.root.rglob("*") if path.is_file()]
    # The catalogue's file keeps them in pages that are free until they are used again, or it is made anew.
    held = [path.read_bytes() for path in kept if not path.name.startswith("catalogue.db")]
    assert not any("张三".encode() in data for data in held), "in no object and no entry"
    assert any("李四".encode() in data for data in held)
    for _ in range(2):
        assert query(FindQuery(text="张三的住处")).clips == []
        assert [row.clip for row in query(FindQuery(text="李四的车辆")).clips] == [two]
        assert [row.text for row in archive.catalogue.markers(one)] == [None]
        archive.catalogue.rebuild()
    report = audit(archive.root)
    assert report.ok, report.findings


def test_a_catalogue_that_is_made_anew_is_the_same(archive: Archive, clips: dict[str, str]) -> None:
    classify(archive, list(clips.values()), "ordinary")
    holds.place(archive, about=clips["two.mp4"], actor=ACTOR, reason=WHY)
    carried(archive, approved(archive))
    report = audit(archive.root)  # compares with one made anew
    assert report.ok, report.findings
    archive.catalogue.rebuild()
    rows = {name: archive.catalogue.clip(clip) for name, clip in clips.items()}
    assert [row.path for row in rows.values() if row is not None] == [None, "two.mp4", None]


def test_what_stands_in_a_text_object_beside_it_goes_byte_for_byte_into_the_next(
    archive: Archive, clips: dict[str, str]
) -> None:
    before = {
        entry.index: archive.texts.line(ref)
        for entry in archive.reader.entries()
        if (ref := text_of(entry.data)) is not None
    }
    for name in ("one.mp4", "three.mp4"):
        classify(archive, [clips[name]], "ordinary")
        carried(archive, approved(archive))
        for entry in archive.reader.entries(0, len(before)):
            ref = text_of(entry.data)
            if ref is not None and entry.index in before:
                line = archive.texts.line(ref)
                disposed = archive.catalogue.disposed_clip(entry.subject) is not None
                wanted = None if disposed and entry.type == "clip.ingested" else before[entry.index]
                # This process may have the old object in memory still; no other one has.
                assert line in {wanted, before[entry.index]}
    report = audit(archive.root)
    assert report.ok, report.findings


def text_of(data: dict[str, Any]) -> TextRef | None:
    named = data.get("text")
    return TextRef.from_data(named) if isinstance(named, dict) else None


def test_nothing_that_nobody_classified_is_proposed(
    archive: Archive, clips: dict[str, str]
) -> None:
    with pytest.raises(NothingDueError):
        proposed(archive)
    classify(archive, [clips["one.mp4"]], "ordinary")
    with pytest.raises(NothingDueError):
        propose(archive, book(), actor=ACTOR, reason=WHY, now=later(100))
    classify(archive, [clips["one.mp4"]], "ordinary", "evidence")
    with pytest.raises(NothingDueError):
        proposed(archive)


def test_who_proposed_does_not_approve_and_only_what_is_approved_is_carried_out(
    archive: Archive, clips: dict[str, str]
) -> None:
    classify(archive, [clips["one.mp4"]], "ordinary")
    disposal = proposed(archive)
    with pytest.raises(DisposalStateError):
        carried(archive, disposal)
    with pytest.raises(OnePersonError):
        approve(archive, disposal=disposal, actor=ACTOR, reason=WHY)
    decline(archive, disposal=disposal, actor=OTHER, reason="还要用")
    with pytest.raises(DisposalStateError):
        approve(archive, disposal=disposal, actor=OTHER, reason=WHY)
    with pytest.raises(DisposalStateError):
        carried(archive, disposal)
    assert all(is_there(archive, name) for name in FILES)


def test_two_accounts_of_one_officer_are_one_person(
    archive: Archive, clips: dict[str, str]
) -> None:
    accounts = ["account-" + "0" * 25 + str(n) for n in range(3)]
    officers = ["officer-" + "0" * 26, "officer-" + "0" * 26, "officer-" + "0" * 25 + "1"]
    archive.record(
        [
            Event(
                type="account.added",
                subject=account,
                actor="local-0",
                data={"role": "archivist", "unit": None, "officer": officer},
                text={"name": account[-1]},
            )
            for account, officer in zip(accounts, officers, strict=True)
        ]
    )
    classify(archive, [clips["one.mp4"]], "ordinary")
    disposal = propose(archive, book(), actor=accounts[0], reason=WHY, now=later())
    with pytest.raises(OnePersonError):
        approve(archive, disposal=disposal, actor=accounts[1], reason=WHY)
    approve(archive, disposal=disposal, actor=accounts[2], reason=WHY)


def test_a_user_of_the_machine_is_no_second_person_and_no_new_account_is(
    archive: Archive, clips: dict[str, str]
) -> None:
    classify(archive, [clips["one.mp4"]], "ordinary")
    with pytest.raises(OnePersonError):
        propose(archive, book(), actor="local-1000", reason=WHY, now=later())
    disposal = proposed(archive)
    late = "account-" + "0" * 25 + "7"
    data = {"role": "archivist", "unit": None, "officer": None}
    archive.record(
        [Event(type="account.added", subject=late, actor=ACTOR, data=data, text={"name": "li"})]
    )
    for actor in ("local-1000", late, "account-of-nobody"):
        with pytest.raises(OnePersonError):
            approve(archive, disposal=disposal, actor=actor, reason=WHY)
    approve(archive, disposal=disposal, actor=OTHER, reason=WHY)


def test_a_hold_that_comes_after_the_approval_wins(archive: Archive, clips: dict[str, str]) -> None:
    classify(archive, [clips["one.mp4"], clips["two.mp4"]], "ordinary")
    disposal = approved(archive)
    hold = holds.place(archive, about=clips["one.mp4"], actor=ACTOR, reason="行政复议")
    done = carried(archive, disposal)
    assert (done.kept, done.done) == ({clips["one.mp4"]: "hold"}, [clips["two.mp4"]])
    assert is_there(archive, "one.mp4")
    holds.lift(archive, hold=hold, actor=ACTOR, reason="已结束")
    assert carried(archive, approved(archive)).done == [clips["one.mp4"]]


def test_a_hold_on_a_case_that_it_was_taken_off_keeps_it(
    archive: Archive, clips: dict[str, str]
) -> None:
    clip = clips["one.mp4"]
    classify(archive, [clip], "ordinary")
    case = cases.open_case(archive, actor=ACTOR, number="1")
    cases.link_clip(archive, actor=ACTOR, number="1", clip=clip, reason=WHY)
    cases.unlink_clip(archive, actor=ACTOR, number="1", clip=clip, reason=WHY)
    cases.close_case(archive, actor=ACTOR, number="1")
    archive.catalogue.catch_up()
    disposal = approved(archive)
    holds.place(archive, about=case, actor=ACTOR, reason=WHY)
    assert carried(archive, disposal).kept == {clip: "hold"}


def test_what_was_taken_off_a_case_stays_while_that_case_is_open(
    archive: Archive, clips: dict[str, str]
) -> None:
    clip = clips["one.mp4"]
    classify(archive, [clip], "ordinary")
    disposal = approved(archive)
    cases.open_case(archive, actor=ACTOR, number="1")
    cases.link_clip(archive, actor=ACTOR, number="1", clip=clip, reason=WHY)
    cases.unlink_clip(archive, actor=ACTOR, number="1", clip=clip, reason=WHY)
    assert carried(archive, disposal).kept == {clip: "open_case"}
    with pytest.raises(NothingDueError):
        proposed(archive)
    cases.close_case(archive, actor=ACTOR, number="1")
    archive.catalogue.catch_up()
    assert carried(archive, approved(archive)).done == [clip]


@pytest.mark.parametrize("own", [False, True])
def test_a_clock_that_is_far_from_an_outside_timestamp_carries_nothing_out(
    archive: Archive, clips: dict[str, str], *, own: bool
) -> None:
    classify(archive, [clips["one.mp4"]], "ordinary")
    disposal = approved(archive)
    thing = {"object": original("one.mp4"), "size": len(FILES["one.mp4"])}
    names = ("checkpoint", "token", "chain", "ca")
    data = {"size": 1, "authority": "tsa", "own": own, "time": f"{later(0):%Y-%m-%dT%H:%M:%SZ}"}
    archive.record(
        [
            Event(
                type="checkpoint.timestamped",
                subject=archive.settings.station,
                actor=ACTOR,
                data=data | dict.fromkeys(names, thing),
            )
        ]
    )
    if own:  # this agency's own authority has the same clock
        assert carried(archive, disposal).ended
        return
    with pytest.raises(ClockApartError):
        carried(archive, disposal)
    assert is_there(archive, "one.mp4")
    assert carried(archive, disposal, days=2).kept == {clips["one.mp4"]: "not_due"}


def test_what_a_case_was_opened_for_after_the_approval_stays(
    archive: Archive, clips: dict[str, str]
) -> None:
    clip = clips["one.mp4"]
    classify(archive, [clip], "ordinary")
    disposal = approved(archive)
    cases.open_case(archive, actor=ACTOR, number="1")
    cases.link_clip(archive, actor=ACTOR, number="1", clip=clip, reason=WHY)
    assert carried(archive, disposal).kept == {clip: "open_case"}
    assert is_there(archive, "one.mp4")


def test_what_is_classified_anew_or_not_over_yet_or_found_damaged_stays(
    archive: Archive, clips: dict[str, str]
) -> None:
    one, two, three = clips.values()
    classify(archive, [one, two, three], "ordinary")
    disposal = approved(archive)
    classify(archive, [one], "evidence")
    classify(archive, [two])
    archive.record(
        [
            Event(
                type="object.damaged",
                subject=three,
                actor="local-0",
                data={
                    "digest": original("three.mp4"),
                    "code": "object_changed",
                    "found_by": "audit",
                },
            )
        ]
    )
    done = carried(archive, disposal)
    assert done.kept == {one: "for_ever", two: "unclassified", three: "finding"}
    assert all(is_there(archive, name) for name in FILES)


def test_an_early_hand_finds_that_its_time_is_not_over(
    archive: Archive, clips: dict[str, str]
) -> None:
    classify(archive, [clips["one.mp4"]], "ordinary")
    disposal = approved(archive)
    assert carried(archive, disposal, days=100).kept == {clips["one.mp4"]: "not_due"}
    assert is_there(archive, "one.mp4")


def test_bytes_that_a_clip_needs_which_stays_are_not_removed(
    archive: Archive, clips: dict[str, str], tmp_path: Path
) -> None:
    again = ingest(archive, tmp_path / "other", {"copy.mp4": FILES["one.mp4"]}, serial="B2")
    classify(archive, [clips["one.mp4"]], "ordinary")
    done = carried(archive, approved(archive))
    assert done.kept == {clips["one.mp4"]: "shared"}
    assert is_there(archive, "one.mp4")
    classify(archive, [again["copy.mp4"]], "ordinary")
    done = carried(archive, approved(archive))
    assert set(done.done) == {clips["one.mp4"], again["copy.mp4"]}
    assert not is_there(archive, "one.mp4")
    report = audit(archive.root)
    assert report.ok, report.findings


def test_a_loss_is_not_made_lawful_by_a_disposal(archive: Archive, clips: dict[str, str]) -> None:
    classify(archive, [clips["one.mp4"]], "ordinary")
    disposal = approved(archive)
    path = archive.store.file(original("one.mp4"))
    assert path is not None
    path.unlink()
    assert carried(archive, disposal).kept == {clips["one.mp4"]: "missing"}
    assert [str(f.code) for f in audit(archive.root).findings] == ["object_missing"]


def test_the_same_bytes_that_come_again_stay(
    archive: Archive, clips: dict[str, str], tmp_path: Path
) -> None:
    classify(archive, [clips["one.mp4"]], "ordinary")
    carried(archive, approved(archive))
    assert not is_there(archive, "one.mp4")
    ingest(archive, tmp_path / "again", {"again.mp4": FILES["one.mp4"]}, serial="C3")
    assert is_there(archive, "one.mp4")
    report = audit(archive.root)
    assert report.ok, report.findings
    assert archive.store.remove([original("one.mp4")], needed=archive.removals.needed)
    assert is_there(archive, "one.mp4")
    # It is somebody's again: its loss is a loss.
    path = archive.store.file(original("one.mp4"))
    assert path is not None
    path.unlink()
    assert [str(f.code) for f in audit(archive.root).findings] == ["object_missing"]


def test_bytes_of_a_text_object_that_are_a_clip_s_too_stay(
    archive: Archive, clips: dict[str, str], tmp_path: Path
) -> None:
    """Somebody docks a copy of the store: what is text to one clip is the original of another."""
    text = Named(archive.reader, [clips["one.mp4"]]).text[clips["one.mp4"]].object
    copied = archive.store.read(text)
    copy = ingest(archive, tmp_path / "copy", {"copy.jsonl": copied}, serial="B2")["copy.jsonl"]
    classify(archive, [copy], "ordinary")
    # Nor does the copy go while it has the words of others.
    assert carried(archive, approved(archive)).kept == {copy: "shared"}
    classify(archive, [copy])
    classify(archive, [clips["one.mp4"]], "ordinary")
    done = carried(archive, approved(archive))
    assert (done.done, done.ended) == ([clips["one.mp4"]], True)
    row = archive.catalogue.clip(copy)
    assert row is not None
    assert archive.store.read(row.sha256) == copied
    assert not is_there(archive, "one.mp4")
    report = audit(archive.root)
    assert report.ok, report.findings


def test_a_text_object_that_cannot_go_keeps_the_clips_and_nothing_is_said_to_have_gone(
    archive: Archive, clips: dict[str, str]
) -> None:
    classify(archive, [clips["one.mp4"]], "ordinary")
    disposal = approved(archive)
    text = Named(archive.reader, [clips["one.mp4"]]).text[clips["one.mp4"]].object
    file = archive.store.file(text)
    assert file is not None
    os.link(file, archive.root / "another-name")  # as somebody who writes the same bytes has
    done = carried(archive, disposal)
    assert (done.done, done.kept, done.ended) == ([], {clips["one.mp4"]: "arriving"}, True)
    assert is_there(archive, "one.mp4")


@pytest.mark.parametrize("what", ["original", "text"])
def test_a_damaged_file_is_kept_with_its_code_and_the_rest_goes_on(
    archive: Archive, clips: dict[str, str], tmp_path: Path, what: str
) -> None:
    other = ingest(archive, tmp_path / "more", {"more.mp4": b"more" * 100})["more.mp4"]
    one = clips["one.mp4"]
    classify(archive, [one, other], "ordinary")
    disposal = approved(archive)
    text = Named(archive.reader, [one]).text[one].object
    file = archive.store.file(original("one.mp4") if what == "original" else text)
    assert file is not None
    file.unlink()
    if what == "original":
        file.mkdir()
    else:
        file.write_bytes(b"other words\n")
    done = carried(archive, disposal)
    assert (done.done, done.kept, done.ended) == ([other], {one: "finding"}, True)
