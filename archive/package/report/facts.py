"""What the report says, as values: gathered once, shown twice (html.py, pdf.py). Nothing is decided here.

Holds: every text that somebody may have written is made visible (`shown`) before it reaches a page: no control
character and no mark that turns the direction of writing around gets through.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from archive.catalogue.rows import CustodyRow
from archive.ledger.note import Checkpoint
from archive.opening import Archive
from archive.package.document import original_path, rendition_path
from archive.package.payload import dated
from archive.package.report.words import pair
from archive.package.selecting import Clip, LeftOut, Selection
from archive.package.tokens import Token

Names = Callable[[str, str, str], str]  # language ("zh", "en"), group, code -> words
# Members of an entry that are codes, and the group that has their words.
# A docking says why it linked a clip by the option that it was started with; `by` says the same in words.
_OPTION: Final = re.compile(r"--case .*", re.DOTALL)
_DETAIL: Final = {"what": "what", "by": "by", "why": "why"}


def plain_name(_language: str, _group: str, code: str) -> str:
    """A code as the ledger writes it, where nobody gave words for it."""
    return code


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """One line of a clip's timeline."""

    index: int
    time: str
    zh: str
    en: str
    who: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFacts:
    """One clip."""

    id: str
    name: str  # its path on the recorder
    path: str  # in the bag
    sha256: str
    size: int
    start: str | None
    start_source: str | None
    offset_ms: int | None  # that the recorder's clock was off; added to `start`
    recorder: str
    officer: str | None
    unit: str | None
    ingested: str
    docked_by: str  # who stood at the station, in both languages
    docking: str | None
    verified: str | None
    existed_by: str | None
    authority: str | None
    own: bool
    unsynchronised: bool
    damaged: bool  # as a medium; the bytes are as they were taken
    events: tuple[EventFacts, ...]
    renditions: tuple[tuple[str, str, str], ...]  # kind in words, path in the bag, SHA-256

    @property
    def hands(self) -> tuple[str, ...]:
        """Who docked it, then everybody else whom the timeline names, in order."""
        others = dict.fromkeys(event.who for event in self.events[1:])
        if self.events:
            others.pop(self.events[0].who, None)
        return (self.docked_by, *others)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """One token."""

    folder: str
    authority: str
    own: bool
    unsynchronised: bool  # the authority's own clock was in step with nobody's, and it says so
    time: str
    size: int
    clips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The whole report."""

    name: str
    made: str
    made_at: datetime
    zone: str
    origin: str
    subject: str
    number: str | None
    title: str | None
    concerns: str | None  # the person or organisation
    place: str | None
    clips: tuple[ClipFacts, ...]
    left_out: tuple[LeftOut, ...]
    tokens: tuple[TokenFacts, ...]
    vkey: str
    size: int
    root: str  # base64, as the checkpoint writes it
    checkpoint: str  # its text
    quorum: int
    witnesses: tuple[str, ...]  # their names

    @property
    def recorded_key(self) -> str:
        """The sentence on times of recording: nothing was corrected where no clock was compared."""
        measured = any(clip.offset_ms is not None for clip in self.clips)
        return "corrected_text" if measured else "recorded_text"


def gather(
    archive: Archive,
    selection: Selection,
    *,
    tokens: Sequence[Token],
    cites: Checkpoint,
    made: datetime,
    name: str,
    name_of: Names,
) -> Facts:
    """Everything the report says. Raises as the catalogue's questions."""
    look = _Look(archive, name_of)
    case = selection.case
    text = cites.text()
    return Facts(
        name=name,
        made=look.local(made),
        made_at=made,
        zone=archive.settings.zone.key,
        origin=archive.settings.origin,
        subject=selection.subject,
        number=_maybe(selection.number),
        title=_maybe(case.title) if case else None,
        concerns=_maybe(case.subject) if case else None,
        place=_maybe(case.place) if case else None,
        clips=tuple(
            look.clip(clip, dated(clip, tokens)) for clip in sorted(selection.clips, key=_recorded)
        ),
        left_out=selection.left_out,
        tokens=tuple(look.token(token) for token in tokens),
        vkey=archive.reader.vkey().strip(),
        size=cites.size,
        root=text.split("\n")[2],
        checkpoint=text,
        quorum=archive.settings.witnesses.quorum,
        witnesses=tuple(w.vkey.split("+", 1)[0] for w in archive.settings.witnesses.witnesses),
    )


class _Look:
    """Looks names up, once each."""

    def __init__(self, archive: Archive, name_of: Names) -> None:
        self._archive = archive
        self._zone = archive.settings.zone
        self._name_of = name_of
        self._actors: dict[str, str] = {}

    def local(self, time: datetime | str) -> str:
        """A moment by the station's zone, to the second."""
        moment = datetime.fromisoformat(time) if isinstance(time, str) else time
        local = moment.astimezone(self._zone)
        offset = local.strftime("%z")
        return f"{local:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:5]}"

    def clip(self, clip: Clip, token: Token | None) -> ClipFacts:
        """One clip."""
        row = clip.row
        events = tuple(self._event(event) for event in self._archive.catalogue.custody(row.clip))
        known = {entry.index for entry in clip.entries}
        return ClipFacts(
            id=row.clip,
            name=shown(row.path or row.clip),
            path=original_path(clip),
            sha256=row.sha256,
            size=row.size,
            start=None if row.start is None else self.local(row.start),
            start_source=row.start_source,
            offset_ms=row.offset_ms,
            recorder=self._recorder(row.recorder_id) or shown(row.recorder or "-"),
            officer=self._officer(row.officer_id),
            unit=_maybe(row.unit),
            ingested=self.local(clip.ingested.time),
            docked_by=self._docked_by(clip.ingested.actor),
            docking=row.docking,
            verified=None if row.verified_at is None else self.local(row.verified_at),
            existed_by=None if token is None else self.local(token.time),
            authority=None if token is None else shown(token.authority),
            own=token is not None and token.own,
            unsynchronised=token is not None and token.unsynchronised,
            damaged=row.damaged,
            events=tuple(event for event in events if event.index in known),
            renditions=tuple(
                (
                    self._both("rendition", r.kind),
                    rendition_path(row.clip, r.kind, r.media_type),
                    r.sha256,
                )
                for r in clip.renditions
            ),
        )

    def token(self, token: Token) -> TokenFacts:
        """One token."""
        return TokenFacts(
            folder=token.folder,
            authority=shown(token.authority),
            own=token.own,
            unsynchronised=token.unsynchronised,
            time=self.local(token.time),
            size=token.checkpoint.size,
            clips=len(token.dates),
        )

    def _event(self, event: CustodyRow) -> EventFacts:
        said = [
            self._both(group, str(event.data[name]))
            for name, group in _DETAIL.items()
            if isinstance(event.data.get(name), str)
        ]
        if event.type == "rendition.made":
            said.append(self._both("rendition", str(event.data.get("kind"))))
        said += [
            str(event.written[name])
            for name in ("number", "reason")
            if isinstance(event.written.get(name), str)
            and not _OPTION.fullmatch(str(event.written[name]))
        ]
        case = event.data.get("case")
        if isinstance(case, str) and (row := self._archive.catalogue.case(case)) is not None:
            said.append(row.number or case)
        return EventFacts(
            index=event.index,
            time=self.local(event.time),
            zh=self._name_of("zh", "event", event.type),
            en=self._name_of("en", "event", event.type),
            who=self._actor(event.actor),
            detail=shown(", ".join(dict.fromkeys(said))),
        )

    def _both(self, group: str, code: str) -> str:
        names = dict.fromkeys(self._name_of(language, group, code) for language in ("zh", "en"))
        return " ".join(names)

    def _actor(self, actor: str) -> str:
        if actor not in self._actors:
            self._actors[actor] = shown(self._actor_name(actor))
        return self._actors[actor]

    def _docked_by(self, actor: str) -> str:
        zh, en, name = self._actor_words(actor)
        return shown(" ".join(pair("docked_by", zh=f"{zh}{name}{zh and ' '}", en=en + name)))

    def _actor_name(self, actor: str) -> str:
        return "".join(self._actor_words(actor))

    def _actor_words(self, actor: str) -> tuple[str, str, str]:
        """What kind of actor, in Chinese and English where that has to be said, and its name."""
        kind, _, rest = actor.partition("-")
        if kind == "account" and (account := self._archive.catalogue.account(actor)) is not None:
            return "", "", account.name or actor
        if kind == "station":
            return "采集站 ", "station ", self._archive.settings.origin
        return ("本机用户 ", "local user ", rest) if kind == "local" else ("", "", actor)

    def _recorder(self, id_: str | None) -> str | None:
        row = None if id_ is None else self._archive.catalogue.recorder(id_)
        if row is None:
            return None
        return shown(" ".join(part for part in (row.make, row.model, row.serial) if part))

    def _officer(self, id_: str | None) -> str | None:
        row = None if id_ is None else self._archive.catalogue.officer(id_)
        if row is None:
            return None
        return shown(" ".join(part for part in (row.badge, row.name) if part))


def _recorded(clip: Clip) -> tuple[bool, datetime, int]:
    """In the order of recording; what has no time of its own comes last, as it came in."""
    start = clip.row.start
    return start is None, datetime.fromisoformat(start or clip.ingested.time), clip.ingested.index


def _maybe(text: str | None) -> str | None:
    return None if text is None else shown(text)


def shown(text: str) -> str:
    r"""Text with what cannot be seen written out, as `\u202e`: a path may hold anything."""
    return "".join(c if _is_seen(c) else f"\\u{ord(c):04x}" for c in text)


def _is_seen(c: str) -> bool:
    return c == " " or unicodedata.category(c)[0] not in "CZ"
