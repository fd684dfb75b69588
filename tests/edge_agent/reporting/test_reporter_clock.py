"""Reports are dated correctly when the clock of the device is set late or is wrong."""

from datetime import UTC, datetime, timedelta

from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.transport import LinkSettings
from edge_agent.transport.loopback import LoopbackLink
from tests.edge_agent.agent_run import EIGHT, FrameSequence, alarm_states, audience_reports
from wire.envelope import AlarmEvent, HeartbeatEvent
from wire.health import AlarmState


class LateClockCamera(FrameSequence):
    """Its clock starts in 1970 and is set after 50 s."""

    def __iter__(self):
        for moment in super().__iter__():
            if moment.elapsed_s < 50:
                moment.captured_at -= EIGHT - datetime(1970, 1, 1, tzinfo=UTC)
            yield moment


def test_reports_from_before_the_clock_was_set_are_dated_afterwards(
    agent, street, received, outbox
):
    #  steady  0 s         30 s        50 s  60 s
    #  clock   1970 ...................|  08:00:50
    #  reports |-----1-----|-----2------|--3--|
    agent(LateClockCamera([street(n / 5) for n in range(350)])).run()
    seconds = [(r.starts_at - EIGHT, r.ends_at - EIGHT) for r in audience_reports(received)]
    expected = [(0, 30), (30, 50), (50, 60), (60, 69.8)]
    assert seconds == [(timedelta(seconds=a), timedelta(seconds=b)) for a, b in expected]
    assert [r.sequence.first for r in audience_reports(received)] == [1, 2, 3, 4]
    assert (sum(r.observed_ms for r in audience_reports(received)), outbox.has_undated) == (
        69_800,
        False,
    )
    alarms = alarm_states(received)
    assert alarms == [("clock.unset", AlarmState.RAISED), ("clock.unset", AlarmState.CLEARED)]


def test_undated_reports_of_an_earlier_run_end_where_this_run_starts(
    agent, street, received, outbox
):
    undated = LateClockCamera([street(n / 5) for n in range(100)])
    agent(undated).run(drain_s=0)
    assert (audience_reports(received), outbox.has_undated) == ([], True)
    agent(FrameSequence([street(n / 5) for n in range(100)])).run()
    earlier, later = audience_reports(received)
    assert (earlier.ends_at, later.starts_at) == (EIGHT, EIGHT)
    assert earlier.observed_ms == 19_800


def test_a_clock_minutes_from_the_clouds_raises_an_alarm(agent, street, received, address):
    cloud = LoopbackLink(address, lambda event: received.append(event) or True, clock=lambda: EIGHT)
    late = EIGHT + timedelta(minutes=4)
    settings = Settings(link=LinkSettings(heartbeat_s=1))
    camera = FrameSequence([street(n / 5) for n in range(500)])
    ticks = iter(range(100_000))
    agent(camera, settings, link=cloud, clock=lambda: late, steady=lambda: next(ticks) * 0.1).run()
    alarms = [e.data.kind for e in received if isinstance(e, AlarmEvent)]
    assert alarms == ["clock.wrong"]
    beats = [event.data for event in received if isinstance(event, HeartbeatEvent)]
    assert (beats[0].figures.clock_ahead_ms, beats[-1].figures.clock_ahead_ms) == (None, 240_000)
