"""A card from its docking to everything that is due of it: made once, the same each time, whatever interrupts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from archive.audit import Full, audit
from archive.opening import create_archive, open_archive
from ingest.deriving import derive
from ingest.deriving.claims import FOLDER
from ingest.media.encode.slots import default_count, slot
from tests.media.deriving.card import ACTOR, entries, made, names
from tests.unit.catalogue.story import tables

EXPECTED = {
    "whole.mp4": {"poster", "strip", "waveform", "track"},
    "film.mkv": {"poster", "strip", "waveform", "stream"},
    "hevc.mp4": {"poster", "strip", "proxy"},
    "photo.jpg": {"poster"},
    "paper.pdf": {"page"},
    "cut.mp4": {"repair", "poster", "strip", "waveform"},
    "whole.gpx": set[str](),
}


def kinds_of(root: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in names(root).values()}
    for name, kind in made(root):
        found[name].add(kind)
    return found


def test_everything_that_is_due_is_made_once_and_then_nothing_is_left(derived: Path) -> None:
    assert kinds_of(derived) == EXPECTED
    before = len(entries(derived, "rendition.made", "rendition.failed", "clip.examined"))
    with open_archive(derived, write=True) as archive:
        again = derive(archive, None, actor=ACTOR)
        assert archive.catalogue.due_kinds() == {}
    assert (again.examined, again.made, again.unmade) == (0, {}, [])
    assert len(entries(derived, "rendition.made", "rendition.failed", "clip.examined")) == before


def test_facts_come_before_all_renditions_and_quick_kinds_before_slow_ones(derived: Path) -> None:
    words = entries(derived, "clip.examined", "rendition.made")
    last = max(e.index for e in words if e.type == "clip.examined")
    kinds = [e.data["kind"] for e in words if e.index > last and e.type == "rendition.made"]
    assert kinds.index("strip") < kinds.index("repair")
    assert kinds.index("stream") < kinds.index("proxy")
    assert set(kinds) >= {"track", "strip", "waveform", "page", "repair", "proxy", "stream"}


def test_a_repair_names_its_healthy_twin_and_what_was_made_of_it_names_the_repair(
    derived: Path,
) -> None:
    called = names(derived)
    cut = {
        e.data["kind"]: e.data
        for e in entries(derived, "rendition.made")
        if called[e.subject] == "cut.mp4"
    }
    digests = {
        called[e.subject]: e.data["original"]["object"] for e in entries(derived, "clip.ingested")
    }
    repair = cut["repair"]
    assert repair["sources"] == [digests["whole.mp4"]]
    assert repair["of"] == cut["strip"]["of"] == digests["cut.mp4"]
    assert cut["strip"]["parameters"]["source"] == repair["rendition"]["object"]
    with open_archive(derived, write=False) as archive:
        report = json.loads(archive.store.read(repair["index"]["object"]))
    assert report["of"] == digests["cut.mp4"]
    assert report["recovered"]["frames"] > 40


def test_a_catalogue_that_is_made_again_is_the_same_and_the_audit_finds_nothing(
    derived: Path,
) -> None:
    with open_archive(derived, write=True) as archive:
        archive.catalogue.catch_up()
    before = tables(derived / "catalogue.db")
    assert before["renditions"]
    assert before["assessments"]
    report = audit(derived, mode=Full())
    assert (report.ok, report.findings) == (True, ())
    with open_archive(derived, write=True) as archive:
        archive.catalogue.rebuild()
    assert tables(derived / "catalogue.db") == before


def test_two_that_derive_at_once_make_each_thing_once_and_byte_for_byte_the_same(
    fresh: Path, derived: Path
) -> None:
    def work() -> None:
        with open_archive(fresh, write=True) as archive:
            results.append(derive(archive, None, actor=ACTOR))

    results: list[object] = []
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert made(fresh) == made(derived)
    examined = entries(fresh, "clip.examined")
    assert len({e.subject for e in examined}) == len(examined) == len(EXPECTED)
    facts = {e.data["facts"]["object"] for e in examined}
    assert facts == {e.data["facts"]["object"] for e in entries(derived, "clip.examined")}


def test_killed_in_the_middle_it_is_gone_on_with_and_nothing_is_made_twice(
    fresh: Path, derived: Path
) -> None:
    command = [sys.executable, "-m", "muniment", "--root", str(fresh), "derive"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not entries(fresh, "rendition.made") and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert len(entries(fresh, "rendition.made")) < len(entries(derived, "rendition.made"))
    assert audit(fresh, mode=Full()).findings == ()
    with open_archive(fresh, write=True) as archive:
        derive(archive, None, actor=ACTOR)
    assert made(fresh) == made(derived)
    assert audit(fresh, mode=Full()).findings == ()


def test_whoever_is_told_of_the_progress_can_end_it_and_the_rest_stays_due(
    fresh: Path, derived: Path
) -> None:
    class EnoughError(Exception):
        """Somebody pressed Ctrl-C."""

    def tell(_done: int, _total: int, stage: str) -> None:
        stages.append(stage)
        if stage == "survey":
            raise EnoughError

    stages: list[str] = []
    with open_archive(fresh, write=True) as archive:
        with pytest.raises(EnoughError):
            derive(archive, None, actor=ACTOR, progress=tell)
        assert stages[0] == "examine"
        archive.catalogue.catch_up()
        assert archive.catalogue.due_kinds()["strip"] > 0
        derive(archive, None, actor=ACTOR)
    assert made(fresh) == made(derived)


def test_ctrl_c_while_a_command_derives_keeps_its_receipt_and_says_how_to_go_on(
    tmp_path: Path, card: Path, derived: Path
) -> None:
    root = tmp_path / "archive"
    create_archive(root, origin="media.example/1")
    command = [sys.executable, "-m", "muniment", "--root", str(root), "--json", "--lang", "en"]
    with ExitStack() as held:
        # The encoder waits, so that the command cannot be done before it is told to stop.
        for _ in range(default_count()):
            held.enter_context(slot(root / FOLDER))
        process = subprocess.Popen(
            [*command, "dock", str(card), "--recorder", "R1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell gives what it runs in the background a SIGINT that is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one signal, no locks
        )
        deadline = time.monotonic() + 60
        while not entries(root, "clip.assessed") and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said, noted = process.communicate(timeout=60)
    document = json.loads(said)
    assert process.returncode == 130
    assert document["error"]["code"] == "C030"
    assert len(document["clips"]) == len(EXPECTED)
    assert "`muniment derive` finishes" in noted
    assert audit(root, mode=Full()).findings == ()
    with open_archive(root, write=True) as archive:
        derive(archive, None, actor=ACTOR)
    assert kinds_of(root) == kinds_of(derived)
