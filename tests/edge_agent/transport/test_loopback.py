from datetime import UTC, datetime

import msgspec
import pytest

from edge_agent.transport.loopback import LoopbackLink
from tests.edge_agent.outbox.reports import quiet_minute
from wire.ack import Ack
from wire.envelope import AckEvent, audience_event, decode_events, encode_event, join_events
from wire.scalars import JournalId, SequenceRange
from wire.topics import Channel

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STREAM, OTHER = JournalId("0" * 16), JournalId("1" * 16)


class Cloud:
    """Accepts every event but those with these first sequence numbers."""

    def __init__(self, *refused):
        self.refused, self.events = set(refused), []

    def accept(self, event):
        self.events.append(event)
        return event.data.sequence.first not in self.refused


@pytest.fixture
def cloud():
    return Cloud()


@pytest.fixture
def link(address, cloud):
    link = LoopbackLink(address, cloud.accept, clock=lambda: NOON)
    link.start()
    return link


def report(first, last=None, stream=STREAM):
    numbers = SequenceRange(first=first, last=last or first)
    return encode_event(audience_event(quiet_minute(stream, numbers)))


def acknowledged(link):
    """Stream and number of each acknowledgement since the last call."""
    events = [one for ack in link.take_acknowledgements() for one in decode_events(ack)]
    assert all(isinstance(event, AckEvent) for event in events)
    return [(event.data.journal, event.data.through) for event in events]


def test_an_accepted_report_is_acknowledged_as_the_cloud_does(link, address):
    assert link.send(Channel.AUDIENCE, report(1))
    (payload,) = link.take_acknowledgements()
    (event,) = decode_events(payload)
    assert event.data == Ack(device=address.device, journal=STREAM, through=1, at=NOON)
    assert link.take_acknowledgements() == []


def test_acknowledgements_are_cumulative_from_the_first_report(link):
    link.send(Channel.AUDIENCE, join_events([report(41), report(42, 45), report(46)]))
    assert acknowledged(link) == [(STREAM, 41), (STREAM, 45), (STREAM, 46)]


def test_a_refused_report_delays_the_acknowledgement_of_later_ones(link, cloud):
    cloud.refused = {2}
    link.send(Channel.AUDIENCE, join_events([report(1), report(2), report(3)]))
    assert acknowledged(link) == [(STREAM, 1), (STREAM, 1)]
    cloud.refused = set()
    link.send(Channel.AUDIENCE, report(2))
    assert acknowledged(link) == [(STREAM, 3)]


def test_each_stream_is_acknowledged_by_itself(link):
    link.send(Channel.AUDIENCE, join_events([report(7), report(1, stream=OTHER)]))
    assert acknowledged(link) == [(STREAM, 7), (OTHER, 1)]


def test_while_disconnected_nothing_is_delivered(link, cloud):
    link.stop()
    assert not link.send(Channel.AUDIENCE, report(1))
    assert cloud.events == []
    link.start()
    assert (link.sessions, link.connected) == (2, True)


def test_an_invalid_event_of_the_agent_is_an_error(link, cloud):
    broken = msgspec.json.decode(report(1))
    broken["data"]["visits"] = -1
    with pytest.raises(ValueError, match=r"the agent sent an invalid event: .*visits"):
        link.send(Channel.AUDIENCE, msgspec.json.encode(broken))
    assert cloud.events == []
