"""Firefox over its own remote control: Marionette, JSON behind its length over TCP. Nothing is downloaded.

Holds: one browser with a fresh profile, ended with its processes when the block ends.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

FIREFOX: Final = Path("/usr/bin/firefox-esr")
_PATIENCE: Final = 60.0
_ELEMENT: Final = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver, 12.1
# No page of its own, no calls home.
_SETTINGS: Final = {
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "intl.accept_languages": "zh-CN, zh",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


class Firefox:
    """A session of one browser."""

    def __init__(self, port: int) -> None:
        self._socket = _connect(port)
        self._read = self._socket.makefile("rb")
        self._number = 0
        self._receive()  # it introduces itself
        self.command("WebDriver:NewSession", {})

    def command(self, name: str, parameters: dict[str, Any]) -> Any:
        """Ask, and wait for the answer. A refusal fails the test."""
        self._number += 1
        text = json.dumps([0, self._number, name, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(text), text))
        _, number, error, result = self._receive()
        assert number == self._number
        assert error is None, error
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def _receive(self) -> Any:
        digits = b""
        while (byte := self._read.read(1)) != b":":
            assert byte, "Firefox is gone"
            digits += byte
        return json.loads(self._read.read(int(digits)))

    def open(self, address: str) -> None:
        """Go there."""
        self.command("WebDriver:Navigate", {"url": address})

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        script = f"return window.eval({json.dumps(expression)})"
        return self.command(
            "WebDriver:ExecuteScript", {"script": script, "args": [], "sandbox": None}
        )

    def value(self, expression: str) -> Any:
        """The same where the page's own policy (CSP) refuses `eval`."""
        script = f"return ({expression})"
        return self.command(
            "WebDriver:ExecuteScript", {"script": script, "args": [], "sandbox": None}
        )

    def choose(self, selector: str, path: Path) -> None:
        """Put a file into a file input."""
        found = self.command("WebDriver:FindElement", {"using": "css selector", "value": selector})
        self.command("WebDriver:ElementSendKeys", {"id": found[_ELEMENT], "text": str(path)})

    def close(self) -> None:
        """End the session."""
        self.command("Marionette:Quit", {"flags": ["eForceQuit"]})
        self._read.close()
        self._socket.close()


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """A browser with a fresh profile below `folder`."""
    port = _free_port()
    profile = folder / "profile"
    profile.mkdir()
    settings = {**_SETTINGS, "marionette.port": port}
    (profile / "user.js").write_text(
        "".join(f'user_pref("{k}", {json.dumps(v)});\n' for k, v in settings.items())
    )
    with (
        (folder / "firefox.log").open("wb") as log,
        subprocess.Popen(
            [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", profile],
            env=os.environ | {"HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        ) as process,
    ):
        try:
            session = Firefox(port)
            yield session
            session.close()
            process.wait(20)
        finally:
            _end(process.pid)


def _end(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _connect(port: int) -> socket.socket:
    """It takes some seconds until it listens."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        except ConnectionRefusedError:
            assert time.monotonic() < until, "Firefox does not listen"
            time.sleep(0.1)
