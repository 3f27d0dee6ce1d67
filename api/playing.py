"""What a clip is shown with: its original where browsers play it, else what was derived for that. Decides no rights.

What always holds: a way that shows what was recovered of a damaged clip says so (`repaired`), and comes last; the
times of two ways agree only where both are `of` the same file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from archive.catalogue.rows import ClipRow, RenditionRow

BROWSER_PICTURES: Final = frozenset({"jpeg", "png", "gif", "webp"})
PLAYED: Final = ("stream", "proxy", "proxy-low", "repair")  # renditions that are films or sound
_FILMS: Final = frozenset({"video", "audio"})
_CONTAINERS: Final = frozenset({"video/mp4", "audio/mp4", "video/quicktime", "video/webm"})
_INSTEAD: Final = {"photo": "poster", "document": "page"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to show a clip.

    Attributes:
        kind: "original", or the rendition's.
        tag: "video", "audio" or "image".
        source: where its bytes are.
        of: digest of the file whose times it has: the original, or what was recovered of it.
        repaired: it shows what was recovered, not the original.
    """

    kind: str
    tag: str
    source: str
    of: str
    repaired: bool = False

    @property
    def name(self) -> str:
        """What it is called where one chooses."""
        return "repair" if self.repaired else self.kind


def newest(rows: Sequence[RenditionRow]) -> dict[str, RenditionRow]:
    """The newest rendition of each kind."""
    return {row.kind: row for row in rows}


def basis(row: RenditionRow, clip: ClipRow) -> str:
    """Digest of the file whose times a rendition has."""
    source = row.parameters.get("source")
    # A track's `source` is the name of a format.
    return source if isinstance(source, str) and len(source) == 64 else clip.sha256


def ways(clip: ClipRow, rows: Sequence[RenditionRow], *, withheld: bool = False) -> list[Way]:
    """Every way to show a clip, the best first: none where nothing of it can be shown.

    Args:
        clip: whose.
        rows: what was derived from it and is not withheld itself.
        withheld: a finding on the original is open: without that.
    """
    found = _all_ways(clip, rows)
    return [way for way in found if way.kind != "original"] if withheld else found


def _all_ways(clip: ClipRow, rows: Sequence[RenditionRow]) -> list[Way]:
    kept, base = newest(rows), f"/api/v1/clips/{clip.clip}"
    if clip.kind not in _FILMS:
        return _still(clip, kept, base)
    tag = str(clip.kind)
    made = [
        Way(
            kind=kind,
            tag=tag,
            source=f"{base}/renditions/{kind}",
            of=kept[kind].sha256 if kind == "repair" else basis(kept[kind], clip),
            repaired=kind == "repair" or basis(kept[kind], clip) != clip.sha256,
        )
        for kind in PLAYED
        if kind in kept
    ]
    found = [way for way in made if way.kind == "stream" and not way.repaired]
    if clip.playable or not clip.examined:
        original = Way(kind="original", tag=tag, source=f"{base}/original", of=clip.sha256)
        # A stream of what plays as it is was made because browsers do not seek in it.
        found.append(original)
    found += [way for way in made if not way.repaired and way.kind != "stream"]
    return found + _repaired(made, kept)


def player_of(
    clip: ClipRow, rows: Sequence[RenditionRow], *, footage: bool, withheld: bool = False
) -> tuple[str, str]:
    """What to show a clip with as a part of a recording, and from where.

    "closed" without the right; "withheld" while a finding on the original is open and nothing that was derived from it
    plays; "none" where nothing of the original can be shown: what was recovered of it is shown only where it is said to
    be that. `rows` and `withheld` are those of `ways`.
    """
    if not footage:
        return "closed", ""
    way = next((way for way in ways(clip, rows, withheld=withheld) if not way.repaired), None)
    if way is None and withheld:
        return "withheld", ""
    if way is None:
        return "none", f"/api/v1/clips/{clip.clip}/original"
    return way.tag, way.source


def _repaired(made: Sequence[Way], kept: Mapping[str, RenditionRow]) -> list[Way]:
    """What was recovered: the proxy that was made of it, else the repaired file where browsers know its container."""
    row = kept.get("repair")
    if row is None:
        return []
    found = [way for way in made if way.repaired and way.of == row.sha256 and way.kind != "repair"]
    if found:
        return found[:1]
    return [w for w in made if w.kind == "repair"] if row.media_type in _CONTAINERS else []


def _still(clip: ClipRow, kept: Mapping[str, RenditionRow], base: str) -> list[Way]:
    if clip.kind == "photo" and clip.container in BROWSER_PICTURES:
        return [Way(kind="original", tag="image", source=f"{base}/original", of=clip.sha256)]
    kind = _INSTEAD.get(clip.kind or "")
    if kind is None or kind not in kept:
        return []
    return [Way(kind=kind, tag="image", source=f"{base}/renditions/{kind}", of=clip.sha256)]
