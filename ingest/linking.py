"""Linking by rule: a clip belongs to a case when its officer works on the case and it was recorded in the case's time.

The rule is "officer-window": the case has officers, a begin and an end; the recording [start, start + duration]
and the window share at least a moment. What always holds: it links a pair once in a lifetime. Whoever unlinks a
pair by hand has the last word; closed cases and quarantined clips are left alone. Running it again, or twice at
once, links nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from archive.cases import CaseArchive, CaseCatalogue, deciding, link_event
from archive.catalogue.rows import CaseRow, ClipRow

RULE: Final = "officer-window"


class RuleCatalogue(CaseCatalogue, Protocol):
    """What the rule asks of the catalogue."""

    def case(self, case_id: str) -> CaseRow | None:
        """A case by id."""
        ...

    def rule_candidates_of_case(self, case_id: str) -> list[str]:
        """Clips that the rule ties to a case and nobody linked or unlinked yet."""
        ...

    def rule_candidates_of_clips(self, clip_ids: Sequence[str]) -> list[tuple[str, str]]:
        """The same, for clips: pairs of clip and case."""
        ...


class RuleArchive(CaseArchive, Protocol):
    """What the rule needs of an archive."""

    @property
    def catalogue(self) -> RuleCatalogue:
        """What is known."""
        ...


def link_case(archive: RuleArchive, *, actor: str, case_id: str) -> list[str]:
    """Link to a case what the rule ties to it, after it was opened; answers with the clips linked.

    Raises:
        ArchiveError, OSError: nothing was linked.
    """
    with deciding(archive):
        clips = archive.catalogue.rule_candidates_of_case(case_id)
        _link(archive, actor, [(clip, case_id) for clip in clips])
    return clips


def link_clips(archive: RuleArchive, *, actor: str, clips: Sequence[str]) -> list[tuple[str, str]]:
    """Link clips to the cases the rule ties them to, after they arrived or were examined.

    Answers with pairs of clip and case.

    Raises:
        ArchiveError, OSError: nothing was linked.
    """
    if not clips:
        return []
    with deciding(archive):
        pairs = archive.catalogue.rule_candidates_of_clips(clips)
        _link(archive, actor, pairs)
    return pairs


def _link(archive: RuleArchive, actor: str, pairs: Sequence[tuple[str, str]]) -> None:
    events = []
    for clip_id, case_id in pairs:
        clip, case = archive.catalogue.clip(clip_id), archive.catalogue.case(case_id)
        if clip is None or case is None:
            continue
        reason = reason_of(clip, case)
        events.append(
            link_event(
                clip=clip_id, case_id=case_id, actor=actor, by="rule", rule=RULE, reason=reason
            )
        )
    if events:
        archive.record(events)


def reason_of(clip: ClipRow, case: CaseRow) -> str:
    """Why the rule links the two, in both languages: it is read by people, and kept as it was written."""
    badge = clip.officer or "?"
    length = "" if clip.duration is None else f" (+{clip.duration:.1f} s)"
    return (
        f"执法人员 {badge} 属于本案,录制时间 {clip.start}{length} 在案件时段 {case.from_} 至 {case.to} 之内"
        f" / officer {badge} is on the case, and the recording of {clip.start}{length}"
        f" overlaps its time, {case.from_} to {case.to}"
    )
