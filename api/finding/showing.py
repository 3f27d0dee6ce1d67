"""What the find page shows of a search: its conditions, what it could be narrowed by, its time, its rows.

What always holds: every choice is an address, so the page works without script; a number beside a choice is what
choosing it finds. Pure functions of values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from archive.catalogue.facets import Bin, Facets

KINDS: Final = ("video", "photo", "audio", "document", "data")
# Name in the catalogue's facets: the filter, and what it holds.
_STATES: Final = (
    ("marked", "mark", "true"),
    ("unmarked", "mark", "false"),
    ("damaged", "damage", "true"),
    ("late", "late", "true"),
    ("quarantined", "quarantined", "true"),
    ("unlinked", "linked", "false"),
)
_TRUTHS: Final = {(name, value): state for state, name, value in _STATES}
_MOST_BARS: Final = 200
_WIDTH, _HEIGHT = 1000.0, 64.0
_WIDEST: Final = 96.0
_MOST_LABELS: Final = 12
_LEAST: Final = 3.0  # of a bar: one clip among thousands can still be seen and clicked
_INSTANT: Final = timedelta(microseconds=1)
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stretch of time with clips in it."""

    x: float
    y: float
    width: float
    height: float
    clips: int
    words: str
    href: str


def address(words: Words, **changes: str | None) -> str:
    """The find page's address of these filters."""
    kept = {n: w for n, w in {**words, **changes}.items() if w is not None}
    return f"/?{urlencode(kept)}" if kept else "/"


def chips(words: Words) -> list[dict[str, Any]]:
    """The conditions of a search, each with the address of the search without it."""
    found = []
    for name, value in words.items():
        if name == "to" and "from" in words:
            continue  # said with its beginning
        gone: dict[str, str | None] = {name: None}
        shown, key = value, None
        if name == "from" and "to" in words:
            gone["to"] = None
            shown = value if words["to"] == value else f"{value} – {words['to']}"
        elif name == "kind":
            key = f"kind.{value}" if value in KINDS else None
        elif (state := _TRUTHS.get((name, value))) is not None:
            key = f"facet.{state}"
        filter_ = "time" if name == "from" and "to" in words else name
        found.append(
            {"name": filter_, "words": shown, "key": key, "without": address(words, **gone)}
        )
    return found


def facets(words: Words, found: Facets | None, today: date) -> list[dict[str, Any]]:
    """Groups of choices; with numbers where there is a search."""
    groups = [
        _group("state", [_state(words, found, *state) for state in _STATES]),
        _group("time", _times(words, today)),
    ]
    kinds = [(kind, None) for kind in KINDS] if found is None else found.kinds
    groups.append(
        _group("kind", [_choice(words, "kind", k, n, key=f"kind.{k}") for k, n in kinds if k])
    )
    units = [] if found is None else [(name, n) for name, n in found.units if name]
    if len(units) > 1 or "unit" in words:
        groups.append(_group("unit", [_choice(words, "unit", u, n) for u, n in units]))
    return [group for group in groups if group["choices"]]


def _group(name: str, choices: Sequence[dict[str, Any] | None]) -> dict[str, Any]:
    return {"name": name, "choices": [choice for choice in choices if choice is not None]}


def _state(
    words: Words, found: Facets | None, state: str, filter_: str, value: str
) -> dict[str, Any] | None:
    n = None if found is None else found.states.get(state, 0)
    if n == 0 and words.get(filter_) != value:
        return None
    return _choice(words, filter_, value, n, key=f"facet.{state}")


def _times(words: Words, today: date) -> list[dict[str, Any]]:
    begins = {
        "today": today,
        "week": today - timedelta(days=6),
        "month": today - timedelta(days=29),
    }
    return [
        {
            "key": f"facet.{name}",
            "words": None,
            "clips": None,
            "chosen": words.get("from") == day.isoformat() and "to" not in words,
            "href": address(words, **{"from": day.isoformat(), "to": None}),
        }
        for name, day in begins.items()
    ]


def _choice(
    words: Words, filter_: str, value: str, clips: int | None, *, key: str | None = None
) -> dict[str, Any]:
    chosen = words.get(filter_) == value
    return {
        "key": key,
        "words": value,
        "clips": clips,
        "chosen": chosen,
        "href": address(words, **{filter_: None if chosen else value}),
    }


def timeline(found: Facets, words: Words, zone: ZoneInfo) -> dict[str, Any] | None:
    """The search's clips over time; None where there are none whose time is known."""
    bins = found.bins
    if not bins:
        return None
    places = _places(found)
    wide = max(places) + 1
    most = max(b.clips for b in bins)
    step = _WIDTH / wide
    width = round(max(1.5, min(step * 0.84, _WIDEST)), 2)
    bars = []
    for place, b in zip(places, bins, strict=True):
        height = max(_LEAST, round(b.clips / most * (_HEIGHT - 4), 1))
        begin, end = span_words(b, zone)
        bars.append(
            Bar(
                x=round((place + 0.5) * step - width / 2, 2),
                y=round(_HEIGHT - height, 1),
                width=width,
                height=height,
                clips=b.clips,
                words=_label(b, found.grain, zone),
                href=address(words, **{"from": begin, "to": end}),
            )
        )
    return {
        "grain": found.grain,
        "width": _WIDTH,
        "height": _HEIGHT,
        "bars": bars,
        "even": wide <= _MOST_LABELS,
        "labels": _each(places, bars) if wide <= _MOST_LABELS else _ends(bars),
        "unknown": found.unknown,
        "wider": address(words, **{"from": None, "to": None})
        if "from" in words or "to" in words
        else None,
    }


def _each(places: Sequence[int], bars: Sequence[Bar]) -> list[str]:
    """One label below each place, empty where nothing is; of a day without the year, of an hour without the day."""
    said = dict(zip(places, (bar.words for bar in bars), strict=True))
    short = {10: slice(5, None), 16: slice(11, None)}
    words = [said.get(place, "") for place in range(max(places) + 1)]
    return [w[short.get(len(w), slice(None))] if n else w for n, w in enumerate(words)]


def _ends(bars: Sequence[Bar]) -> list[str]:
    """The first and the last label, which is all that says where it stands however wide the page is."""
    return [bars[0].words, bars[-1].words]


def _places(found: Facets) -> list[int]:
    """Where each bin stands; side by side where the pauses between them would leave no room."""
    first = found.bins[0].begin
    if found.grain == "month":
        # A bin begins at midnight of UTC+8; half a month on, every zone agrees on which month it is.
        months = [(b.begin + timedelta(days=14)) for b in found.bins]
        places = [(m.year - months[0].year) * 12 + m.month - months[0].month for m in months]
    else:
        unit = timedelta(days=1) if found.grain == "day" else timedelta(hours=1)
        places = [(b.begin - first) // unit for b in found.bins]
    return places if places[-1] < _MOST_BARS else list(range(len(places)))


def span_words(b: Bin, zone: ZoneInfo) -> tuple[str, str]:
    """A bin as the filters `from` and `to`: days where it is whole days here, else moments."""
    begin, last = b.begin.astimezone(zone), (b.end - _INSTANT).astimezone(zone)
    after = b.end.astimezone(zone)
    if begin.time() == after.time() == datetime.min.time():
        return begin.date().isoformat(), last.date().isoformat()
    return begin.isoformat(), last.isoformat()


def _label(b: Bin, grain: str, zone: ZoneInfo) -> str:
    if grain == "month":
        return (b.begin + timedelta(days=14)).strftime("%Y-%m")
    local = b.begin.astimezone(zone)
    if grain == "day":
        return (b.begin + timedelta(hours=12)).astimezone(zone).date().isoformat()
    return local.strftime("%Y-%m-%d %H:00")


def runs(views: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in their order, those of one recording that stand together as one group."""
    found: list[dict[str, Any]] = []
    for view in views:
        part = view["part"]
        recording = None if part is None else part.recording
        if not found or found[-1]["recording"] != recording:
            parts = None if part is None else part.parts
            found.append({"recording": recording, "parts": parts, "clips": []})
        found[-1]["clips"].append(view)
    return found
