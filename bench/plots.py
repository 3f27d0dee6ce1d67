"""Curves as SVG: two axes, one line with its own mark for each series, text as text.

Holds: the same curves give the same bytes; nothing is loaded from elsewhere; it can be read on a light and on a dark
ground, and without colours. It knows nothing of benches.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

Points = Sequence[tuple[float, float]]

WIDTH: Final = 640
HEIGHT: Final = 380
_LEFT, _RIGHT, _BOTTOM = 64, 24, 48
_TOP: Final = 34  # below the title; the legend takes more
_LINE: Final = 18  # of the legend
_SERIES: Final = 6  # colours and marks; there are no plots of more
_STYLE: Final = """
 text { font: 12px sans-serif; fill: #444 }
 .title { font-weight: bold; font-size: 14px }
 .axis { stroke: #777; fill: none } .grid { stroke: #8884; fill: none }
 .s0 { --c: #0072b2 } .s1 { --c: #c44e00 } .s2 { --c: #00805c }
 .s3 { --c: #a84a83 } .s4 { --c: #7a6a00 } .s5 { --c: #666 }
 .line { stroke: var(--c); fill: none; stroke-width: 2 } .mark { fill: var(--c) }
 @media (prefers-color-scheme: dark) {
  text { fill: #ccc }
  .s0 { --c: #56b4e9 } .s1 { --c: #ff9040 } .s2 { --c: #2fc79a }
  .s3 { --c: #e59ac6 } .s4 { --c: #e6d24a } .s5 { --c: #aaa }
 }"""
_DASHES: Final = ("", "6 3", "2 3", "8 3 2 3", "1 4", "12 4")


class PlotError(ValueError):
    """There is nothing to draw, or it cannot be drawn so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A drawing and its axes."""

    title: str
    x: str
    y: str
    log_x: bool = True
    log_y: bool = True


@dataclass(frozen=True, slots=True)
class Axis:
    """From values to places on the paper."""

    low: float
    high: float
    start: float
    end: float
    log: bool

    def place(self, value: float) -> float:
        """Where a value lies."""
        low, high, at = ((math.log10(v) if self.log else v) for v in (self.low, self.high, value))
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> Iterator[float]:
        """Values that are written at the axis: powers of ten, or a few even steps."""
        if self.log:
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            every = max(1, (last - first) // 6)
            yield from (10.0**power for power in range(first, last + 1, every))
        else:
            step = _step(self.high)
            yield from (step * number for number in range(round(self.high / step) + 1))


def svg(plot: Plot, curves: Mapping[str, Points]) -> str:
    """The drawing.

    Raises:
        PlotError: no points, more than six series, or a value that has no logarithm.
    """
    if not any(curves.values()) or len(curves) > _SERIES:
        raise PlotError(f"{len(curves)} series: there must be 1 to {_SERIES}, with points")
    in_row = 2 if len(curves) > 3 else 1
    top = _TOP + _LINE * -(-len(curves) // in_row)
    xs = [x for points in curves.values() for x, _ in points]
    ys = [y for points in curves.values() for _, y in points]
    across = _axis(xs, _LEFT, WIDTH - _RIGHT, log=plot.log_x)
    up = _axis(ys, HEIGHT - _BOTTOM, top, log=plot.log_y)
    series = "; ".join(curves)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(plot.title)}</title>",
        f"<desc>{escape(f'{plot.y} by {plot.x}: {series}')}</desc>",
        f"<style>{_STYLE}\n</style>",
        f'<text class="title" x="{_LEFT}" y="20">{escape(plot.title)}</text>',
        *_frame(plot, across, up),
    ]
    for number, (name, points) in enumerate(curves.items()):
        parts += _drawn(number, sorted(points), across, up)
        parts += _legend(number, name, in_row)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axis(values: Sequence[float], start: float, end: float, *, log: bool) -> Axis:
    if not log:
        step = _step(max(values))
        return Axis(0.0, step * math.ceil(max(values) / step), start, end, log)
    if min(values) <= 0:
        raise PlotError("zero has no logarithm")
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return Axis(10.0**low, 10.0 ** max(high, low + 1), start, end, log)


def _step(high: float) -> float:
    """A round number, of which five or fewer reach `high`."""
    if high <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(high / 5))
    return next(n * power for n in (1, 2, 5, 10) if n * power * 5 >= high * 0.999)


def _frame(plot: Plot, across: Axis, up: Axis) -> Iterator[str]:
    bottom = HEIGHT - _BOTTOM
    for tick in across.ticks():
        x = f"{across.place(tick):.1f}"
        yield f'<path class="grid" d="M{x} {bottom}V{up.end}"/>'
        yield f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{_short(tick)}</text>'
    for tick in up.ticks():
        y = up.place(tick)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_short(tick)}</text>'
    yield f'<path class="axis" d="M{_LEFT} {up.end}V{bottom}H{WIDTH - _RIGHT}"/>'
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    yield f'<text x="{middle:g}" y="{HEIGHT - 10}" text-anchor="middle">{escape(plot.x)}</text>'
    at = (up.end + bottom) / 2
    yield (
        f'<text transform="translate(14 {at:g}) rotate(-90)" text-anchor="middle">'
        f"{escape(plot.y)}</text>"
    )


def _drawn(number: int, points: Points, across: Axis, up: Axis) -> Iterator[str]:
    places = [(across.place(x), up.place(y)) for x, y in points]
    yield f'<g class="s{number}">'
    if len(places) > 1:
        yield _stroke(number, "L".join(f"{x:.1f} {y:.1f}" for x, y in places))
    yield from (_mark(number, x, y) for x, y in places)
    yield "</g>"


def _legend(number: int, name: str, in_row: int) -> Iterator[str]:
    column, row = number % in_row, number // in_row
    x, y = _LEFT + column * (WIDTH - _LEFT) // 2, _TOP + _LINE * row
    yield f'<g class="s{number}">{_stroke(number, f"{x} {y}H{x + 30}")}{_mark(number, x + 15, y)}</g>'
    yield f'<text x="{x + 38}" y="{y + 4}">{escape(name)}</text>'


def _stroke(number: int, path: str) -> str:
    dash = f' stroke-dasharray="{_DASHES[number]}"' if number else ""
    return f'<path class="line"{dash} d="M{path}"/>'


def _mark(number: int, x: float, y: float) -> str:
    shapes = (
        "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",  # disc
        "m-4-4h8v8h-8z",  # square
        "m0-5l5 9h-10z",  # triangle
        "m0-5l5 5l-5 5l-5-5z",  # diamond
        "m0 5l5-9h-10z",  # the other triangle
        "m-5-2h10v4h-10z",  # bar
    )
    return f'<path class="mark" d="M{x:.1f} {y:.1f}{shapes[number]}"/>'


def _short(value: float) -> str:
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
