"""Reports are stored and sent despite faults; heartbeats report the state."""

from edge_agent.metering.interval_sums import IntervalSums
from edge_agent.outbox import OutboxError
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.transport import LinkSettings
from edge_agent.transport.loopback import LoopbackLink
from tests.edge_agent.agent_run import EIGHT, FrameSequence, alarm_states, audience_reports
from tests.edge_agent.unlimited_reports import without_threshold
from wire.envelope import HeartbeatEvent
from wire.health import AlarmState, CaptureState


def test_a_full_disk_for_a_while_loses_no_report(agent, street, outbox, received, monkeypatch):
    put, calls = outbox.put, []

    def sometimes(report_for, *, withheld=None):
        calls.append(1)
        if len(calls) < 50:
            raise OutboxError("disk full")
        return put(report_for, withheld=withheld)

    monkeypatch.setattr(outbox, "put", sometimes)
    agent(FrameSequence([street(n / 5) for n in range(450)])).run()
    assert [report.sequence.first for report in audience_reports(received)] == [1, 2, 3]
    assert sum(report.observed_ms for report in audience_reports(received)) == 89_800


def test_a_disk_that_cannot_be_read_does_not_stop_the_measurement(
    agent, street, outbox, received, monkeypatch, caplog
):
    def fails(*_numbers, **_others):
        raise OutboxError("the disk was removed")

    monkeypatch.setattr(outbox, "unacknowledged", fails)
    totals = agent(FrameSequence([street(n / 5) for n in range(200)])).run(drain_s=0)
    assert (totals.reports, totals.captured) == (2, 200)
    assert [record.message for record in caplog.records].count("outbox.failed") == 1
    alarms = [record.kind for record in caplog.records if record.message == "alarm"]
    assert alarms == ["outbox.failed"]


def test_an_inconsistent_report_does_not_prevent_the_next(
    agent, street, received, monkeypatch, caplog
):
    whole, calls = IntervalSums.report, []

    def wrong_at_first(tally, *others):
        calls.append(tally)
        if len(calls) == 1:
            raise ValueError("more onlookers than visits")
        return whole(tally, *others)

    monkeypatch.setattr(IntervalSums, "report", wrong_at_first)
    agent(FrameSequence([street(n / 5) for n in range(450)])).run()
    assert [report.sequence.first for report in audience_reports(received)] == [1, 2]
    reasons = [getattr(record, "reason", "") for record in caplog.records]
    assert "more onlookers than visits" in reasons


def test_without_a_cloud_the_reports_stay_on_disk(agent, street, address, outbox):
    unreachable = LoopbackLink(address, lambda event: False)
    totals = agent(FrameSequence([street(n / 5) for n in range(200)]), link=unreachable).run(
        drain_s=0
    )
    assert totals.unacknowledged == outbox.depth == 2


class FaultySensor:
    """The name of its third reading is encoded image data."""

    def __init__(self):
        self.taken = 0

    def take_readings(self):
        self.taken += 1
        return [("iVBORw0KGgoAAAANSUhEUg" if self.taken == 3 else "temperature_c", 21_500)]


def test_blocked_data_is_omitted_and_raises_an_alarm(agent, street, received):
    camera = FrameSequence([street(n / 5) for n in range(450)])
    totals = agent(camera, sensors=[FaultySensor()]).run()
    first, second, third = audience_reports(received)
    assert (first.sensors, first.versions.agent) == ({}, "withheld")
    assert second.sensors["temperature_c"].samples == 150
    assert sum(r.observed_ms for r in (first, second, third)) == totals.observed_ms == 89_800
    alarms = alarm_states(received)
    assert alarms[0] == ("privacy.refused", AlarmState.RAISED)
    assert not [event for event in received if "iVBOR" in repr(event)]


def test_heartbeats_report_the_state_at_their_interval(agent, street, received):
    ticks = iter(range(10_000))
    settings = without_threshold(link=LinkSettings(heartbeat_s=30))
    camera = FrameSequence([street(n / 5) for n in range(100)])
    agent(camera, settings, steady=lambda: next(ticks) * 0.25, clock=lambda: EIGHT).run()
    beats = [event.data for event in received if isinstance(event, HeartbeatEvent)]
    assert len(beats) >= 2
    assert beats[0].capture is CaptureState.STREAMING
    assert beats[-1].frames_captured > beats[0].frames_captured
    assert beats[0].versions.config == settings.digest
    assert beats[0].oldest_sequence == 1
    assert beats[0].rss_bytes > 10_000_000
    gate = beats[-1].gate
    assert 0 < gate.by_track + gate.by_motion + gate.by_heartbeat <= gate.sampled


def test_heartbeats_do_not_reveal_how_long_one_person_was_tracked(agent, street, received):
    ticks = iter(range(10_000))
    settings = Settings(link=LinkSettings(heartbeat_s=30))
    camera = FrameSequence([street(n / 5) for n in range(100)])
    parts = {"steady": lambda: next(ticks) * 0.25, "clock": lambda: EIGHT}
    agent(camera, settings, groups_only=True, **parts).run()
    beats = [event.data for event in received if isinstance(event, HeartbeatEvent)]
    assert beats[-1].gate.sampled > 0
    for beat in beats:
        gate = beat.gate
        followed = beat.frames_analysed, gate.by_track, gate.by_motion, gate.by_heartbeat
        assert followed == (0, 0, 0, 0)
