"""Results as lines for a terminal, and numbers as text."""

from __future__ import annotations

from collections.abc import Sequence

from bench.harness import Result


def table(results: Sequence[Result], not_run: Sequence[tuple[str, str]]) -> str:
    """A line for each result, and one for each that is missing."""
    rows = [("bench", "value", "unit", "ratio", "median", "against", "target", "")]
    rows += [
        (
            result.bench,
            number(result.value),
            result.unit,
            "" if result.ratio is None else f"{result.ratio:.2f}",
            spread(result),
            result.against or "",
            result.target or "",
            {True: "met", False: "MISSED", None: ""}[result.met],
        )
        for result in results
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.rjust(width) if column in {1, 3} else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *(f"not run: {name}: {reason}" for name, reason in not_run)])


def spread(result: Result) -> str:
    """Median, least and most of the rounds, of the ratio or else of the value."""
    if result.median is None or result.low is None or result.high is None:
        return ""
    form = number if result.ratio is None else "{:.2f}".format
    return f"{form(result.median)} ({form(result.low)}–{form(result.high)})"


def number(value: float) -> str:
    """Three digits, or all of a large one."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 1 else f"{value:.2f}".rstrip("0").rstrip(".")
