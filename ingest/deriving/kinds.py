"""What can be derived, in which order, and which version of ours makes it (docs/formats/media.md).

What always holds: a stage makes kinds that cost one look at the clip; quick stages come before slow ones.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

TOOL: Final = "muniment.media"

Hand = Literal["child", "encoder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Kinds that are made together."""

    name: str
    kinds: tuple[str, ...]
    hand: Hand
    page: int  # clips that are worked at before their entries are appended

    def of(self, kinds: Collection[str] | None) -> tuple[str, ...]:
        """Its kinds, of those that are asked for; None: of all."""
        return tuple(kind for kind in self.kinds if kinds is None or kind in kinds)


STAGES: Final = (
    Stage(name="stream", kinds=("stream",), hand="encoder", page=1),
    Stage(name="track", kinds=("track",), hand="child", page=25),
    Stage(name="survey", kinds=("strip", "waveform", "quality"), hand="child", page=25),
    Stage(name="page", kinds=("page",), hand="child", page=25),
    Stage(name="repair", kinds=("repair",), hand="child", page=1),
    Stage(name="proxy", kinds=("proxy",), hand="encoder", page=1),
)
ON_DEMAND: Final = Stage(name="proxy-low", kinds=("proxy-low",), hand="encoder", page=1)

# Of the code that makes a kind: what an older version could not make is tried again.
VERSIONS: Final[dict[str, str]] = {
    **dict.fromkeys(("stream", "track", "strip", "waveform", "quality", "page"), "1"),
    **dict.fromkeys(("repair", "proxy", "proxy-low"), "1"),
}
KINDS: Final[frozenset[str]] = frozenset({"poster", *VERSIONS})  # that may be asked for


def stage_of(kind: str) -> Stage | None:
    """The stage that makes a kind; None for a poster, which examining makes, and for what nobody makes."""
    return next((stage for stage in (*STAGES, ON_DEMAND) if kind in stage.kinds), None)
