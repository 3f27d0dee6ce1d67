"""Figures for Prometheus. No name, id or path of a clip or a person is a label."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.types import Scope

from api.desk import Desk
from api.station_figures import station_text
from archive.audit.standing import standing
from archive.errors import ArchiveError
from archive.opening import Archive
from oversight.clocks.model import State

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """One application's figures."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            "muniment_http_requests",
            "Answers by route and status",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "muniment_http_seconds",
            "Time to the end of the answer",
            ["route"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._entries = Gauge(
            "muniment_ledger_entries", "Committed entries", registry=self._registry
        )
        self._projected = Gauge(
            "muniment_catalogue_entries", "Entries in the catalogue", registry=self._registry
        )
        self._free = Gauge(
            "muniment_store_free_bytes", "Free on the store's disk", registry=self._registry
        )
        self._alarms = Gauge(
            "muniment_alarms_open", "Alarms that nobody has settled", registry=self._registry
        )
        self._damaged = Gauge(
            "muniment_objects_damaged",
            "Objects with an open finding: withheld until they hash right",
            registry=self._registry,
        )
        self._deadlines = Gauge(
            "muniment_deadlines",
            "Deadlines by rule and state; clips only where they came too late",
            ["kind", "state"],
            registry=self._registry,
        )
        self._audit_findings, self._audit_time, self._audit_ok = (
            Gauge(f"muniment_audit_{name}", words, registry=self._registry)
            for name, words in (
                ("findings", "Findings of the newest audit on record"),
                ("last_time", "When it was put on record, seconds since 1970; 0: none is"),
                ("last_ok_time", "The same of the newest without findings"),
            )
        )

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one answer."""
        route = getattr(scope.get("route"), "path", "none")
        method = (
            scope["method"]
            if scope["method"] in {"GET", "HEAD", "POST", "PUT", "DELETE"}
            else "other"
        )
        key = method, route, status
        children = self._children.get(key)
        if children is None:
            # Kept: to look them up by their labels takes longer than to count. Routes and methods are few.
            counter = self._requests.labels(method, route, str(status))
            children = self._children[key] = counter, self._seconds.labels(route)
        children[0].inc()
        children[1].observe(seconds)

    def text(
        self,
        archive: Archive,
        desk: Desk | None = None,
        deadlines: Mapping[tuple[str, State], int] | None = None,
    ) -> bytes:
        """The exposition text (Prometheus format 0.0.4).

        Args:
            archive: measured.
            desk: the station's, where this process is one.
            deadlines: how many of each rule are in each state.
        """
        try:
            self._entries.set(archive.reader.size())
            self._projected.set(archive.catalogue.size())
            self._free.set(archive.free_bytes())
            self._alarms.set(archive.catalogue.open_alarms())
            self._damaged.set(archive.catalogue.count_damaged_objects())
            if (found := standing(archive)) is not None:
                self._audit_findings.set(found.findings)
                self._audit_time.set(_seconds(found.time))
                self._audit_ok.set(_seconds(found.last_ok))
        except (ArchiveError, OSError):
            # What cannot be measured is absent in /readyz's words; the other figures still come.
            pass
        self._deadlines.clear()
        for (rule, state), count in (deadlines or {}).items():
            self._deadlines.labels(rule, state).set(count)
        text = generate_latest(self._registry)
        return text if desk is None else text + station_text(desk())


def _seconds(moment: str | None) -> float:
    return 0.0 if moment is None else datetime.fromisoformat(moment).timestamp()
