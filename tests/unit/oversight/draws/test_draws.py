"""Random draws for case review: anybody with seed and checkpoint draws the same; what was drawn is scored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import cases
from archive.opening import Archive, create_archive, open_archive
from oversight.draws.drawing import Checkpoint, drawn, list_digest, place
from oversight.draws.errors import (
    DrawTextError,
    NothingToDrawError,
    SheetError,
    UnknownDrawError,
)
from oversight.draws.making import Wanted, draw_of, is_right, make, score, scores_of
from oversight.draws.sheet import NAME, read_sheet, sheet_of, shipped

ACTOR = "local-0"
TODAY = datetime.now(UTC).date().isoformat()
names = st.lists(st.text("abcdef0123456789", min_size=1, max_size=8), unique=True, max_size=40)
seeds = st.text(min_size=1, max_size=20)
checkpoints = st.builds(
    Checkpoint,
    size=st.integers(1, 10**9),
    root=st.text("0123456789abcdef", min_size=64, max_size=64),
)


@given(seeds, checkpoints, names, st.integers(0, 50), st.randoms())
def test_the_same_seed_checkpoint_and_cases_draw_the_same_in_whatever_order(
    seed: str, checkpoint: Checkpoint, found: list[str], count: int, chance: object
) -> None:
    chosen = drawn(seed, checkpoint, found, count)
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random
    assert drawn(seed, checkpoint, shuffled + shuffled, count) == chosen
    assert len(chosen) == min(count, len(found)) == len(set(chosen))
    assert set(chosen) <= set(found)
    assert drawn(seed, checkpoint, found, count + 1)[: len(chosen)] == chosen
    left_out = set(found) - set(chosen)
    assert (
        drawn(seed, checkpoint, left_out, 50) == drawn(seed, checkpoint, found, 100)[len(chosen) :]
    )


def test_a_place_is_what_sha256sum_says_of_five_lines() -> None:
    text = b"muniment draw 1\n2026-11\n7\nab\ncase-1\n"
    assert place("2026-11", Checkpoint(size=7, root="ab"), "case-1") == sha256(text).hexdigest()
    assert list_digest(["b", "a"]) == sha256(b"a\nb\n").hexdigest()


@pytest.mark.slow
def test_every_case_is_drawn_as_often_as_another() -> None:
    found = [f"case-{n}" for n in range(10)]
    times = dict.fromkeys(found, 0)
    for seed in range(2000):
        for case in drawn(str(seed), Checkpoint(size=1, root="00"), found, 3):
            times[case] += 1
    assert all(500 < count < 700 for count in times.values()), times


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    root = tmp_path_factory.mktemp("draws") / "root"
    create_archive(root, origin="draws.test/archive", unit="North")
    with open_archive(root, write=True) as opened:
        with pytest.raises(NothingToDrawError):
            make(opened, wanted(), actor=ACTOR)
        for n in range(12):
            cases.open_case(opened, actor=ACTOR, number=str(n), unit=opened.settings.unit)
            if n < 9:
                cases.close_case(opened, actor=ACTOR, number=str(n))
        yield opened


def wanted(count: int = 4) -> Wanted:
    return Wanted(seed="双色球 2026-130", count=count, first="2020-01-01", last="2100-01-01")


def test_r10_is_kept_by_a_draw_that_is_drawn_again_and_broken_by_any_other(
    archive: Archive,
) -> None:
    draw = make(archive, wanted(), actor=ACTOR)
    assert (draw.of, len(draw.drawn)) == (9, 4)
    closed = {archive.catalogue.case_by_number(str(n)).id for n in range(9)}  # type: ignore[union-attr]  # there
    assert set(draw.drawn) <= closed
    assert is_right(archive, draw)
    cases.open_case(archive, actor=ACTOR, number="later")
    cases.close_case(archive, actor=ACTOR, number="later")
    assert is_right(archive, draw_of(archive, draw.id))  # what came later changes nothing
    assert not is_right(archive, replace(draw, seed="another"))
    assert not is_right(archive, replace(draw, drawn=draw.drawn[::-1]))
    assert not is_right(archive, replace(draw, of=10))
    wrong = replace(draw.checkpoint, root="00" * 32)
    assert not is_right(archive, replace(draw, checkpoint=wrong))


def test_a_draw_of_the_only_case_names_the_root_that_the_ledger_has(tmp_path: Path) -> None:
    create_archive(tmp_path / "root", origin="draws.test/archive", unit="North")
    with open_archive(tmp_path / "root", write=True) as archive:
        cases.open_case(archive, actor=ACTOR, number="1")
        cases.close_case(archive, actor=ACTOR, number="1")
        draw = make(archive, wanted(), actor=ACTOR)
        assert is_right(archive, draw)
        wrong = replace(draw.checkpoint, root="00" * 32)
        assert not is_right(archive, replace(draw, checkpoint=wrong))


def test_a_case_that_was_not_closed_in_that_time_or_is_anothers_is_not_drawn(
    archive: Archive,
) -> None:
    with pytest.raises(NothingToDrawError):
        make(archive, replace(wanted(), last="2021-01-01"), actor=ACTOR)
    with pytest.raises(NothingToDrawError):
        make(archive, replace(wanted(), unit="unit-none"), actor=ACTOR)
    assert make(archive, replace(wanted(200), unit=archive.settings.unit), actor=ACTOR).of == 9


@pytest.mark.parametrize("change", [{"seed": " "}, {"seed": "a\nb"}, {"count": 0}, {"count": 201}])
def test_a_draw_without_a_seed_or_of_too_many_is_refused(
    archive: Archive, change: dict[str, object]
) -> None:
    with pytest.raises(DrawTextError):
        make(archive, replace(wanted(), **change), actor=ACTOR)  # type: ignore[arg-type]  # of its members


def test_what_was_drawn_is_scored_item_by_item_and_scored_again(archive: Archive) -> None:
    draw = make(archive, wanted(2), actor=ACTOR)
    full = {item.id: item.most for item in shipped().items}
    first = score(archive, draw, draw.drawn[0], full, actor=ACTOR, note="齐全")
    assert (first.total, first.of, first.note) == (100, 100, "齐全")
    score(archive, draw, draw.drawn[0], full | {"facts": 20}, actor="account-2")
    assert [(g.total, g.actor) for g in scores_of(archive, draw)] == [
        (100, ACTOR),
        (90, "account-2"),
    ]
    other = set(draw.drawn)
    outside = next(r.id for r in archive.catalogue.cases().cases if r.id not in other)
    with pytest.raises(UnknownDrawError):
        score(archive, draw, outside, full, actor=ACTOR)
    for bad in (full | {"facts": 31}, full | {"facts": -1}, full | {"more": 1}, {"facts": 1}):
        with pytest.raises(DrawTextError):
            score(archive, draw, draw.drawn[0], bad, actor=ACTOR)
    for id_ in ("draw-none", archive.settings.station):
        with pytest.raises(UnknownDrawError):
            draw_of(archive, id_)


def test_a_sheet_of_the_agencys_own_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    text = 'format = 1\n[sheet]\ntitle = { zh = "表", en = "Sheet" }\n'
    text += '[[item]]\nid = "a"\nname = { zh = "甲", en = "A" }\nmost = 5\n'
    (tmp_path / NAME).write_text(text)
    assert sheet_of(tmp_path).most == 5
    assert sheet_of(tmp_path / "none").most == 100
    for old, new, line in (("most = 5", "most = -5", 7), ("format = 1", "format = 9", 1)):
        with pytest.raises(SheetError) as caught:
            read_sheet(text.replace(old, new).encode(), "x")
        assert caught.value.mistakes[0][0] == line
    with pytest.raises(SheetError):
        read_sheet(b"\xff", "x")
