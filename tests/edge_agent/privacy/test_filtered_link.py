import pytest
from msgspec import structs

from edge_agent.outbox import Outbox, ReportSender
from edge_agent.privacy.egress_filter import EgressFilter
from edge_agent.privacy.filtered_link import FilteredLink
from edge_agent.settings.transport import LinkSettings
from edge_agent.transport.loopback import LoopbackLink
from tests.edge_agent.outbox.reports import quiet_minute
from wire.audience import SensorSum
from wire.envelope import audience_event, encode_event
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import Channel, DeviceAddress

HERE = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
READING = SensorSum(samples=1, total_milli=5, least_milli=5, most_milli=5)
HIDDEN_IMAGE = {"iVBORw0KGgo": READING}
REPORT = quiet_minute(JournalId("0" * 16), SequenceRange(first=1, last=1))


class RecordingLink:
    """A link that accepts everything while it is connected."""

    def __init__(self):
        self.connected, self.sessions, self.sent, self.acks = True, 3, [], [b"ack"]

    def start(self):
        self.connected = True

    def stop(self):
        self.connected = False

    def send(self, channel, payload):
        self.sent.append((channel, payload))
        return True

    def take_acknowledgements(self):
        acks, self.acks = self.acks, []
        return acks


class RelocatingLink(RecordingLink):
    """A link that sends reports of former locations, and states what the broker confirmed."""

    unconfirmed, largest_payload_bytes = 7, 4_096

    def send_audience(self, location, payload):
        self.sent.append((location, payload))
        return True


def encoded(**fields):
    return encode_event(audience_event(structs.replace(REPORT, **fields)))


@pytest.fixture
def egress():
    return EgressFilter(HERE)


def test_a_valid_payload_is_sent(egress):
    link = RecordingLink()
    assert FilteredLink(link, egress).send(Channel.AUDIENCE, encoded())
    assert link.sent == [(Channel.AUDIENCE, encoded())]


def test_a_blocked_payload_counts_as_sent_and_is_not(egress):
    link = RecordingLink()
    assert FilteredLink(link, egress).send(Channel.ALARM, b"\xff\xd8\xff")
    assert FilteredLink(link, egress).send_audience(HERE.location, b"\xff\xd8\xff")
    assert link.sent == []
    assert egress.blocked == {"alarm": 1, "audience": 1}


def test_while_disconnected_nothing_is_filtered_or_counted(egress):
    link = RecordingLink()
    filtered = FilteredLink(link, egress)
    filtered.stop()
    assert not filtered.send(Channel.ALARM, b"\xff\xd8\xff")
    assert not filtered.send_audience(HERE.location, b"\xff\xd8\xff")
    assert (link.sent, egress.blocked) == ([], {})
    filtered.start()
    assert filtered.connected


def test_reports_of_a_former_location_are_filtered_too(egress):
    link = RelocatingLink()
    filtered = FilteredLink(link, egress)
    assert filtered.send_audience(LocationId("LB-01"), encoded(sensors=HIDDEN_IMAGE))
    ((location, payload),) = link.sent
    assert location == "LB-01"
    assert b"iVBORw0KGgo" not in payload


def test_a_link_without_former_locations_sends_under_its_own(egress):
    link = RecordingLink()
    FilteredLink(link, egress).send_audience(LocationId("LB-01"), encoded())
    assert link.sent == [(Channel.AUDIENCE, encoded())]


def test_the_state_is_that_of_the_link(egress):
    plain, stating = FilteredLink(RecordingLink(), egress), FilteredLink(RelocatingLink(), egress)
    assert (plain.sessions, plain.take_acknowledgements()) == (3, [b"ack"])
    assert plain.take_acknowledgements() == []
    assert (plain.unconfirmed, plain.largest_payload_bytes) == (0, None)
    assert (stating.unconfirmed, stating.largest_payload_bytes) == (7, 4_096)


def test_sequence_numbers_continue_while_the_filter_blocks(tmp_path, egress):
    received = []
    loopback = LoopbackLink(HERE, lambda event: received.append(event) or True)
    link = FilteredLink(loopback, egress)
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    sender = ReportSender(outbox, link, LinkSettings())
    for number in range(1, 6):
        sensors = HIDDEN_IMAGE if number == 3 else {}
        outbox.put(
            lambda journal, sequence, sensors=sensors: structs.replace(
                REPORT, journal=journal, sequence=sequence, sensors=sensors, visits=6
            )
        )
    link.start()
    sender.pump(0.0)
    sender.pump(0.1)
    assert outbox.depth == 0
    outbox.close()
    assert [event.data.sequence.first for event in received] == [1, 2, 3, 4, 5]
    assert {event.data.visits for event in received} == {6}
    assert egress.blocked == {"audience": 1}
