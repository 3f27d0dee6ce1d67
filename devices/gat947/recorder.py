"""A recorder that its maker's library switched to mass storage: docked as the disk it is now, known by what it said.

Holds: what the library said is added to the disk's facts, and changes nothing else. Two disks that appear together are
not guessed between.
"""

from __future__ import annotations

import dataclasses
import time
from typing import Final, Protocol

from devices.errors import NoRecorderError
from devices.gat947.library import Identity, MakersLibrary
from devices.hotplug import Plugged
from devices.recorder import RecorderFacts

PATIENCE: Final = 30.0  # seconds for a recorder to come back as a disk


class Ports(Protocol):
    """Of `devices.hotplug.Watcher`, what is needed."""

    def present(self) -> list[Plugged]:
        """What is plugged in."""

    def wait(self, timeout: float) -> list[Plugged]:
        """What is plugged in, after a change or a time."""


def switch(
    library: MakersLibrary, ports: Ports, *, set_clock: bool, patience: float = PATIENCE
) -> tuple[Identity, Plugged]:
    """Switch the recorder that the library finds to mass storage, and wait for its disk.

    Raises:
        NoRecorderError: the library finds none; no disk came, or two did, and none may be taken for it.
        DeviceError: as `MakersLibrary.to_disk`.
    """
    before = {(p.port, p.address) for p in ports.present()}
    identity = library.to_disk(set_clock=set_clock)
    until = time.monotonic() + patience
    while True:
        left = until - time.monotonic()
        new = [
            p
            for p in ports.wait(max(left, 0))
            if p.kind == "mass_storage" and (p.port, p.address) not in before
        ]
        if len(new) > 1:
            serial = identity.info.serial
            reason = f"{len(new)} disks came when it was switched; unplug the others"
            raise NoRecorderError(serial=serial, reason=reason)
        if new:
            return identity, new[0]
        if left <= 0:
            reason = "no disk came after it was switched to mass storage"
            raise NoRecorderError(serial=identity.info.serial, reason=reason)


def with_identity(facts: RecorderFacts, identity: Identity) -> RecorderFacts:
    """A disk's facts with what the library said: who it is set up for, its own serial as a second witness, battery.

    A disk whose USB device has no serial is known by its own.
    """
    info = identity.info
    return dataclasses.replace(
        facts,
        transport="gat947",
        serial=facts.serial or info.serial or None,
        second_serial=info.serial or facts.second_serial,
        model=facts.model or identity.code or None,
        badge=info.badge or facts.badge,
        unit=info.unit or info.unit_name or facts.unit,
        battery=identity.battery if identity.battery is not None else facts.battery,
    )
