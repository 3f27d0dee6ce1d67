"""A case against what is required of it (R7; field rules on times and stops). Pure functions: no clock, no files.

What always holds: the same facts give the same findings in the same order. A recording is compared with the times on
the documents where those are stated, with the days of its stage where they are not. What its clock may be wrong by,
and what the list allows, is never counted against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from archive.catalogue.times import microseconds
from oversight.checks.facts import CaseFacts, ClipFact, TimeFact
from oversight.checks.findings import Finding, Required, State
from oversight.checks.spans import Span, gaps, length
from oversight.checks.stopped import explaining
from oversight.lists.recording import Requirement

_KINDS: Final = {
    "video": frozenset({"video"}),
    "audio": frozenset({"video", "audio"}),  # a film has its sound
    "photo": frozenset({"video", "photo"}),
    "any": frozenset({"video", "audio", "photo"}),
}
_Outcome = tuple[Required, list[Finding]]


def check_requirement(facts: CaseFacts, required: Requirement, zone: ZoneInfo) -> _Outcome:
    """How one required recording stands.

    Args:
        facts: of the case.
        required: what its list asks for.
        zone: where the archive is: a stage has days.
    """
    times = [t for t in facts.times if required.part is not None and t.part == required.part]
    clips = [c for c in facts.clips if c.kind in _KINDS[required.manner]]
    if times:
        findings = [f for t in times for f in _against(facts, required, t, clips, zone)]
        near = [c for t in times for c in _near(clips, required, _span(t))]
        return _required(required, findings, near), findings
    if required.held:
        return Required(requirement=required, state="not_due"), []
    return _by_stage(facts, required, clips, zone)


def _required(
    required: Requirement, findings: Sequence[Finding], clips: Iterable[ClipFact]
) -> Required:
    state: State = "kept"
    if findings:
        state = "explained" if all(f.explained for f in findings) else "finding"
    names = tuple(dict.fromkeys(c.clip for c in clips))
    return Required(requirement=required, state=state, clips=names)


def _by_stage(
    facts: CaseFacts, required: Requirement, clips: list[ClipFact], zone: ZoneInfo
) -> _Outcome:
    """No paper says when it was: then on the days of its stage."""
    span, left = _stage(facts, required.stage, zone)
    if span is None:
        return Required(requirement=required, state="not_due"), []
    near = [c for c in clips if c.begin is not None and c.begin < span[1] and c.end >= span[0]]
    findings: list[Finding] = []
    if not near and not left:
        return Required(requirement=required, state="waiting"), []
    if not near:
        undated = sum(c.begin is None for c in clips)
        findings.append(Finding(code="missing", requirement=required, undated=undated))
    else:
        findings += _short(required, near, length((c.begin or 0, c.end) for c in near), None)
        if required.full and left:
            findings.append(Finding(code="untimed", requirement=required, clip=near[0].clip))
    return _required(required, findings, near), findings


def _stage(facts: CaseFacts, stage: str, zone: ZoneInfo) -> tuple[Span | None, bool]:
    """The days of a stage, and whether the case has left it."""
    entered = [n for n, s in enumerate(facts.stages) if s.stage == stage]
    if not entered:
        return None, False
    after = [s.at for s in facts.stages[entered[-1] + 1 :]]
    begin = _day(min(facts.stages[n].at for n in entered), zone)[0]
    end = _day(max(after), zone)[1] if after else 2**62
    return (begin, max(begin, end)), bool(after) or facts.over


def _against(
    facts: CaseFacts, required: Requirement, time: TimeFact, clips: list[ClipFact], zone: ZoneInfo
) -> Iterator[Finding]:
    """What is wrong with the recording of what one document says took place."""
    wanted = _span(time)
    near = _near(clips, required, wanted)
    if not near:
        yield _absent(facts, required, time, clips, zone)
        return
    if required.full:
        yield from _edges(facts, required, time, near)
        yield from _stops(facts, required, time, near)
    inside = length(_inside(c, wanted) for c in near) if wanted[0] < wanted[1] else None
    yield from _short(required, near, inside, time)


def _absent(
    facts: CaseFacts, required: Requirement, time: TimeFact, clips: list[ClipFact], zone: ZoneInfo
) -> Finding:
    wanted = _span(time)
    first, after = _day(wanted[0], zone)[0], _day(wanted[1], zone)[1]
    that_day = any(c.begin is not None and c.begin < after and c.end >= first for c in clips)
    return Finding(
        code="time_outside" if that_day else "missing",
        requirement=required,
        document=time.document,
        from_us=wanted[0],
        to_us=wanted[1],
        undated=sum(c.begin is None for c in clips),
        explained=explaining(facts.stops, wanted, required.gap_us),
    )


def _edges(
    facts: CaseFacts, required: Requirement, time: TimeFact, near: list[ClipFact]
) -> Iterator[Finding]:
    begin, end = _span(time)
    first, last = min(near, key=_begin), max(near, key=_end)
    if _begin(first) > begin + required.tolerance_us + first.uncertainty:
        yield _edge(facts, required, time, "starts_after", first)
    if _end(last) < end - required.tolerance_us - last.uncertainty:
        yield _edge(facts, required, time, "ends_before", last)


def _edge(
    facts: CaseFacts,
    required: Requirement,
    time: TimeFact,
    code: Literal["starts_after", "ends_before"],
    clip: ClipFact,
) -> Finding:
    begin, end = _span(time)
    begin, end = (begin, _begin(clip)) if code == "starts_after" else (_end(clip), end)
    ended = () if code == "starts_after" else (clip.clip,)
    return Finding(
        code=code,
        requirement=required,
        document=time.document,
        clip=clip.clip,
        from_us=begin,
        to_us=end,
        by_us=end - begin,
        explained=explaining(facts.stops, (begin, end), required.gap_us, ended=ended),
    )


def _stops(
    facts: CaseFacts, required: Requirement, time: TimeFact, near: list[ClipFact]
) -> Iterator[Finding]:
    """Where nothing was recorded between two clips; another recorder that went on is no stop."""
    begin, end = _span(time)
    spans = [(_begin(c), _end(c)) for c in near]
    within = (max(begin, min(s[0] for s in spans)), min(end, max(s[1] for s in spans)))
    for hole in gaps(spans, within):
        ended = [c for c in near if _end(c) == hole[0]]
        allowed = required.gap_us + max((c.uncertainty for c in ended), default=0)
        if hole[1] - hole[0] <= allowed:
            continue
        yield Finding(
            code="stop",
            requirement=required,
            document=time.document,
            clip=ended[0].clip if ended else None,
            from_us=hole[0],
            to_us=hole[1],
            by_us=hole[1] - hole[0],
            explained=explaining(
                facts.stops, hole, required.gap_us, ended=tuple(c.clip for c in ended)
            ),
        )


def _short(
    required: Requirement, near: list[ClipFact], recorded: int | None, time: TimeFact | None
) -> Iterator[Finding]:
    found = length((_begin(c), _end(c)) for c in near) if recorded is None else recorded
    least = required.least_us
    if time is not None and time.end is not None:  # what took less time needs no more
        least = min(least, max(0, time.end - time.begin))
    if found < least:
        yield Finding(
            code="short",
            requirement=required,
            document=None if time is None else time.document,
            clip=near[0].clip,
            by_us=least - found,
        )


def _near(clips: Iterable[ClipFact], required: Requirement, span: Span) -> list[ClipFact]:
    """Clips that were running, as far as their clocks and the list allow."""
    found = []
    for clip in clips:
        if clip.begin is None:
            continue
        slack = required.tolerance_us + clip.uncertainty
        if clip.begin <= span[1] + slack and clip.end >= span[0] - slack:
            found.append(clip)
    return sorted(found, key=lambda c: (_begin(c), c.clip))


def _inside(clip: ClipFact, span: Span) -> Span:
    begin = min(max(_begin(clip), span[0]), span[1])
    return begin, max(begin, min(_end(clip), span[1]))


def _span(time: TimeFact) -> Span:
    return time.begin, max(time.begin, time.begin if time.end is None else time.end)


def _begin(clip: ClipFact) -> int:
    return clip.begin or 0


def _end(clip: ClipFact) -> int:
    return clip.end


@lru_cache(maxsize=4096)
def _day_of(day: str, zone: ZoneInfo) -> Span:
    begin = datetime.fromisoformat(day).replace(tzinfo=zone)
    # By the calendar, not by 24 h: a clock may have been put forward that day.
    return microseconds(begin), microseconds(begin + timedelta(days=1))


def _day(moment: int, zone: ZoneInfo) -> Span:
    return _day_of(datetime.fromtimestamp(moment // 1_000_000, zone).date().isoformat(), zone)
