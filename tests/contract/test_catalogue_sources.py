"""One suite over what the catalogue reads: the ledger and texts in memory that its tests use, and the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from archive.catalogue import Catalogue
from archive.catalogue.search import FindQuery
from archive.catalogue.sources import Entries, TextRows
from archive.events import Event
from archive.opening import Archive, create_archive, open_archive
from archive.texts import TextRef
from ingest.linking import link_case
from tests.unit.catalogue.story import MemoryArchive, Story


class Sources(Protocol):
    """An archive, real or not."""

    @property
    def root(self) -> Path: ...
    @property
    def texts(self) -> TextRows: ...
    @property
    def catalogue(self) -> Catalogue: ...
    def record(self, events: list[Event]) -> None: ...


def ledger_of(archive: Sources) -> Entries:
    if isinstance(archive, MemoryArchive):
        return archive.ledger
    assert isinstance(archive, Archive)
    return archive.reader


@pytest.fixture(params=["memory", "real"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sources]:
    if request.param == "memory":
        memory = MemoryArchive(tmp_path)
        yield memory
        memory.catalogue.close()
    else:
        root = tmp_path / "root"
        create_archive(root, origin="example.org/test")
        with open_archive(root, write=True) as real:
            yield real


def test_a_ledger_grows_by_what_was_recorded_and_is_chained(archive: Sources) -> None:
    ledger, story = ledger_of(archive), Story(archive.record)
    before = ledger.size()
    clip = story.clip()
    story.examined(clip)
    assert ledger.size() == before + 2
    first, second = ledger.entries(before)
    assert (first.index, first.type, second.type) == (before, "clip.ingested", "clip.examined")
    assert second.prev == first.leaf.hex() == ledger.entry(before).leaf.hex()
    assert second.chain == {"count": 2, "index": before, "prev": first.leaf.hex()}
    assert [entry.index for entry in ledger.entries(before, before + 1)] == [before]
    assert len(ledger.root(ledger.size())) == 32
    assert ledger.root(before + 1) != ledger.root(before + 2)


def test_an_entry_that_is_not_there_is_an_index_error(archive: Sources) -> None:
    ledger = ledger_of(archive)
    with pytest.raises(IndexError):
        ledger.entry(ledger.size())


def test_a_text_row_is_read_as_it_was_written_with_its_salt(archive: Sources) -> None:
    Story(archive.record).clip("执法.mp4")
    ledger = ledger_of(archive)
    ref = TextRef.from_data(ledger.entry(ledger.size() - 1).data["text"])
    row = archive.texts.read(ref)
    assert row is not None
    assert (row["path"], len(row["salt"])) == ("执法.mp4", 32)
    gone = TextRef(object=ref.object, size=ref.size, row="0" * 64)
    assert archive.texts.read(gone) is None
    assert archive.texts.read(TextRef(object="0" * 64, size=1, row="0" * 64)) is None


def test_the_catalogue_shows_the_whole_way_of_a_clip(archive: Sources) -> None:
    story = Story(archive.record)
    officer, recorder = story.officer("7"), story.recorder("SN1")
    clip = story.clip("执法/1.mp4", officer=officer, recorder=recorder, source="modified")
    story.examined(clip, created="2026-01-17T08:10:00Z")
    window = ("2026-01-17T08:00:00Z", "2026-01-17T09:00:00Z")
    case = story.case("2026-1", officers=[officer], window=window)
    assert link_case(archive, actor="local-0", case_id=case) == [clip]
    catalogue = archive.catalogue
    catalogue.catch_up()
    (row,) = catalogue.find(FindQuery(case="2026-1", text="执法")).clips
    assert (row.officer, row.recorder, row.start_source) == ("7", "SN1", "container")
    assert [event.type for event in catalogue.custody(clip)] == [
        "clip.ingested",
        "clip.examined",
        "clip.linked",
    ]
    ledger = ledger_of(archive)
    assert catalogue.root() == ledger.root(ledger.size())
    before = repr(catalogue.find(FindQuery()))
    assert catalogue.rebuild() == ledger.size()
    assert repr(catalogue.find(FindQuery())) == before
