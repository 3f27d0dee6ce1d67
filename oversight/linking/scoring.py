"""How well a clip and a case agree: a score per mille, and what it is made of. Pure functions.

What always holds: a score is 0 to 1000, and more only where more agrees; a clip that comes nearer to a case's time
never scores less; what a rule needs and does not find makes it say nothing.
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import Final

from archive.catalogue.times import moment_text
from archive.tables import Words
from oversight.linking.model import (
    FULL,
    CaseFacts,
    ClipFacts,
    LinkBook,
    Match,
    Point,
    Record,
    Rule,
    Score,
    Term,
)

_EARTH_M: Final = 6_371_008.8  # mean radius, IUGG
_HALF: Final = FULL // 2
_Matches = dict[Term, Match]


def best(book: LinkBook, clip: ClipFacts, case: CaseFacts) -> Score | None:
    """The rule that says most of the two, of those that propose them; None: none does."""
    found: _Matches = matches(book, clip, case)
    scores = [s for rule in book.rules if (s := _score(rule, found)) is not None]
    return max(scores, key=lambda s: s.score, default=None)


def _score(rule: Rule, found: _Matches) -> Score | None:
    if not rule.needs <= found.keys():
        return None
    agree = tuple(found[term] for term, weight in rule.weights if weight and term in found)
    weights = dict(rule.weights)
    total = sum(weights[match.term] * match.degree for match in agree) // FULL
    return Score(rule=rule, score=total, matches=agree) if total >= rule.least else None


def matches(book: LinkBook, clip: ClipFacts, case: CaseFacts) -> _Matches:
    """Every term that agrees at all."""
    near = _near_record(book, clip, case)
    found = (
        _officer(clip, case, near),
        _unit(clip, case, near),
        _window(book, clip, case),
        _place(book, clip, case, near),
        _recorder(clip, near),
        _mark(clip),
        _dispatch(book, clip, near),
    )
    return {match.term: match for match in found if match is not None and match.degree > 0}


def closeness(first: int, last: int, since: int | None, until: int | None, margin: int) -> int:
    """How far a recording lies in a stretch of time, per mille: all of it within 1000, touching 500, a margin off 0.

    Args:
        first: moment of the recording, microseconds.
        last: moment of it.
        since: begin of the stretch; None: its end.
        until: end of the stretch; None: its begin.
        margin: microseconds.
    """
    begin = until if since is None else since
    end = since if until is None else until
    if begin is None or end is None:
        return 0
    apart = max(begin - last, first - end, 0)
    if apart:
        return _HALF * (margin - apart) // margin if apart < margin else 0
    length = last - first
    within = min(last, end) - max(first, begin)
    return FULL if length <= 0 else _HALF + _HALF * within // length


def metres(a: Point, b: Point) -> float:
    """How far apart two places are, on a sphere."""
    lat_a, lon_a, lat_b, lon_b = (radians(v / 1e7) for v in (a.lat, a.lon, b.lat, b.lon))
    chord = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * _EARTH_M * asin(min(1.0, sqrt(chord)))


def _near_record(book: LinkBook, clip: ClipFacts, case: CaseFacts) -> Record | None:
    """Of what was brought in about the case, that which lies next to the clip in time."""
    timed = [(_record_closeness(book, clip, r), -r.line, r) for r in case.records]
    near = max(timed, key=lambda t: t[:2], default=None)
    return None if near is None or not near[0] else near[2]


def _record_closeness(book: LinkBook, clip: ClipFacts, record: Record) -> int:
    return closeness(clip.from_us, clip.to_us, record.from_us, record.to_us, book.margin_us)


def _officer(clip: ClipFacts, case: CaseFacts, near: Record | None) -> Match | None:
    if clip.officer is None:
        return None
    named = near is not None and clip.badge is not None and clip.badge in near.officers
    if clip.officer not in case.officers and not named:
        return None
    badge = clip.badge or "?"
    return _match("officer", FULL, f"执法人员 {badge} 属于本案", f"officer {badge} is on the case")


def _unit(clip: ClipFacts, case: CaseFacts, near: Record | None) -> Match | None:
    sent = near is not None and clip.unit_name is not None and near.unit == clip.unit_name
    if not sent and (clip.unit is None or clip.unit != case.unit):
        return None
    return _match("unit", FULL, "单位相同", "the same unit")


def _window(book: LinkBook, clip: ClipFacts, case: CaseFacts) -> Match | None:
    degree = closeness(clip.from_us, clip.to_us, case.from_us, case.to_us, book.margin_us)
    start = moment_text(clip.from_us)
    if degree >= _HALF:
        return _match("window", degree, f"{start} 起的录像在案件时段内", f"{start} is in its time")
    return _match("window", degree, f"{start} 起的录像接近案件时段", f"{start} is near its time")


def _place(book: LinkBook, clip: ClipFacts, case: CaseFacts, near: Record | None) -> Match | None:
    points = [r.point for r in ((near,) if near else case.records) if r.point is not None]
    if clip.track and points:
        apart = min(metres(p, at) for p in points for at in clip.track)
        degree = _by_distance(apart, book.radius_m)
        far = round(apart)
        return _match("place", degree, f"轨迹距现场 {far} 米", f"its track is {far} m from there")
    if clip.track or clip.station_unit is None or clip.station_unit != case.unit:
        return None
    # Without a track the station says where, roughly: half as much.
    return _match("place", _HALF, "在本案单位的采集站接入", "brought in at the unit's station")


def _by_distance(apart: float, radius: int) -> int:
    """All within the radius, nothing from twice as far on."""
    if apart <= radius:
        return FULL
    return max(0, int(FULL * (2 * radius - apart) / radius)) if radius else 0


def _recorder(clip: ClipFacts, near: Record | None) -> Match | None:
    if near is None or clip.recorder is None or clip.recorder not in near.recorders:
        return None
    return _match(
        "recorder", FULL, f"派单记录仪 {clip.recorder}", f"recorder {clip.recorder} was sent"
    )


def _mark(clip: ClipFacts) -> Match | None:
    if not clip.marked:
        return None
    return _match("mark", FULL, "录制时标为重点", "marked on the recorder")


def _dispatch(book: LinkBook, clip: ClipFacts, near: Record | None) -> Match | None:
    if near is None:
        return None
    degree = _record_closeness(book, clip, near)
    word = "派单" if near.kind == "dispatch" else "案件数据"
    return _match(
        "dispatch",
        degree,
        f"与{word} {near.number} 的时间相符",
        f"agrees in time with {near.kind} data {near.number}",
    )


def _match(term: Term, degree: int, zh: str, en: str) -> Match:
    return Match(term=term, degree=degree, said=Words(zh=zh, en=en))
