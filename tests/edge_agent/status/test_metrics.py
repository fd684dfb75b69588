"""The metrics equal the heartbeat, in a format that the parser of Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from edge_agent.state_board import StateBoard
from edge_agent.status.metrics import METRIC_SPECS, render_metrics
from wire.scalars import DeviceId


def samples(board, now):
    families = text_string_to_metric_families(render_metrics(board, now).decode())
    return {
        (sample.name, *(v for k, v in sample.labels.items() if k not in ("location", "device"))): (
            sample.value
        )
        for family in families
        for sample in family.samples
        if sample.labels["device"] == "kx-01-cam-1"
    }


def test_every_figure_is_there_and_true(board, now):
    found = samples(board, now)
    expected = {
        ("onlooker_entries_total",): 1_234,
        ("onlooker_attention_seconds_total",): 754.0,
        ("onlooker_blind_seconds_total", "dark"): 10.0,
        ("onlooker_frames_per_second",): 24.8,
        ("onlooker_outbox_oldest_age_seconds",): 360.0,
        ("onlooker_outbox_merges_total",): 30,
        ("onlooker_egress_refusals_total",): 1,
        ("onlooker_connection", "excellent"): 1,
        ("onlooker_connection", "poor"): 0,
        ("onlooker_capture_state", "streaming"): 1,
        ("onlooker_gate_total", "by_track"): 900,
        ("onlooker_gate_total", "none"): 16_200,
        ("onlooker_gate_sampled_total",): 18_000,
        ("onlooker_gate_missed_total",): 3,
        ("onlooker_temperature_celsius",): 51.5,
        ("onlooker_clock_kept",): 1,
        ("onlooker_clock_ahead_seconds",): 0.25,
        ("onlooker_broker_connected",): 1,
    }
    assert {name: found.get(name) for name in expected} == expected
    names = {name.removesuffix("_total") for name, *_ in found}
    assert {f"onlooker_{spec.name}" for spec in METRIC_SPECS} - names == {"onlooker_alarm"}


def test_the_parts_of_the_gate_add_up_to_the_frames_that_were_sampled(board, now):
    found = samples(board, now)
    parts = [value for (name, *_), value in found.items() if name == "onlooker_gate_total"]
    assert sum(parts) == found["onlooker_gate_sampled_total",]


def test_unknown_values_are_omitted(board, snapshot, now):
    board.publish(DeviceId("kx-01-cam-1"), snapshot(clock_kept=None, alarms=("blind.dark",)))
    found = samples(board, now)
    assert ("onlooker_clock_kept",) not in found
    assert found["onlooker_alarm", "blind.dark"] == 1


def test_several_cameras_stand_side_by_side(board, snapshot, now):
    board.publish(DeviceId("other"), snapshot(device=DeviceId("other")))
    assert render_metrics(board, now).decode().count("onlooker_entries_total{") == 2


def test_an_empty_board_is_no_error(now):
    assert b"onlooker_entries" in render_metrics(StateBoard(), now)
