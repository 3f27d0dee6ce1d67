"""Exporting a frame: decoded and captioned in the confined child, in the ledger, and only then out.

What always holds: the frame as decoded and the picture that leaves are objects, and `still.exported` names both, before
a byte leaves; when that entry cannot be appended, nothing leaves. Both are made in the media child: the film is
foreign, and so are the names that the caption writes. A frame is decoded once; later exports of it use the rendition.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from api.damaged import check_shown
from api.errors import NotReadyError
from api.gate import Seen
from api.mediafacts import facts_of
from api.messages import Lang
from api.service import Service
from api.stills.choosing import Choice, choose
from api.stills.errors import FrameDamagedError, NoStillError
from api.stills.wording import Exporter, Wording, wording
from api.watermark.words import lines
from api.workshop import Workshop
from archive.catalogue.rows import RenditionRow
from archive.events import Event, drafts
from archive.package.report import fonts
from archive.store.staged import Stored
from archive.store.writing import Writing
from ingest.deriving.entries import Maker, made
from ingest.media.child import MediaChild
from ingest.media.errors import MediaChildError, MediaTaskError, ParserKilledError

KIND: Final = "still"
LARGEST: Final = 160 << 20  # bytes of a picture
_SECONDS: Final = 90.0  # for a frame: a format without an index is read from its beginning
_PNG, _END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
# Each decodes with a process of its own; a station has other work.
_workshop: Final = Workshop("stills")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What left."""

    index: int  # of its entry
    digest: str
    size: int
    choice: Choice


async def export(service: Service, seen: Seen, at_us: int, lang: Lang) -> Exported:
    """Make the picture of the frame that is shown at a moment; it is in the ledger when this returns.

    Raises:
        NoStillError: nothing can be exported there, and why.
        InvalidInputError: the moment is outside the clip.
        ObjectWithheldError: a finding on the original, or on this frame as it was kept, is open.
        NotReadyError: too many are being made, or the media parser cannot be started.
        ArchiveError, OSError: it could not be kept or recorded. Nothing leaves.
    """
    check_shown(service, seen.clip.sha256)
    account = seen.visitor.account.id
    return await _workshop.do(account, lambda: _export(service, seen, at_us, lang))


def _export(service: Service, seen: Seen, at_us: int, lang: Lang) -> Exported:
    store = service.archive.store
    choice = choose(seen.clip, facts_of(store, seen.clip.facts or ""), at_us)
    try:
        with MediaChild(writes=LARGEST, timeout=_SECONDS) as child, store.writing() as writing:
            work = _Work(
                service=service, seen=seen, choice=choice, lang=lang, child=child, writing=writing
            )
            return work.done()
    except MediaTaskError as error:
        raise _refusal(error.why) from error
    except (MediaChildError, ParserKilledError) as error:
        raise NotReadyError(
            "the media parser cannot be started, or was killed: try again"
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """An object, as entries name it."""

    digest: str
    size: int

    @property
    def named(self) -> dict[str, str | int]:
        """For an entry."""
        return {"object": self.digest, "size": self.size}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One export, in one area of the store."""

    service: Service
    seen: Seen
    choice: Choice
    lang: Lang
    child: MediaChild
    writing: Writing

    def done(self) -> Exported:
        """Do it."""
        clip, archive = self.seen.clip, self.service.archive
        events: list[Event] = []
        with ExitStack() as opened:
            archive.catalogue.catch_up()  # somebody else may have had this frame decoded just now
            kept = made_before(archive.catalogue.renditions(clip.clip), self.choice)
            if kept is None:
                new, file, said = self._decoded(opened)
                events.append(self._made(new, said))
                still = _Kept(digest=new.digest, size=new.size)
            else:
                check_shown(self.service, kept.sha256)
                still = _Kept(digest=kept.sha256, size=kept.size)
                path = opened.enter_context(archive.store.local(kept.sha256))
                file, said = opened.enter_context(path.open("rb")), kept.parameters
            words = self._wording(still.digest)
            left = self._captioned(opened, file, words, str(said.get("sample_aspect", "1:1")))
        picture = _Kept(digest=left.digest, size=left.size)
        events.append(self._exported(still, picture, words))
        entry = archive.ledger.append(drafts(self.writing, events))[-1]
        self.service.noticing.saw(events)
        return Exported(
            index=entry.index, digest=picture.digest, size=picture.size, choice=self.choice
        )

    def _decoded(self, opened: ExitStack) -> tuple[Stored, IO[bytes], Mapping[str, Any]]:
        clip, choice = self.seen.clip, self.choice
        original = opened.enter_context(self.service.archive.store.local(clip.sha256))
        source = opened.enter_context(original.open("rb"))
        path = self.writing.new_path()
        out = opened.enter_context(path.open("x+b"))
        said = self.child.ask(
            KIND,
            source,
            name=clip.path or clip.clip,
            out=out,
            arguments={"stream": choice.stream, "ticks": choice.ticks, "number": choice.number},
        )
        return self._kept(path, out), out, said

    def _captioned(
        self, opened: ExitStack, still: IO[bytes], words: Wording, aspect: str
    ) -> Stored:
        font = fonts.find()
        others = [] if font is None else [opened.enter_context(font.path.open("rb"))]
        path = self.writing.new_path()
        out = opened.enter_context(path.open("x+b"))
        plain = str if font is not None else _escaped
        self.child.ask(
            "caption",
            still,  # type: ignore[arg-type]  # a file, whatever it is called
            name=KIND,
            others=others,
            out=out,
            arguments={
                "title": plain(words.title),
                "rows": [[plain(name), plain(text)] for name, text in words.rows],
                "watermark": plain(words.watermark),
                "chunks": words.chunks,
                "aspect": aspect,
                "face": 0 if font is None else font.face,
            },
        )
        return self._kept(path, out)

    def _kept(self, path: Path, out: IO[bytes]) -> Stored:
        """Keep what the child wrote, once it has the form of a PNG (its own word is not enough)."""
        out.seek(0)
        begins = out.read(len(_PNG)) == _PNG
        size = out.seek(0, 2)
        out.seek(max(0, size - len(_END)))
        if not begins or out.read() != _END:
            raise MediaTaskError("refused")
        out.seek(0)
        return self.writing.adopt(path)

    def _wording(self, still: str) -> Wording:
        account, grant = self.seen.visitor.account, self.seen.grant
        case = None if grant is None or grant.case is None else self._case(grant.case)
        exporter = Exporter(
            name=account.name,
            account=account.id,
            at=datetime.now(UTC),
            zone=self.service.zone,
            case=case,
            mark=lines(self.service, self.seen),
        )
        # A font without Chinese would show boxes in their place.
        lang: Lang = self.lang if fonts.find() is not None else "en"
        return wording(lang, self.seen.clip, self.choice, still, exporter)

    def _case(self, case_id: str) -> str | None:
        case = self.service.archive.catalogue.case(case_id)
        return None if case is None else case.number

    def _made(self, still: Stored, said: Mapping[str, Any]) -> Event:
        clip, choice = self.seen.clip, self.choice
        names = ("rotation", "pixel_format", "sample_aspect", "width", "height")
        return made(
            clip.clip,
            KIND,
            still,
            actor=self.seen.visitor.account.id,
            of=clip.sha256,
            media_type="image/png",
            maker=Maker(tool="pyav", version=str(said.get("version"))),
            parameters={
                "at_us": choice.at_us,
                "frame": choice.number,
                **{name: said[name] for name in names if name in said},
            },
        )

    def _exported(self, still: _Kept, picture: _Kept, words: Wording) -> Event:
        visitor, grant = self.seen.visitor, self.seen.grant
        data: dict[str, Any] = {
            "at_us": self.choice.at_us,
            "frame": self.choice.number,
            "still": still.named,
            "exported": picture.named,
        }
        if visitor.session.id:
            data["session"] = visitor.session.id
        if grant is not None:
            data["request"] = grant.request
        return Event(
            type="still.exported",
            subject=self.seen.clip.clip,
            actor=visitor.account.id,
            data=data,
            text={"caption": words.text},
        )


def made_before(rows: list[RenditionRow], choice: Choice) -> RenditionRow | None:
    """The rendition of this very frame."""
    for row in rows:
        wanted = row.kind == KIND and row.parameters.get("frame") == choice.number
        if wanted and row.parameters.get("at_us") == choice.at_us:
            return row
    return None


def _refusal(why: str) -> NoStillError:
    if why in {"frame_damaged", "no_frame", "undecodable"}:
        return FrameDamagedError(f"the frame at this moment cannot be decoded whole ({why})")
    return NoStillError(f"no picture can be made of this frame ({why})")


def _escaped(text: str) -> str:
    """Letters that Pillow's own font lacks, as numbers rather than as boxes."""
    return text.encode("latin-1", "backslashreplace").decode("latin-1")
