"""How long the pause between two clips was, by what that is known, and how exactly.

What always holds: the most exact source that agrees with the recorder's clock counts; a source that does not agree is
not believed, so that a counter that starts anew with each file is no overlap of an hour.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ingest.recordings.parts import Part

_WRAP_US: Final = 2**33 * 1_000_000 // 90_000  # ISO/IEC 13818-1, 2.4.3.7: PTS has 33 bits of 90 kHz
_DAY: Final = 86_400  # seconds after which a timecode begins again
_GPS_US: Final = 1_000_000  # telemetry lies up to a second beside its picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A pause; negative where two clips overlap."""

    us: int
    doubt_us: int
    by: str  # "timestamps", "timecode", "gps", "names", "container"

    @property
    def ms(self) -> int:
        """To the millisecond."""
        return round(self.us / 1000)

    @property
    def doubt_ms(self) -> int:
        """Rounded up: nothing is said to be known more exactly than it is."""
        return -(-self.doubt_us // 1000)


def measured(before: Part, after: Part, tolerance_us: int) -> Gap | None:
    """The pause between two clips; None where nothing tells.

    Args:
        before: the earlier one; its length has to be known.
        after: the later one.
        tolerance_us: how far two sources may be apart, beside what they are known to be wrong by.
    """
    if before.length_us is None:
        return None
    length = before.length_us
    rough = _by_clock(before, after, length)
    for source in _EXACT:
        found = source(before, after, length)
        # Counters that begin anew with each file are as far apart as any two short files are long.
        if found is None or found.us < -length // 2:
            continue
        if rough is None:
            # Nothing to hold it against: only what lies close by is believed.
            if abs(found.us) <= tolerance_us:
                return found
        elif abs(found.us - rough.us) <= max(tolerance_us, rough.doubt_us + found.doubt_us):
            return found
    return rough


def _by_timestamps(before: Part, after: Part, length: int) -> Gap | None:
    first, then = before.times.first_us, after.times.first_us
    if first is None or then is None:
        return None
    on = then - first
    if before.media.container in {"mpegts", "m2ts", "ts"}:
        on %= _WRAP_US
    # Files that each begin at zero (or at an encoder's usual delay) say nothing of each other.
    return Gap(us=on - length, doubt_us=1000, by="timestamps") if on > 0 else None


def _by_timecode(before: Part, after: Part, length: int) -> Gap | None:
    first, then, rate = before.times.label, after.times.label, before.times.rate
    if first is None or then is None or rate is None or first == then:
        return None
    on = (then - first) % (_DAY * round(rate))
    return Gap(
        us=round(on * 1_000_000 / rate) - length, doubt_us=round(1_000_000 / rate), by="timecode"
    )


def _by_gps(before: Part, after: Part, length: int) -> Gap | None:
    first, then = before.times.gps_us, after.times.gps_us
    if first is None or then is None or first >= then:
        return None
    return Gap(us=then - first - length, doubt_us=_GPS_US, by="gps")


def _by_clock(before: Part, after: Part, length: int) -> Gap | None:
    """By names, else by what the containers say; a clock that shows the same for both tells their recording's start."""
    first, then = before.clock_us, after.clock_us
    if first is None or then is None or before.clock_by is None or first >= then:
        return None
    if before.clock_by != after.clock_by:
        return None
    # Two moments, each cut or rounded to a step: their distance is wrong by less than one.
    doubt = max(before.clock_step_us, after.clock_step_us)
    return Gap(us=then - first - length, doubt_us=doubt, by=before.clock_by)


_EXACT: Final[tuple[Callable[[Part, Part, int], Gap | None], ...]] = (
    _by_timestamps,
    _by_timecode,
    _by_gps,
)
