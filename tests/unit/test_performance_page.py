"""docs/performance.md is made of what was measured, and nobody types a figure into it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from bench import kept
from bench.__main__ import BENCHES, main
from bench.drawn import PLOTS, drawings
from bench.harness import Curve, Report, Result
from bench.kept import DocumentError, Run
from bench.plots import Plot, PlotError, svg
from bench.published import ProseError, page, publish, tabled

DOCS = Path(__file__).resolve().parents[2] / "docs"
MACHINE = {
    "processor": "Loom",
    "cores": 2,
    "memory": 8_000_000_000,
    "system": "Linux 6.1",
    "python": "3.11.7",
    "file_system": "ext4 (rw)",
    "versions": {"restic": "0.14.0"},
}
AUDIT = Result(
    bench="audit-8x300MB",
    value=1.234567,
    unit="s",
    ratio=1.02,
    against="hashlib",
    target="≤ 1.03 x",
    met=True,
    median=1.05,
    low=1.01,
    high=1.5,
)


def run(name: str = "audit", **changed: object) -> Run:
    made = Run(
        name=name,
        date="2026-11-22T18:03:12Z",
        commit="abc123def",
        load=0.07,
        rounds=4,
        quick=False,
        machine=MACHINE,
        results=[AUDIT],
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def test_the_page_and_its_drawings_are_those_of_the_kept_results() -> None:
    runs = kept.read(DOCS / "performance" / "results.json")

    assert runs
    assert (DOCS / "performance.md").read_text("utf-8") == page(runs)
    assert (DOCS / "performance" / "results.json").read_text("utf-8") == kept.text(runs)
    there = {path.stem: path.read_text("utf-8") for path in DOCS.glob("performance/*.svg")}
    assert there == drawings(runs)
    assert not any(each.quick for each in runs.values())


def test_every_bench_has_one_table_on_the_page_and_every_plot_a_place() -> None:
    assert sorted(tabled()) == sorted(BENCHES)
    curves = [Curve(plot=name, series="ours", points=((10, 1), (100, 2))) for name in PLOTS]
    made = page({"audit": run(curves=curves)})
    assert all(f"](performance/{name}.svg)" in made for name in PLOTS)


def test_a_line_says_ratio_spread_target_and_when_and_where_it_was_measured() -> None:
    made = page({"audit": run()}, "# Audit\n\n{{table audit}}\n\n{{machines}}\n")

    assert made.splitlines()[4] == (
        "| audit-8x300MB | 1.23 | s | 1.02 | 1.05 (1.01–1.50) | hashlib | ≤ 1.03 x | met |"
    )
    assert "`audit` 2026-11-22 18:03, commit abc123def, load 0.07, 4 rounds, machine 1." in made
    assert "1. Loom, 2 cores, 8 GB, Linux 6.1, Python 3.11.7, ext4 (rw), restic 0.14.0." in made


def test_what_was_missed_not_run_or_not_measured_is_said() -> None:
    missed = run(results=[replace(AUDIT, met=False)], not_run=["borg is not installed"])

    made = page({"audit": missed}, "{{table audit}} {{table find}} {{not-run}}")

    assert "| **missed** |" in made
    assert "- `audit`: borg is not installed" in made
    assert "(not measured)" in made


def test_a_figure_within_a_sentence_is_out_of_the_results_too() -> None:
    prose = (
        "It is {{figure audit audit-8x300MB ratio 'two threads'}} x; {{figure audit other value}}."
    )
    found = replace(AUDIT, against="two threads")

    assert page({"audit": run(results=[found])}, prose) == "It is 1.02 x; (not measured)."


def test_a_mark_that_nobody_knows_is_no_page() -> None:
    with pytest.raises(ProseError):
        page({}, "{{tables audit}}")


def test_a_run_of_one_bench_leaves_the_others_with_their_own_date_and_machine(
    tmp_path: Path,
) -> None:
    find = run("find", results=[replace(AUDIT, bench="find-case")])
    publish(tmp_path, {"audit": run(), "find": find})
    later = run(date="2026-12-01T08:00:00Z", machine={**MACHINE, "processor": "Spindle"})

    publish(tmp_path, {"audit": later})

    made = (tmp_path / "performance.md").read_text("utf-8")
    assert "`audit` 2026-12-01 08:00, commit abc123def, load 0.07, 4 rounds, machine 1" in made
    assert "`find` 2026-11-22 18:03, commit abc123def, load 0.07, 4 rounds, machine 2" in made
    assert "1. Spindle" in made
    assert "2. Loom" in made


def test_a_run_that_could_not_measure_takes_no_figure_away(tmp_path: Path) -> None:
    publish(tmp_path, {"audit": run()})

    publish(tmp_path, {"audit": run(results=[], not_run=["needs 25 GB"])})

    assert "| audit-8x300MB | 1.24 |" in (tmp_path / "performance.md").read_text("utf-8")


def test_a_page_made_again_without_measuring_is_the_same(tmp_path: Path) -> None:
    curve = Curve(plot="audit", series="ours", points=((1e8, 0.1), (1e9, 0.812345)))
    first, second = tmp_path / "first", tmp_path / "second"
    publish(first, {"audit": run(curves=[curve])})

    ended = main(["--from", str(first / "performance" / "results.json"), "--docs", str(second)])

    assert ended == 0
    names = ("performance.md", "performance/results.json", "performance/audit.svg")
    assert [(first / n).read_text("utf-8") for n in names] == [
        (second / n).read_text("utf-8") for n in names
    ]


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2}', '{"format": 1, "runs": {"a": {}}}'])
def test_what_is_no_document_of_results_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.json").write_text(text)

    with pytest.raises(DocumentError):
        kept.read(tmp_path / "results.json")
    with pytest.raises(SystemExit):
        main(["--from", str(tmp_path / "results.json"), "--docs", str(tmp_path)])


def test_tiny_data_never_reach_the_page(tmp_path: Path) -> None:
    document = tmp_path / "bench.json"
    document.write_text(kept.text({"audit": run(quick=True)}), "utf-8")

    for arguments in (["--quick", "--write-docs"], ["--from", str(document)]):
        with pytest.raises(SystemExit) as refused:
            main(arguments)
        assert refused.value.code == 2


def test_median_and_spread_are_of_the_rounds_and_the_target_of_the_best() -> None:
    report = Report()

    against = ("floor", [2.0, 1.0, 4.0])
    report.compare("dock", [2.0, 3.0, 2.0], "s", against=against, most=2)
    report.compare("rate", [10.0, 30.0, 20.0], "MB/s", best=max)

    ratio, value = report.results
    assert (ratio.value, ratio.ratio, ratio.met) == (2.0, 2.0, True)
    assert (ratio.median, ratio.low, ratio.high) == (1.0, 0.5, 3.0)
    assert (value.value, value.median, value.low, value.high) == (30.0, 20.0, 10.0, 30.0)


def test_a_drawing_is_small_is_xml_and_says_everything_as_text() -> None:
    plot = Plot(title="Search <by> clips", x="clips", y="ms")
    curves = {"ours": [(1e3, 0.2), (1e6, 0.9)], "bare & plain": [(1e3, 0.1), (1e6, 0.3)]}

    drawn = svg(plot, curves)

    assert drawn == svg(plot, curves)
    assert len(drawn) < 6_000
    texts = [each.text for each in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own drawing
    wanted = {"Search <by> clips", "clips", "ms", "ours", "bare & plain", "1 k", "1 M", "0.1", "1"}
    assert wanted <= set(texts)


@pytest.mark.parametrize(
    "curves", [{}, {"ours": []}, {"ours": [(0, 1)]}, {str(n): [(1, 1)] for n in range(7)}]
)
def test_what_cannot_be_drawn_is_refused(curves: dict[str, list[tuple[float, float]]]) -> None:
    with pytest.raises(PlotError):
        svg(Plot(title="t", x="x", y="y"), curves)


def test_one_point_and_an_even_axis_can_be_drawn() -> None:
    drawn = svg(Plot(title="t", x="x", y="MB", log_y=False), {"ours": [(1e9, 76.3)]})

    assert ">80<" in drawn


def test_the_later_of_two_measurements_of_a_point_is_drawn() -> None:
    old, new = (
        run(
            name, date=date, curves=[Curve(plot="search", series="ours", points=((10, y), (99, 5)))]
        )
        for name, date, y in (("b", "2026-01-01T00:00:00Z", 1), ("a", "2026-02-01T00:00:00Z", 3))
    )

    runs = {"b": old, "a": new}

    assert drawings(runs) == drawings({"a": new})
    assert drawings(runs) != drawings({"b": old})


def test_the_kept_document_has_a_line_for_each_result_and_four_digits(tmp_path: Path) -> None:
    written = kept.text({"audit": run()})

    assert '   {"bench": "audit-8x300MB", "value": 1.235, "unit": "s"' in written
    assert json.loads(written)["runs"]["audit"]["commit"] == "abc123def"
    (tmp_path / "results.json").write_text(written, "utf-8")
    again = kept.read(tmp_path / "results.json")["audit"]
    assert again == run(results=[replace(AUDIT, value=1.235)], curves=[], not_run=[])
