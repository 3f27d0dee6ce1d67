"""What is brought in, and what rules and scores are made of. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from archive.tables import Words

ImportKind = Literal["dispatch", "case"]
IMPORT_KINDS: Final[tuple[ImportKind, ...]] = get_args(ImportKind)
Term = Literal["officer", "unit", "window", "place", "recorder", "mark", "dispatch"]
TERMS: Final[tuple[Term, ...]] = get_args(Term)
# What tells one case from another: moments and a mark alone tie nothing.
TELLING: Final[frozenset[Term]] = frozenset({"officer", "unit", "place", "recorder", "dispatch"})
TIMED: Final[frozenset[Term]] = frozenset({"window", "dispatch"})
FULL: Final = 1000  # per mille


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place, in 1e-7 degrees (WGS 84)."""

    lat: int
    lon: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row that was brought in: a dispatch, or what another system knows of a case."""

    line: int
    kind: ImportKind
    number: str  # of the dispatch, or of the case
    case: str | None  # number of the case that it belongs to
    title: str | None = None
    subject: str | None = None
    place: str | None = None
    point: Point | None = None
    unit: str | None = None  # name
    officers: tuple[str, ...] = ()  # badges
    recorders: tuple[str, ...] = ()  # serials
    from_us: int | None = None
    to_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What has to agree, and how much each counts."""

    id: str
    name: Words
    weights: tuple[tuple[Term, int], ...]  # per mille; 1000 together
    needs: frozenset[Term]
    least: int  # score from which it is proposed


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkBook:
    """All rules of one archive."""

    title: Words
    margin_us: int  # so far beside a case's time something still counts, less and less
    radius_m: int
    automatic: int  # score from which nobody is asked; 0: everybody is
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFacts:
    """What is known of a clip."""

    clip: str
    officer: str | None  # ids
    unit: str | None
    unit_name: str | None
    badge: str | None
    recorder: str | None  # serial
    from_us: int
    to_us: int
    marked: bool
    track: tuple[Point, ...] = ()
    station_unit: str | None = None  # where it was brought in


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What is known of a case, here and elsewhere."""

    id: str
    number: str
    unit: str | None  # id
    officers: frozenset[str]  # ids
    from_us: int | None
    to_us: int | None
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One term that agrees."""

    term: Term
    degree: int  # per mille
    said: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a rule says of a clip and a case."""

    rule: Rule
    score: int  # per mille
    matches: tuple[Match, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        """What agrees."""
        return tuple(match.term for match in self.matches)

    @property
    def reason(self) -> str:
        """Why, in both languages: it is read by people, and kept as it was written."""
        weights = dict(self.rule.weights)
        zh, en = (
            "; ".join(
                f"{m.said.of(lang)} ({weights[m.term] * m.degree // FULL}/{weights[m.term]})"
                for m in self.matches
            )
            for lang in ("zh", "en")
        )
        return f"{self.rule.name.zh}: {zh} / {self.rule.name.en}: {en}"
