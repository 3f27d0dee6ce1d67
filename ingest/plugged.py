"""What a recorder tells when it is plugged in, before anything is read from it: for the docking's entry."""

from __future__ import annotations

from typing import Any

from devices.errors import DeviceError, SourceGoneError
from devices.recorder import ClockReading, Recorder, RecorderFacts


def read_clock(source: Recorder) -> ClockReading | None:
    """A recorder's clock; clips of one that does not tell it are secured all the same."""
    try:
        return source.read_clock()
    except SourceGoneError:
        raise
    except DeviceError:
        return None


def plugged(facts: RecorderFacts) -> dict[str, Any]:
    """How a recorder is plugged in, for an entry."""
    known: dict[str, Any] = {"source": facts.transport}
    if facts.port is not None:
        known["port"] = facts.port
    if facts.battery is not None:
        known["battery"] = facts.battery
    return known


def said(facts: RecorderFacts) -> dict[str, str]:
    """What a recorder says of itself: text, as anybody may have written it."""
    said = {
        "make": facts.make,
        "model": facts.model,
        "firmware": facts.firmware,
        "second_serial": facts.second_serial,
    }
    # Half a surrogate is no text and stands in no entry; it is shown as what it is.
    return {
        n: v.encode("utf-8", "backslashreplace").decode() for n, v in said.items() if v is not None
    }
