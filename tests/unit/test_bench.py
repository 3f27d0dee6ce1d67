"""`make bench` runs and says what it found; how fast anything is, no test asks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import kept, libmtp, peers
from bench.data import shift
from bench.harness import (
    BenchError,
    NotRunError,
    Report,
    Sample,
    alternate,
    best,
    percentile,
    ratios,
)

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_tiny_run_writes_a_document_and_a_page_and_leaves_no_data_behind(tmp_path: Path) -> None:
    written, data, docs = tmp_path / "bench.json", tmp_path / "data", tmp_path / "docs"

    ended = bench(
        *("--quick", "--only", "ledger", "--json", written, "--folder", data),
        *("--write-docs", "--docs", docs),
    )

    assert ended.returncode == 0, ended.stderr
    run = kept.read(written)["ledger"]
    assert run.machine["cores"] >= 1
    assert run.quick
    assert all(result.target is None for result in run.results)
    alone = next(result for result in run.results if result.bench == "ledger-alone")
    assert alone.value > 0
    assert alone.ratio
    assert alone.median
    assert str(alone.against) in ended.stdout
    assert str(alone.against) in (docs / "performance.md").read_text("utf-8")
    assert not data.exists()


def test_a_folder_that_holds_something_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")

    ended = bench("--quick", "--only", "ledger", "--folder", tmp_path)

    assert ended.returncode == 5
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.slow
def test_the_bare_floor_keeps_every_byte(tmp_path: Path) -> None:
    source = tmp_path / "recorder"
    source.mkdir()
    clips = {f"{n}.mp4": bytes([n]) * length for n, length in enumerate((0, 1, 4096, 5_000_001))}
    for name, data in clips.items():
        (source / name).write_bytes(data)

    ended = subprocess.run(
        [sys.executable, "bench/floor.py", source, tmp_path / "kept", "--read-back"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )

    assert json.loads(ended.stdout)["whole"] is True
    kept = [path for path in (tmp_path / "kept" / "sha256").rglob("*") if path.is_file()]
    assert sorted(path.read_bytes() for path in kept) == sorted(clips.values())


def test_contenders_take_turns_and_the_best_of_each_counts() -> None:
    order: list[str] = []
    times = {"a": iter([3.0, 1.0]), "b": iter([2.0, 4.0])}

    def run(name: str) -> Sample:
        order.append(name)
        return Sample(seconds=next(times[name]))

    samples = alternate({"a": lambda: run("a"), "b": lambda: run("b")}, 2)

    assert order == ["a", "b", "a", "b"]
    assert (best(samples["a"]).seconds, best(samples["b"]).seconds) == (1.0, 2.0)


def test_a_target_bounds_the_ratio_where_there_is_one_and_else_the_value() -> None:
    report = Report()

    report.add("ratio", 12.0, "s", against=("floor", 10.0), most=1.1)
    report.add("value", 12.0, "s", most=20)
    report.add("rate", 12.0, "1/s", least=20)

    assert [result.met for result in report.results] == [False, True, False]
    assert report.results[0].ratio == pytest.approx(1.2)
    assert report.results[1].ratio is None


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(100)]

    assert percentile(values, 50) == 50.0
    assert percentile(values, 99) == 99.0
    assert percentile([7.0], 99) == 7.0


def test_a_percentile_of_two_who_took_turns_is_compared_quarter_by_quarter() -> None:
    ours = [2.0, 2.0, 6.0, 6.0, 2.0, 2.0, 2.0, 2.0]
    theirs = [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0]

    assert ratios(ours, theirs, 50) == [2.0, 6.0, 1.0, 0.5]


@pytest.mark.parametrize("total", [5_000_000, 3_000_000_000, 60_000_000_000])
def test_a_shift_is_many_photos_and_some_films_of_very_different_length(total: int) -> None:
    sizes = shift(total)

    assert len(sizes) == 200
    assert sum(sizes.values()) == pytest.approx(total, rel=0.001)
    assert sizes == shift(total)
    films = [size for name, size in sizes.items() if name.endswith(".mp4")]
    photos = [size for name, size in sizes.items() if name.endswith(".jpg")]
    assert len(photos) > 100 > len(films) > 30
    assert max(films) > 20 * min(films)


@pytest.mark.slow
def test_a_peer_that_is_missing_or_does_not_work_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, ends in (("restic", 0), ("rclone", 3)):
        (programs / name).write_text(f"#!/bin/sh\nexit {ends}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr(peers, "PEERS", {name: peers.PEERS[name] for name in ("restic", "rclone")})

    found, missing = peers.working(tmp_path)

    assert found == {"restic": str(programs / "restic")}
    assert [line.partition(":")[0] for line in missing] == ["rclone does not work here"]
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["programs"]


def test_figures_of_real_usb_are_read_out_of_the_report_of_their_test(tmp_path: Path) -> None:
    report = tmp_path / "usb.xml"
    figures = (
        ("muniment, 200 MB", "32 MB/s"),
        ("muniment, each round", "31.0 32.1"),
        ("mtp-getfile, each round", "28.5 30.0"),
    )
    listed = "".join(f'<property name="{name}" value="{value}"/>' for name, value in figures)
    case = "<testsuites><testsuite><testcase>{}</testcase></testsuite></testsuites>"

    report.write_text(case.format(f"<properties>{listed}</properties>"))
    assert list(libmtp.read(report).values()) == [[31.0, 32.1], [28.5, 30.0]]
    report.write_text(case.format('<skipped message="no QEMU"/>'))
    with pytest.raises(NotRunError, match="no QEMU"):
        libmtp.read(report)
    for broken in ('<failure message="no"/>', ""):
        report.write_text(case.format(broken))
        with pytest.raises(BenchError):
            libmtp.read(report)
