"""Kinds that ffmpeg makes of an original: stream, proxy, proxy-low. One file, verified before it is kept.

What always holds: what is no fault of the clip (a full disk, a kill) is no failure on record: it stays due.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from archive.errors import NoSpaceError
from archive.events import Event
from ingest.deriving.claims import FOLDER
from ingest.deriving.entries import Maker, made
from ingest.deriving.orders import Facts, Order, facts_of
from ingest.deriving.workbench import Workbench
from ingest.media.encode import EncodingError, EncodingKind, docking_runs, plan, run, slot


class EncoderStoppedError(Exception):
    """Somebody ended the work, or the machine did. Nothing is left; it stays due. Never leaves this folder."""


def work(bench: Workbench, order: Order) -> list[Event]:
    """Do an order of a stage that the encoder does.

    Raises:
        MissingObjectError, FixityError, OSError: the original or its facts cannot be read. Nothing was made.
        MediaChildError: ffmpeg cannot be started.
        NoSpaceError: the disk is full. It stays due.
        EncoderStoppedError: it stays due.
    """
    facts = facts_of(bench.archive, order.clip)
    with bench.archive.store.local(order.clip.sha256) as path:
        return encode(bench, order, path, facts)


def encode(
    bench: Workbench, order: Order, path: Path, facts: Facts, *, source: str | None = None
) -> list[Event]:
    """Make the kinds of an order of a file: the original, or what was recovered of it (`source`). Raises as `work`."""
    events: list[Event] = []
    for kind in order.kinds:
        events += _encode_one(bench, Order(clip=order.clip, kinds=(kind,)), path, facts, source)
    return events


def _encode_one(
    bench: Workbench,
    order: Order,
    path: Path,
    facts: Facts,
    source: str | None,
) -> list[Event]:
    (kind,) = order.kinds
    encoding = plan(facts, cast(EncodingKind, kind))
    if encoding is None:
        return bench.failed(order.clip, [kind], "not_possible")
    archive, out = bench.archive, bench.writing.new_path()
    duration = facts.get("duration_us")
    try:
        with slot(archive.root / FOLDER, cancelled=bench.cancelled):
            done = run(
                encoding,
                path,
                out,
                duration_us=duration if isinstance(duration, int) else None,
                progress=bench.told,
                cancelled=bench.cancelled,
                pause=lambda: docking_runs(archive.store.incoming),
            )
    except EncodingError as e:
        if e.why == "no_space":
            raise NoSpaceError("the disk is full: free some space, then try again") from e
        if e.why in EncodingError.PASSING:
            raise EncoderStoppedError(e.why) from e
        return bench.failed(order.clip, [kind], e.why)
    named = {} if source is None else {"source": source}
    event = made(
        order.clip.clip,
        kind,
        bench.writing.adopt(out),
        actor=bench.actor,
        of=order.clip.sha256,
        media_type=encoding.media_type,
        maker=Maker(tool=done.tool, version=done.version),
        parameters={**done.parameters, **named},
    )
    return [event]
