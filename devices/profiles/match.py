"""Which profile fits a recorder, and in which order its clips are taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from devices.clips import FoundClip
from devices.profiles.model import ClipFacts, Profile


def choose(profiles: Sequence[Profile], paths: Sequence[bytes]) -> Profile:
    """The profile that most names speak for, then most folders; the last if none does.

    Args:
        profiles: at least one, the fallback last (as `load_profiles` gives them). Of equals
            the first wins.
        paths: the whole listing. Its order does not matter.
    """
    best, best_fit = profiles[-1], (0, 0)
    for profile in profiles[:-1]:
        fits = [profile.fits(path) for path in paths]
        fit = (sum(named for named, _ in fits), sum(placed for _, placed in fits))
        if fit > best_fit:
            best, best_fit = profile, fit
    return best


def order(clips: Iterable[FoundClip], facts: Mapping[bytes, ClipFacts]) -> list[FoundClip]:
    """Marked first, then oldest, then by path; side files directly after their clip.

    The start goes by the name, else by the modification time. The name's start has no zone;
    this machine's is taken, which decides nothing but the order.
    """
    found = list(clips)
    there = {clip.path for clip in found}
    sides: dict[bytes, list[FoundClip]] = defaultdict(list)
    heads: list[FoundClip] = []
    for clip in found:
        owner = facts.get(clip.path, ClipFacts()).belongs_to
        if owner in there and owner != clip.path:
            sides[owner].append(clip)
        else:
            heads.append(clip)

    def rank(clip: FoundClip) -> tuple[bool, float, bytes]:
        fact = facts.get(clip.path, ClipFacts())
        start = clip.mtime_ns / 1e9 if fact.start is None else fact.start.timestamp()
        return not fact.marked, start, clip.path

    ordered: list[FoundClip] = []
    for head in sorted(heads, key=rank):
        ordered.append(head)
        ordered += sorted(sides[head.path], key=lambda clip: clip.path)
    return ordered
