"""Figures of the heartbeat in the Prometheus text format; nothing beyond the state board.

Totals count from the start of the agent, as Prometheus counters do; a restart resets them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from edge_agent.state_board import StateBoard, StateSnapshot
from wire.health import CaptureState, Connection, DeviceFigures, GateCounts

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
LABELS: Final = ("location", "device")

Family = type[CounterMetricFamily] | type[GaugeMetricFamily]
Rows = Iterable[tuple[str, float]]  # the value of the extra label, and the figure


class _MetricSpec(NamedTuple):
    """One metric: how to read it from a snapshot; `label` is added to those of the camera."""

    family: Family
    name: str
    about: str
    read: Callable[[StateSnapshot], Rows]
    label: str | None = None


def render_metrics(board: StateBoard, now: datetime) -> bytes:
    """Render the metrics of every camera on the board."""
    registry = CollectorRegistry()
    registry.register(_BoardCollector(board.snapshots, now))
    return generate_latest(registry)


class _BoardCollector(Collector):
    def __init__(self, snapshots: Sequence[StateSnapshot], now: datetime) -> None:
        self._glances = snapshots
        self._now = now

    def collect(self) -> Iterator[Metric]:
        for spec in (*METRIC_SPECS, _age(self._now)):
            labels = (*LABELS, spec.label) if spec.label else LABELS
            family = spec.family(f"onlooker_{spec.name}", spec.about, labels=labels)
            for one in self._glances:
                for word, value in spec.read(one):
                    whose = [one.beat.location, one.beat.device, word]
                    family.add_metric(whose[: len(labels)], value)
            yield family


def _beat(name: str) -> Callable[[StateSnapshot], Rows]:
    return lambda one: [("", getattr(one.beat, name))]


def _figure(name: str, per: int = 1) -> Callable[[StateSnapshot], Rows]:
    def read(one: StateSnapshot) -> Rows:
        figures = one.beat.figures
        value = getattr(figures, name) if isinstance(figures, DeviceFigures) else None
        return [] if value is None else [("", value / per)]

    return read


def _total(name: str, per: int = 1) -> Callable[[StateSnapshot], Rows]:
    def read(one: StateSnapshot) -> Rows:
        value = one.totals.get(name)
        return [("", value / per)] if isinstance(value, int) else []

    return read


def _state(one: StateSnapshot) -> Rows:
    return [(word, one.beat.capture is word) for word in CaptureState]


def _connection(one: StateSnapshot) -> Rows:
    figures = one.beat.figures
    now = figures.connection if isinstance(figures, DeviceFigures) else None
    return [(word, word is now) for word in Connection]


def _alarms(one: StateSnapshot) -> Rows:
    figures = one.beat.figures
    return [(kind, 1) for kind in figures.alarms] if isinstance(figures, DeviceFigures) else []


def _unobserved(one: StateSnapshot) -> Rows:
    blind_ms = one.totals.get("blind_ms")
    spent = blind_ms.items() if isinstance(blind_ms, dict) else ()
    return [(str(cause), milliseconds / 1000) for cause, milliseconds in spent]


def _gate(one: StateSnapshot) -> Rows:
    """Sampled frames by what triggered the detector, or nothing."""
    gate = one.beat.gate
    if not isinstance(gate, GateCounts):
        return []
    opened = {name: getattr(gate, name) for name in ("by_track", "by_motion", "by_heartbeat")}
    return [*opened.items(), ("none", gate.sampled - sum(opened.values()))]


def _gate_part(name: str) -> Callable[[StateSnapshot], Rows]:
    def read(one: StateSnapshot) -> Rows:
        gate = one.beat.gate
        return [("", getattr(gate, name))] if isinstance(gate, GateCounts) else []

    return read


def _age(now: datetime) -> _MetricSpec:
    def read(one: StateSnapshot) -> Rows:
        oldest_at = one.beat.outbox_oldest_at
        return [("", max((now - oldest_at).total_seconds(), 0.0) if oldest_at else 0.0)]

    about = "Age of the oldest pending report"
    return _MetricSpec(GaugeMetricFamily, "outbox_oldest_age_seconds", about, read)


C, G = CounterMetricFamily, GaugeMetricFamily
METRIC_SPECS: Final = (
    _MetricSpec(C, "entries", "Entries: people who came into view", _total("entries")),
    _MetricSpec(C, "visits", "Visits that ended", _total("visits")),
    _MetricSpec(C, "onlookers", "Viewers: ended visits that looked", _total("onlookers")),
    _MetricSpec(C, "person_seconds", "Time of people in view", _total("person_ms", 1000)),
    _MetricSpec(
        C,
        "attention_seconds",
        "Attention seconds: time of people looking",
        _total("looking_ms", 1000),
    ),
    _MetricSpec(C, "observed_seconds", "Time observed", _total("observed_ms", 1000)),
    _MetricSpec(C, "blind_seconds", "Time not observed, by cause", _unobserved, "cause"),
    _MetricSpec(C, "reports", "Reports made", _total("reports")),
    _MetricSpec(G, "capture_state", "State of the stream", _state, "state"),
    _MetricSpec(G, "connection", "Quality of the camera connection", _connection, "word"),
    _MetricSpec(G, "frames_per_second", "Frames that arrive", _figure("frames_milli_hz", 1000)),
    _MetricSpec(C, "frames_captured", "Frames that arrived", _beat("frames_captured")),
    _MetricSpec(C, "frames_analysed", "Frames analysed", _beat("frames_analysed")),
    _MetricSpec(C, "frames_dropped", "Frames dropped", _figure("frames_dropped")),
    _MetricSpec(C, "gate", "Sampled frames, by what triggered the detector", _gate, "reason"),
    _MetricSpec(C, "gate_sampled", "Sampled frames", _gate_part("sampled")),
    _MetricSpec(
        C,
        "gate_missed",
        "Frames with faces that only the periodic check found",
        _gate_part("missed"),
    ),
    _MetricSpec(C, "reconnects", "Reconnects of the stream", _beat("reconnects")),
    _MetricSpec(C, "stalls", "Stalls of the stream", _figure("stalls")),
    _MetricSpec(C, "model_faults", "Frames on which a model failed", _figure("model_faults")),
    _MetricSpec(G, "outbox_reports", "Pending reports", _beat("outbox_reports")),
    _MetricSpec(G, "outbox_bytes", "Bytes of pending reports", _figure("outbox_bytes")),
    _MetricSpec(
        C, "outbox_merges", "Reports downsampled into longer ones", _figure("outbox_merges")
    ),
    _MetricSpec(G, "next_sequence", "Number of the next report", _beat("next_sequence")),
    _MetricSpec(
        C, "egress_refusals", "Messages blocked by the egress filter", _figure("egress_refusals")
    ),
    _MetricSpec(G, "broker_connected", "The broker is reached", lambda one: [("", one.connected)]),
    _MetricSpec(G, "alarm", "Troubles that last", _alarms, "kind"),
    _MetricSpec(G, "rss_bytes", "Resident memory of the process", _beat("rss_bytes")),
    _MetricSpec(G, "disk_free_bytes", "Left on the reports' disk", _figure("disk_free_bytes")),
    _MetricSpec(
        G, "temperature_celsius", "The board's hottest", _figure("temperature_milli_c", 1000)
    ),
    _MetricSpec(G, "clock_ahead_seconds", "Of the cloud's clock", _figure("clock_ahead_ms", 1000)),
    _MetricSpec(G, "clock_kept", "Something keeps the clock", _figure("clock_kept")),
    _MetricSpec(
        G, "uptime_seconds", "Since the agent started", lambda o: [("", o.beat.uptime_ms / 1000)]
    ),
)
