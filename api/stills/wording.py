"""What is written below an exported frame, over it and into its text chunks. Values in, words out.

What always holds: the picture says on its own what it shows, when by both clocks, whose and of which original it is,
and who exported it when; the same facts stand in its text chunks, in full and under English names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from api.messages import Lang, name_of, say
from api.stills.choosing import Choice
from archive.catalogue.rows import ClipRow

_NONE: Final = "—"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Title, rows of name and words, watermark, text chunks."""

    title: str
    rows: tuple[tuple[str, str], ...]
    watermark: str
    chunks: dict[str, str]

    @property
    def text(self) -> str:
        """The caption in lines."""
        return "\n".join((self.title, *(f"{name}: {words}" for name, words in self.rows)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """Who exports, when, and where the times are local."""

    name: str
    account: str
    at: datetime
    zone: ZoneInfo
    case: str | None = None  # by whose grant
    mark: tuple[str, ...] = ()  # who watches and why, as over a film that plays


def wording(lang: Lang, clip: ClipRow, choice: Choice, still: str, exporter: Exporter) -> Wording:
    """Everything that is said of a still; `still` is the digest of the frame as decoded."""
    exported = moment(exporter.at, exporter.zone)
    cases = (exporter.case,) if exporter.case else clip.cases
    rows = (
        ("corrected", _corrected(lang, clip, choice, exporter.zone)),
        ("raw", _raw(lang, clip)),
        ("frame", _place(lang, choice)),
        ("recorder", clip.recorder or _NONE),
        ("officer", " · ".join(w for w in (clip.officer, clip.unit) if w) or _NONE),
        ("case", ", ".join(cases) or _NONE),
        ("clip", clip.clip),
        ("original", clip.sha256),
        ("still", still),
        (
            "exported",
            say(lang, "stills.by", name=exporter.name, account=exporter.account, at=exported),
        ),
    )
    return Wording(
        title=say(lang, "stills.heading"),
        rows=tuple((say(lang, f"stills.row.{name}"), words) for name, words in rows),
        watermark=" · ".join((*exporter.mark, exported)),
        chunks=_chunks(clip, choice, still, exporter, cases),
    )


def moment(at: datetime, zone: ZoneInfo, *, fine: bool = False) -> str:
    """A moment, local with its zone."""
    local = at.astimezone(zone)
    offset = local.strftime("%z")
    shown = local.isoformat(" ", "milliseconds" if fine else "seconds")[: 23 if fine else 19]
    return f"{shown} UTC{offset[:3]}:{offset[3:5]}"


def in_clip(us: int) -> str:
    """A place in a clip: hours, minutes, seconds with three places."""
    seconds, milliseconds = divmod(us // 1000, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"


def _shown_at(clip: ClipRow, choice: Choice) -> datetime | None:
    if clip.start is None:
        return None
    return datetime.fromisoformat(clip.start) + timedelta(microseconds=choice.at_us)


def _corrected(lang: Lang, clip: ClipRow, choice: Choice, zone: ZoneInfo) -> str:
    at = _shown_at(clip, choice)
    if at is None:
        return say(lang, "stills.no_time")
    words = moment(at, zone, fine=True)
    if clip.uncertainty_ms is None:
        return say(lang, "stills.uncorrected", at=words)
    return f"{words} ± {clip.uncertainty_ms / 1000:.3f} s"


def _raw(lang: Lang, clip: ClipRow) -> str:
    words = [
        clip.start_raw or (clip.modified if clip.start_source == "modified" else None) or _NONE
    ]
    if clip.start_source:
        words.append(name_of(lang, "source", clip.start_source))
    return " · ".join(words)


def _place(lang: Lang, choice: Choice) -> str:
    return say(
        lang,
        "stills.place",
        number=choice.number + 1,
        count=choice.count,
        at=in_clip(choice.at_us),
    )


def _chunks(
    clip: ClipRow, choice: Choice, still: str, exporter: Exporter, cases: tuple[str, ...]
) -> dict[str, str]:
    at = _shown_at(clip, choice)
    found = {
        "Muniment-Clip": clip.clip,
        "Muniment-Original-SHA256": clip.sha256,
        "Muniment-Still-SHA256": still,
        "Muniment-Time-In-Clip-Microseconds": str(choice.at_us),
        "Muniment-Frame": str(choice.number),  # from 0, as in the ledger
        "Muniment-Corrected-Time": ""
        if at is None
        else at.astimezone(UTC).isoformat(timespec="microseconds"),
        "Muniment-Uncertainty-Milliseconds": ""
        if clip.uncertainty_ms is None
        else str(clip.uncertainty_ms),
        "Muniment-Raw-Time": clip.start_raw or "",
        "Muniment-Recorder": clip.recorder or "",
        "Muniment-Officer": clip.officer or "",
        "Muniment-Case": ", ".join(cases),
        "Muniment-Exported-By": f"{exporter.name} ({exporter.account})",
        "Muniment-Exported-At": exporter.at.astimezone(UTC).isoformat(timespec="seconds"),
    }
    return {name: text for name, text in found.items() if text}
