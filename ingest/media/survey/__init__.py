"""One look through a clip: a strip of its key frames, the outline of its sound, and what quality's listeners say.

`task.run` is what the media child is asked for; it reads a clip from end to end once, decodes a bounded number of
pictures and all of one sound track. This module imports no media library: the asker needs `allowance` only.
"""

from collections.abc import Mapping
from typing import Final

VERSION: Final = "1"  # of strip and waveform; a new one makes them again
_LEAST: Final = 60.0  # seconds
_SHARE: Final = 20  # seconds of clip for one more second


def allowance(facts: Mapping[str, object]) -> float:
    """Return how many seconds of wall clock a clip with these media facts may take."""
    lengths = [facts.get("measured_us"), facts.get("duration_us")]
    longest = max((each for each in lengths if isinstance(each, int)), default=0)
    # a clip says what it likes about its own length
    return _LEAST + min(max(longest, 0) / 1e6, 48 * 3600) / _SHARE
