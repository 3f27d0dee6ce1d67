"""The environments of the Prefect server and of the flow runner: all under ROOT/prefect, nothing to the outside.

What always holds: no analytics, no version check, no page of Prefect's own; the server answers only to who knows
the secret of this start, because other users of the machine, and pages in its browser, reach loopback too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_NAME: Final = "station"
_QUIET: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",  # our own log says it, and does not wait for a server
    "PREFECT_LOGGING_COLORS": "false",
}
_SERVER: Final = {
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": "",
    # There are no deployments, schedules or automations here: our station starts every run.
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    # About 20 kB a task run: what is older than a month goes, or the disk fills with a disposable thing.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 24 * 3600),
}
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TZ")  # of the caller's, for the server


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where this station's Prefect server is."""

    home: Path  # ROOT/prefect
    port: int
    secret: str = field(repr=False)

    @property
    def url(self) -> str:
        """Of its API."""
        return f"http://127.0.0.1:{self.port}/api"

    def client(self) -> dict[str, str]:
        """What a client has to know."""
        return {
            "PREFECT_API_URL": self.url,
            "PREFECT_API_AUTH_STRING": f"{_NAME}:{self.secret}",
            "PREFECT_API_REQUEST_TIMEOUT": "30",
            # Three tries wait through a start (12 to 20 s) and longer; with Prefect's six, a server that cannot start
            # again held the docking's work up for four minutes.
            "PREFECT_CLIENT_MAX_RETRIES": "2",
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",  # never a second server
        }


def server_environment(address: Address, outside: Mapping[str, str]) -> dict[str, str]:
    """The server's: it gets no secret of ours but its own."""
    return {
        **{name: outside[name] for name in _KEPT if name in outside},
        **_home(address),
        **_QUIET,
        **_SERVER,
        "PREFECT_SERVER_API_AUTH_STRING": f"{_NAME}:{address.secret}",
    }


def runner_environment(address: Address, outside: Mapping[str, str]) -> dict[str, str]:
    """The flow runner's: it opens the archive, so it keeps what the caller has, but for the caller's Prefect."""
    ours = {name: value for name, value in outside.items() if not name.startswith("PREFECT_")}
    return {**ours, **_home(address), **_QUIET, **address.client()}


def write_profile(address: Address) -> None:
    """Let the owner look: `PREFECT_HOME=ROOT/prefect prefect flow-run ls`.

    Raises:
        OSError: the folder cannot be written.
    """
    address.home.mkdir(mode=0o700, exist_ok=True)
    lines = [f"active = {json.dumps(_NAME)}", f"[profiles.{_NAME}]"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in address.client().items()]
    fresh = address.home / "profiles.toml.new"
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    fresh.replace(address.home / "profiles.toml")


def _home(address: Address) -> dict[str, str]:
    return {"PREFECT_HOME": str(address.home), "HOME": str(address.home)}
