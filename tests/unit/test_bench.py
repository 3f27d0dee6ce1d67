"""`make bench` runs and says what it found; how fast anything is, no test asks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.harness import Report, Sample, alternate, best, percentile

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
def test_a_tiny_run_writes_one_json_document_and_leaves_no_data_behind(tmp_path: Path) -> None:
    written, data = tmp_path / "bench.json", tmp_path / "data"

    ended = bench("--quick", "--only", "ledger", "--json", written, "--folder", data)

    assert ended.returncode == 0, ended.stderr
    document = json.loads(written.read_text())
    assert document["machine"]["cores"] >= 1
    assert document["machine"]["quick"] is True
    names = {"bench", "value", "unit", "ratio", "against"}
    assert document["results"]
    assert all(result.keys() >= names for result in document["results"])
    alone = next(r for r in document["results"] if r["bench"] == "ledger-alone")
    assert alone["value"] > 0
    assert alone["ratio"] > 0
    assert alone["against"] in ended.stdout
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
