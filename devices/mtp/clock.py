"""A recorder's clock over MTP: device property 0x5011 (PIMA 15740, 13.3.5; MTP 1.1, C.2.11).

Read with the round trip measured; set at the beginning of a second of ours, because what is written has
no digits behind it. What cannot be asked, or answers what is no date, is no clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Final

from devices.mtp.codes import DeviceProperty
from devices.mtp.dates import DeviceDate, format_date, parse_date
from devices.mtp.errors import ParseError, RefusedError
from devices.mtp.operations import Operations
from devices.mtp.strings import build_string, parse_string
from devices.recorder import ClockReading

_MICROSECOND: Final = timedelta(microseconds=1)


class Clock:
    """The clock of one recorder that offers the property."""

    def __init__(self, operations: Operations, zone: tzinfo) -> None:
        self._operations = operations
        self._timing = operations.session.timing
        self._zone = zone

    def read(self) -> ClockReading | None:
        """Its clock now; None where it has none. Raises what the session raises."""
        before, started = self._timing.now(), self._timing.monotonic()
        try:
            raw, date = self._ask()
        except (RefusedError, ParseError):
            return None
        trip = timedelta(seconds=self._timing.monotonic() - started)
        if date is None:
            return None
        host = before + trip / 2
        digit = timedelta(microseconds=date.digit_us)
        return ClockReading(
            raw=raw,
            device=date.when,
            host=host,
            offset_us=(host - date.when - digit / 2) // _MICROSECOND,
            uncertainty_us=(trip / 2 + digit / 2) // _MICROSECOND + 1,
        )

    def set(self) -> bool:
        """Set it to ours; False where it cannot be set. Raises what the session raises."""
        try:
            if not self._operations.describe(DeviceProperty.DATE_TIME).settable:
                return False
            date = self._ask()[1]
        except (RefusedError, ParseError):
            return False
        suffix, decimals = (date.suffix, date.decimals) if date else ("", 0)
        second = self._next_second()
        text = format_date(second, self._zone, suffix=suffix, decimals=decimals)
        try:
            self._operations.set_device_property(DeviceProperty.DATE_TIME, build_string(text))
        except RefusedError:
            return False
        return True

    def _ask(self) -> tuple[str, DeviceDate | None]:
        data = self._operations.device_property(DeviceProperty.DATE_TIME)
        text = parse_string(data)[0]
        return text, parse_date(text, self._zone)

    def _next_second(self) -> datetime:
        """Wait until a second of ours begins."""
        now = self._timing.now()
        second = now.replace(microsecond=0) + timedelta(seconds=1)
        self._timing.sleep((second - now).total_seconds())
        return second
