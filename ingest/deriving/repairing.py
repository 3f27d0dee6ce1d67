"""A playable file of a damaged clip, and what becomes of it: its poster, strip, waveform; stream or proxy where needed.

What always holds: the damaged original stays as it is; the report says what was recovered and what was lost; all of a
clip's repair is in the ledger at once, so that one cut short is done again as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

from archive.canonical import encode as canonical
from archive.catalogue.rows import DueClip
from archive.errors import CanonicalError, FixityError, MissingObjectError, NoSpaceError
from archive.events import Event
from ingest.deriving import children, encoding
from ingest.deriving.children import AnswerError, Look
from ingest.deriving.entries import Belonging, Maker, made
from ingest.deriving.kinds import TOOL, VERSIONS
from ingest.deriving.orders import Facts, Order, facts_of
from ingest.deriving.workbench import Workbench
from ingest.media.child import MediaChild
from ingest.media.errors import MediaTaskError
from ingest.media.facts import Examined
from ingest.media.survey import allowance

_REFERENCES: Final = 3
_A_SECOND: Final = 1 << 20  # bytes; video of 8 Mbit/s decodes in a sixth of its time on one core
_SPARE: Final = 64 << 20  # bytes of tables beside the media
_PLAYED: Final = ("stream", "proxy")  # where browsers do not play what was recovered as it is
_OF_REPAIRED: Final = ("strip", "waveform")  # a look at quality is about the original


def work(bench: Workbench, child: MediaChild, order: Order) -> list[Event]:
    """Repair a clip.

    Raises:
        MissingObjectError, FixityError, OSError: the original or its facts cannot be read. Nothing was made.
        MediaChildError: a child cannot be started.
        NoSpaceError: the disk is full. It stays due.
        EncoderStoppedError: the stream or proxy was ended; the whole repair stays due.
    """
    clip, facts = order.clip, facts_of(bench.archive, order.clip)
    out = bench.writing.new_path()
    try:
        answer, references = _ask(bench, clip, facts, out)
        report, media_type = _said(answer)
        text = canonical({**report, "of": clip.sha256})
    except MediaTaskError as e:
        if e.why == "no_space":
            raise NoSpaceError("the disk is full: free some space, then try again") from e
        return bench.failed(clip, order.kinds, e.why)
    except (AnswerError, CanonicalError):
        return bench.failed(clip, order.kinds, "refused")
    events = _of_repaired(bench, child, order, out)
    (index,) = bench.writing.put([text])
    stored = bench.writing.adopt(out)
    repaired = made(
        clip.clip,
        "repair",
        stored,
        actor=bench.actor,
        of=clip.sha256,
        media_type=media_type,
        maker=Maker(tool=TOOL, version=str(answer.get("version", VERSIONS["repair"]))),
        parameters={"method": str(report.get("method")), **_numbers(answer.get("parameters"))},
        index=Belonging(stored=index, media_type="application/json"),
        sources=[digest for digest in references if digest == report.get("reference")],
    )
    return [repaired, *events]


def _ask(
    bench: Workbench, clip: DueClip, facts: Facts, out: Path
) -> tuple[dict[str, object], list[str]]:
    healthy = bench.archive.catalogue.healthy_beside(clip, video=_codec(facts), limit=_REFERENCES)
    with ExitStack() as opened:
        path = opened.enter_context(bench.archive.store.local(clip.sha256))
        damaged = opened.enter_context(path.open("rb"))
        others = []
        references = []
        withheld = bench.archive.catalogue.damaged_digests()
        for one in (one for one in healthy if one.sha256 not in withheld):
            with suppress(MissingObjectError, FixityError):
                beside = opened.enter_context(bench.archive.store.local(one.sha256))
                others.append(opened.enter_context(beside.open("rb")))
                references.append(one.sha256)
        child = opened.enter_context(MediaChild(writes=clip.size + clip.size // 8 + _SPARE))
        answer = child.ask(
            "repair",
            damaged,
            name=clip.path or clip.clip,
            others=others,
            out=opened.enter_context(out.open("x+b")),
            arguments={"facts": facts, "references": references},
            # without an index the facts know no length: all of it is scanned, and decoded to verify
            seconds=allowance(facts) + clip.size / _A_SECOND,
        )
    return answer, references


def _said(answer: Mapping[str, object]) -> tuple[Mapping[str, object], str]:
    report, media_type = answer.get("report"), answer.get("media_type")
    if not isinstance(report, Mapping) or not isinstance(media_type, str):
        raise AnswerError("report")
    return report, media_type


def _codec(facts: Facts) -> str | None:
    """The codec of the first video stream, where the damage left it to be read."""
    streams = facts.get("streams")
    for stream in streams if isinstance(streams, list) else []:
        if isinstance(stream, dict) and stream.get("type") == "video":
            codec = stream.get("codec")
            return codec if isinstance(codec, str) else None
    return None


def _of_repaired(bench: Workbench, child: MediaChild, order: Order, out: Path) -> list[Event]:
    """What a page shows of a clip, made of its recovered part where the original gives none."""
    poster = bench.writing.new_path()
    found = child.examine(out, name=order.clip.path or order.clip.clip, out=poster)
    facts: dict[str, Any] = dict(found.document)
    with out.open("rb") as made_file:
        digest = hashlib.file_digest(made_file, "sha256").hexdigest()
    look = Look(clip=order.clip, path=out, facts=facts, source=digest)
    held = {row.kind for row in bench.archive.catalogue.renditions(order.clip.clip)}
    events: list[Event] = []
    played = tuple(kind for kind in _PLAYED if kind in found.due and kind not in held)
    if played:  # first: they are what may be ended
        made_so = Order(clip=order.clip, kinds=played)
        events += encoding.encode(bench, made_so, out, facts, source=digest)
    if "poster" not in held:
        events += _poster(bench, look, found)
    kinds = [kind for kind in _OF_REPAIRED if kind in found.due and kind not in held]
    if kinds:
        with suppress(MediaTaskError, AnswerError):  # a repair is worth keeping without them
            events += _made_only(children.survey(bench, child, look, kinds))
    return events


def _made_only(events: Sequence[Event]) -> list[Event]:
    return [event for event in events if event.type == "rendition.made"]


def _poster(bench: Workbench, look: Look, found: Examined) -> list[Event]:
    if found.poster is None:
        return []
    event = made(
        look.clip.clip,
        "poster",
        bench.writing.adopt(found.poster.path),
        actor=bench.actor,
        of=look.clip.sha256,
        media_type="image/jpeg",
        maker=Maker(tool=found.poster.tool, version=found.poster.version),
        parameters=look.parameters(found.poster.parameters),
    )
    return [event]


def _numbers(said: object) -> dict[str, object]:
    return dict(said) if isinstance(said, Mapping) else {}
