"""Kinds that the confined media child makes from an original: track, strip, waveform, look at quality, first page.

What always holds: the child's answer is held against its form before anything of it is kept; what it could not make is
a `rendition.failed` with its code. The original is opened once, to read.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archive.catalogue.rows import DueClip, SideFile
from archive.events import Event
from archive.store.staged import Stored
from ingest.deriving.entries import Belonging, Maker, assessed, made
from ingest.deriving.kinds import TOOL, VERSIONS
from ingest.deriving.orders import Facts, Order, facts_of
from ingest.deriving.workbench import Workbench
from ingest.media.child import MediaChild
from ingest.media.errors import MediaTaskError
from ingest.media.survey import allowance

TILES: Final = 100
TILE_WIDTH: Final = 160
_MOST_SIDES: Final = 16
_LARGEST_SIDE: Final = 32 << 20  # bytes
_FINDINGS: Final = 200
_WORDS: Final = 64  # characters of a burnt-in clock


class AnswerError(Exception):
    """The child's answer has not the form that it should have. Never leaves this folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A file to look into, and what is said of it: the original, or what was recovered of it."""

    clip: DueClip
    path: Path
    facts: Facts
    source: str | None = None  # digest of what was looked into, where that is not the original

    def parameters(self, said: object) -> dict[str, object]:
        """What an entry says of the making."""
        found = dict(said) if isinstance(said, Mapping) else {}
        return found if self.source is None else {**found, "source": self.source}


def work(
    bench: Workbench, child: MediaChild, order: Order, sides: Sequence[SideFile]
) -> list[Event]:
    """Do an order of a stage that the child does.

    Raises:
        MissingObjectError, FixityError, OSError: the original or its facts cannot be read. Nothing was made.
        MediaChildError: the child cannot be started.
    """
    facts = facts_of(bench.archive, order.clip)
    with bench.archive.store.local(order.clip.sha256) as path:
        look = Look(clip=order.clip, path=path, facts=facts)
        try:
            if order.kinds == ("track",):
                return track(bench, child, look, sides)
            if order.kinds == ("page",):
                return page(bench, child, look)
            return survey(bench, child, look, order.kinds)
        except MediaTaskError as e:
            return bench.failed(order.clip, order.kinds, e.why)
        except AnswerError:
            return bench.failed(order.clip, order.kinds, "refused")


def survey(bench: Workbench, child: MediaChild, look: Look, kinds: Sequence[str]) -> list[Event]:
    """Strip, waveform, look at quality: those of these kinds, in one reading.

    Raises:
        MediaTaskError, AnswerError: nothing came of it.
    """
    wanted = {kind: kind in kinds for kind in ("strip", "waveform", "quality")}
    arguments = {
        **{"tiles": TILES, "tile_width": TILE_WIDTH, **wanted},
        **{"facts": look.facts, "start": look.clip.named_start},
    }
    with look.path.open("rb") as clip:
        answer = child.ask(
            "survey",
            clip,
            name=_name(look.clip),
            arguments=arguments,
            seconds=allowance(look.facts),
        )
    maker = Maker(tool="pyav", version=str(answer.get("version")))
    events: list[Event] = []
    makers: dict[str, Callable[[Mapping[str, object]], Event]] = {
        "strip": lambda said: _strip(bench, look, said, maker),
        "waveform": lambda said: _waveform(bench, look, said, maker),
        "quality": lambda said: _quality(bench, look.clip, said),
    }
    for kind in kinds:
        said = answer.get(kind)
        if isinstance(said, Mapping):
            events.append(makers[kind](said))
        else:
            events += bench.failed(look.clip, [kind], "nothing_to_show")
    return events


def _strip(bench: Workbench, look: Look, said: Mapping[str, object], maker: Maker) -> Event:
    jpeg, vtt = _bytes(said, "jpeg"), _text(said, "vtt")
    # ITU-T T.81, B.2.1: an image is between SOI and EOI
    if not (jpeg.startswith(b"\xff\xd8\xff") and jpeg.endswith(b"\xff\xd9")):
        raise AnswerError("jpeg")
    picture, cues = bench.writing.put([jpeg, vtt.encode()])
    return _made(
        bench,
        look,
        "strip",
        picture,
        media_type="image/jpeg",
        maker=maker,
        said=said,
        index=Belonging(stored=cues, media_type="text/vtt"),
    )


def _waveform(bench: Workbench, look: Look, said: Mapping[str, object], maker: Maker) -> Event:
    (stored,) = bench.writing.put([_text(said, "json").encode()])
    return _made(
        bench, look, "waveform", stored, media_type="application/json", maker=maker, said=said
    )


def _quality(bench: Workbench, clip: DueClip, said: Mapping[str, object]) -> Event:
    listed, clock, at_ms = (said.get(name) for name in ("findings", "clock", "clock_at_ms"))
    if not isinstance(listed, list):
        raise AnswerError("findings")
    findings = [
        {
            "code": _text(one, "code"),
            "from_ms": _number(one, "from_ms"),
            "to_ms": _number(one, "to_ms"),
        }
        for one in listed[:_FINDINGS]
        if isinstance(one, Mapping)
    ]
    return assessed(
        clip.clip,
        findings,
        clock=clock[:_WORDS] if isinstance(clock, str) else None,
        clock_at_ms=at_ms if type(at_ms) is int and at_ms >= 0 else None,
        actor=bench.actor,
        maker=Maker(tool=TOOL, version=VERSIONS["quality"]),
    )


def track(
    bench: Workbench, child: MediaChild, look: Look, sides: Sequence[SideFile]
) -> list[Event]:
    """Where the recorder was, out of the clip or of the files beside it.

    Raises:
        MediaTaskError, AnswerError: nothing came of it.
        MissingObjectError, OSError: a side file cannot be read.
    """
    given = [side for side in sides if side.size <= _LARGEST_SIDE][:_MOST_SIDES]
    arguments = {
        "facts": look.facts,
        "sides": [side.clip for side in given],
        "start": look.clip.start,
    }
    with ExitStack() as opened:
        clip = opened.enter_context(look.path.open("rb"))
        others = [
            opened.enter_context(
                opened.enter_context(bench.archive.store.local(side.sha256)).open("rb")
            )
            for side in given
        ]
        answer = child.ask(
            "track",
            clip,
            name=_name(look.clip),
            others=others,
            arguments=arguments,
            seconds=allowance(look.facts),
        )
    said = answer.get("track")
    if not isinstance(said, Mapping):
        why = answer.get("why")
        return bench.failed(look.clip, ["track"], why if isinstance(why, str) else "no_position")
    (line,) = bench.writing.put([_bytes(said, "geojson")])
    raw = bench.writing.put([_bytes(said, "index")]) if said.get("index") is not None else []
    event = made(
        look.clip.clip,
        "track",
        line,
        actor=bench.actor,
        of=look.clip.sha256,
        media_type="application/geo+json",
        maker=Maker(tool=TOOL, version=str(answer.get("version"))),
        parameters=look.parameters(said.get("parameters")),
        index=Belonging(stored=raw[0], media_type=_text(said, "index_media_type")) if raw else None,
        # A side file's own bytes are what belongs to the track.
        sources=[side.sha256 for side in given if raw and side.sha256 == raw[0].digest][:1],
    )
    return [event]


def page(bench: Workbench, child: MediaChild, look: Look) -> list[Event]:
    """The first page of a document.

    Raises:
        MediaTaskError, AnswerError: nothing came of it.
    """
    with look.path.open("rb") as clip:
        answer = child.ask("page", clip, name=_name(look.clip), arguments={"facts": look.facts})
    said = answer.get("page", answer)
    if not isinstance(said, Mapping):
        return bench.failed(look.clip, ["page"], "nothing_to_show")
    (stored,) = bench.writing.put([_bytes(said, "jpeg")])
    maker = Maker(
        tool=str(said.get("tool", "pdfium")),
        version=str(said.get("version", answer.get("version"))),
    )
    return [_made(bench, look, "page", stored, media_type="image/jpeg", maker=maker, said=said)]


def _made(
    bench: Workbench,
    look: Look,
    kind: str,
    stored: Stored,
    *,
    media_type: str,
    maker: Maker,
    said: Mapping[str, object],
    index: Belonging | None = None,
) -> Event:
    return made(
        look.clip.clip,
        kind,
        stored,
        actor=bench.actor,
        of=look.clip.sha256,
        media_type=media_type,
        maker=maker,
        parameters=look.parameters(said.get("parameters")),
        index=index,
    )


def _name(clip: DueClip) -> str:
    return clip.path or clip.clip


def _text(said: Mapping[str, object], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise AnswerError(name)
    return value


def _number(said: Mapping[str, object], name: str) -> int:
    value = said.get(name)
    if not isinstance(value, int):
        raise AnswerError(name)
    return value


def _bytes(said: Mapping[str, object], name: str) -> bytes:
    try:
        return base64.b64decode(_text(said, name), validate=True)
    except binascii.Error as e:
        raise AnswerError(name) from e
