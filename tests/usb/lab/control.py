"""The host's side of a running guest: QEMU's monitor, and what the guest asks of us."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any


class Monitor:
    """QEMU's machine protocol (QMP) on a connected socket. For one thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("rw")
        self._file.readline()  # the greeting
        self.ask({"execute": "qmp_capabilities"})

    def ask(
        self, request: Mapping[str, Any], *, until: tuple[str, str] | None = None
    ) -> dict[str, Any]:
        """Send a request; QEMU's answer, after the event `until` = (its name, its device) has come too."""
        self._file.write(json.dumps(request) + "\n")
        self._file.flush()
        reply: dict[str, Any] | None = None
        seen = until is None
        while reply is None or not seen:
            line = self._file.readline()
            if not line:
                return {"error": {"desc": "QEMU is gone"}}
            message: dict[str, Any] = json.loads(line)
            if "error" in message:
                return message
            if "return" in message:
                reply = message
            elif until:
                seen |= (message.get("event"), message.get("data", {}).get("device")) == until
        return reply


def serve(
    connection: socket.socket,
    monitor: Monitor,
    devices: Mapping[str, Mapping[str, Any]],
    status: list[int],
) -> None:
    """Do what the guest asks, a line at a time, until it says how its command ended."""
    file = connection.makefile("rw")
    for line in file:
        verb, _, argument = line.strip().partition(" ")
        if verb == "exit":
            status.append(int(argument))
            monitor.ask({"execute": "quit"})
            return
        reply = _done(monitor, devices, verb, argument)
        word, said = ("error", reply["error"]) if "error" in reply else ("ok", reply["return"])
        file.write(f"{word} {json.dumps(said)}\n")
        file.flush()


def _done(
    monitor: Monitor, devices: Mapping[str, Mapping[str, Any]], verb: str, argument: str
) -> dict[str, Any]:
    if verb == "plug" and argument in devices:
        return monitor.ask({"execute": "device_add", "arguments": devices[argument]})
    if verb == "unplug" and argument in devices:
        request = {"execute": "device_del", "arguments": {"id": argument}}
        return monitor.ask(request, until=("DEVICE_DELETED", argument))
    if verb == "qmp":
        return monitor.ask(json.loads(argument))
    return {"error": {"desc": "usage: plug NAME | unplug NAME | qmp JSON"}}
