"""What is to be made of which clip: what the catalogue says is due, and failures that are worth another try."""

from __future__ import annotations

import heapq
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from archive.catalogue.rows import DueClip
from archive.errors import MissingObjectError
from archive.opening import Archive
from ingest.deriving.kinds import ON_DEMAND, VERSIONS, Stage

if TYPE_CHECKING:  # SQLAlchemy takes its time
    from archive.catalogue import Catalogue

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Kinds of one stage that are to be made of a clip."""

    clip: DueClip
    kinds: tuple[str, ...]


def orders_of(
    catalogue: Catalogue,
    stage: Stage,
    clips: Sequence[str] | None,
    *,
    kinds: Collection[str] | None,
    again: bool,
) -> Iterator[Order]:
    """What a stage has to do, in the order in which the clips were examined; then what was tried in vain.

    Reads on as it is asked: an archive of millions of clips is not in memory.

    Args:
        catalogue: brought to the ledger's end.
        stage: of these kinds.
        clips: None for all.
        kinds: only these; None for all.
        again: also what this very version could not make.
    """
    wanted = stage.of(kinds)
    tried = _failed(catalogue, wanted, clips, again=again)
    # Kinds of one examination stand at one place in each of these.
    due = heapq.merge(*(catalogue.due(kind, clips) for kind in wanted), key=_place)
    for _, same in groupby(due, key=_place):
        waiting = list(same)
        yield Order(clip=waiting[0], kinds=tuple(one.kind for one in waiting))
    for clip_id, listed in groupby(sorted(tried), key=lambda one: one[0]):
        clip = catalogue.clip_to_derive(clip_id, "")
        if clip is not None:
            yield Order(clip=clip, kinds=tuple(kind for _, kind in listed))


def how_many(
    catalogue: Catalogue,
    stage: Stage,
    clips: Sequence[str] | None,
    *,
    kinds: Collection[str] | None,
) -> int:
    """About how many clips a stage has to do: enough for a bar."""
    waiting = catalogue.due_kinds(clips)
    return max((waiting.get(kind, 0) for kind in stage.of(kinds)), default=0)


def _place(clip: DueClip) -> tuple[int, str]:
    return clip.index, clip.clip


def _failed(
    catalogue: Catalogue, wanted: Sequence[str], clips: Sequence[str] | None, *, again: bool
) -> list[tuple[str, str]]:
    """Failures of older versions; of these clips, where that was asked for, all."""
    these = None if clips is None else frozenset(clips)
    older = {
        (row.clip, row.kind): None
        for row in catalogue.failed_by_others({kind: VERSIONS[kind] for kind in wanted})
        if these is None or row.clip in these
    }
    if again:
        older |= {
            (row.clip, row.kind): None
            for clip in clips or ()
            for row in catalogue.failures(clip)
            if row.kind in wanted
        }
    return list(older)


def still_open(catalogue: Catalogue, order: Order) -> Order | None:
    """The same order without what was made meanwhile; None: all of it was."""
    clip = catalogue.clip(order.clip.clip)
    open_kinds = {row.kind for row in catalogue.failures(order.clip.clip)}
    open_kinds |= set() if clip is None else set(clip.due)
    # What nobody says is due is made once for who asks.
    asked = {kind for kind in order.kinds if kind in ON_DEMAND.kinds}
    if asked:
        open_kinds |= asked - {row.kind for row in catalogue.renditions(order.clip.clip)}
    left = tuple(kind for kind in order.kinds if kind in open_kinds)
    return replace(order, kinds=left) if left else None


def facts_of(archive: Archive, clip: DueClip) -> Facts:
    """A clip's media facts.

    Raises:
        FixityError, MissingObjectError: they are not what the ledger names.
        OSError: the store does not answer.
    """
    if clip.facts is None:
        raise MissingObjectError(f"{clip.clip} was never examined")
    try:
        found = json.loads(archive.store.read(clip.facts))
    except ValueError as e:
        raise MissingObjectError(f"the media facts of {clip.clip} are no JSON") from e
    return found if isinstance(found, dict) else {}
