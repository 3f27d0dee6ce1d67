"""Rows of timestamps. See projection.py."""

from __future__ import annotations

from archive.catalogue.events import Fields, LedgerEvent, MalformedEventError
from archive.catalogue.projected import Rows
from archive.catalogue.times import known_us


def timestamped(event: LedgerEvent, data: Fields, _written: Fields, rows: Rows) -> None:
    """`checkpoint.timestamped`."""
    time = data.text("time")
    time_us = known_us(time)
    if time_us is None:
        raise MalformedEventError("time")
    synchronised = data.members.get("synchronised")
    renews = data.members.get("renews")
    rows.timestamps.append(
        {
            "index": event.index,
            "size": data.number("size"),
            "authority": data.text("authority"),
            "own": data.flag("own"),
            "time": time,
            "time_us": time_us,
            "imprint": data.text_or_none("imprint"),
            "policy": data.text_or_none("policy"),
            "serial": data.text_or_none("serial"),
            "accuracy_ms": data.number_or_none("accuracy_ms"),
            "synchronised": synchronised if isinstance(synchronised, bool) else None,
            "checkpoint": data.fields("checkpoint").text_or_none("object"),
            "token": data.fields("token").text_or_none("object"),
            "chain": data.fields("chain").text_or_none("object"),
            "ca": data.fields("ca").text_or_none("object"),
            "renews": None if renews is None else data.fields("renews").number("tokens"),
        }
    )
