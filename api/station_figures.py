"""The station's figures for Prometheus, made of the live desk. Labels are ports, which are few, never people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.desk import STATES, StationView


class _Desk(Collector):
    """One view as metrics."""

    def __init__(self, view: StationView) -> None:
        self._view = view

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        yield from self._now()
        totals = self._view.totals
        dockings = CounterMetricFamily(
            "muniment_station_dockings", "Tries to dock, by how they ended", labels=["end"]
        )
        for end, count in sorted(totals.dockings.items()):
            dockings.add_metric([end], count)
        yield dockings
        read = CounterMetricFamily(
            "muniment_station_read_bytes", "Read from recorders, by port", labels=["port"]
        )
        for port, size in sorted(totals.bytes.items()):
            read.add_metric([port], size)
        yield read
        for name, words, value in (
            ("worker_failures", "Workers that a fault of ours ended", totals.bugs),
            ("clock_drift_warnings", "Clocks that run off more than 3 s a day", totals.drifts),
        ):
            yield CounterMetricFamily(f"muniment_station_{name}", words, value=value)

    def _now(self) -> Iterator[Metric]:
        view = self._view
        states = Counter(port.state for port in view.ports)
        ports = GaugeMetricFamily("muniment_station_ports", "Ports, by state", labels=["state"])
        for state in STATES:
            ports.add_metric([state], states[state])
        yield ports
        for name, words, value in (
            ("watching", "Whether recorders are seen", float(view.watching)),
            (
                "speed_bytes",
                "Read from all recorders in a second",
                sum(p.speed for p in view.ports),
            ),
            ("free_bytes", "Free on the disk, as the station counts", view.free_bytes),
            ("days_left", "Until the disk is full, at the pace of 30 days", view.days_left),
        ):
            if value is not None:
                yield GaugeMetricFamily(f"muniment_station_{name}", words, value=value)
        if view.time is not None:
            outside = GaugeMetricFamily(
                "muniment_station_outside_time",
                "Whether an authority outside this agency stamps",
                value=int(view.time.outside),
            )
            yield outside
        if view.orchestration is not None:
            for name, words, count in (
                ("orchestration_up", "Whether Prefect is there", int(view.orchestration.up)),
                (
                    "orchestration_waiting",
                    "Dockings still worked at, or still to be shown in Prefect",
                    view.orchestration.waiting,
                ),
            ):
                yield GaugeMetricFamily(f"muniment_station_{name}", words, value=count)
        if view.witnesses is not None:
            for name, words, count in (
                (
                    "witnesses",
                    "Witnesses that cosigned the newest checkpoint",
                    view.witnesses.count,
                ),
                ("witness_quorum", "Cosignatures that are needed", view.witnesses.quorum),
                ("witness_reached", "Whether they are there", int(view.witnesses.reached)),
                (
                    "witness_alarms",
                    "Witnesses that hold another history",
                    len(view.witnesses.alarms),
                ),
            ):
                yield GaugeMetricFamily(f"muniment_station_{name}", words, value=count)


def station_text(view: StationView) -> bytes:
    """The exposition text of a view."""
    registry = CollectorRegistry()
    registry.register(_Desk(view))
    return generate_latest(registry)
