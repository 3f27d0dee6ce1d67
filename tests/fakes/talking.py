"""A recorder at a cable: a real folder, with a clock that is off and a word about itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from devices.clips import Listing
from devices.errors import ProtocolError
from devices.folder import FolderRecorder
from devices.recorder import ClockReading, RecorderFacts

NOON = datetime(2026, 1, 17, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


class TalkingRecorder(FolderRecorder):
    """Says what it is told to say.

    Args:
        folder: its files.
        facts: what it says of itself.
        slow: how much its clock lacks to the true time; None: it has no clock.
        now: the true time.
        doubt: of a reading.
    """

    def __init__(
        self,
        folder: Path,
        facts: RecorderFacts | None = None,
        *,
        slow: timedelta | None = None,
        now: datetime = NOON,
        doubt: timedelta = timedelta(milliseconds=500),
    ) -> None:
        super().__init__(folder)
        self.facts = facts or RecorderFacts(transport="mtp", serial="SN-1")
        self.slow = slow
        self.now = now
        self.doubt = doubt
        self.asked: list[str] = []
        self.settable = True
        self.dumb_after_set = False

    def list(self) -> Listing:
        self.asked.append("list")
        return super().list()

    def read_clock(self) -> ClockReading | None:  # type: ignore[override]  # a folder has none, ever
        self.asked.append("read_clock")
        if self.dumb_after_set and "set_clock" in self.asked:
            raise ProtocolError(source=self.name, reason="it says no more")
        if self.slow is None:
            return None
        device = self.now - self.slow
        return ClockReading(
            raw=f"{device:%Y%m%dT%H%M%S}\udcff",
            device=device,
            host=self.now,
            offset_us=self.slow // timedelta(microseconds=1),
            uncertainty_us=self.doubt // timedelta(microseconds=1),
        )

    def set_clock(self) -> bool:
        self.asked.append("set_clock")
        if self.settable:
            self.slow = timedelta()
        return self.settable
