"""The sender of reports, over a link that the test controls."""

from datetime import UTC, datetime

import pytest

from edge_agent.outbox import Outbox, ReportSender
from edge_agent.outbox.sender import select_batch
from edge_agent.outbox.store import StoredReport
from edge_agent.settings.transport import LinkSettings
from tests.report_builder import build_report
from wire.ack import Ack
from wire.envelope import MAX_PAYLOAD_BYTES, AudienceEvent, ack_event, decode_events, encode_event
from wire.scalars import DeviceId, LocationId
from wire.topics import Channel, DeviceAddress

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HERE = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))


class RecordingLink:
    """Records what is sent; the test controls its connection and its inbox."""

    def __init__(self):
        self.connected = True
        self.sessions = 1
        self.accepting = True
        self.sent: list[tuple[Channel, bytes]] = []
        self.inbox: list[bytes] = []

    def start(self):
        self.connected = True

    def stop(self):
        self.connected = False

    def send(self, channel, payload):
        if self.connected and self.accepting:
            self.sent.append((channel, payload))
        return self.connected and self.accepting

    def take_acknowledgements(self):
        inbox, self.inbox = self.inbox, []
        return inbox

    def numbers(self):
        """Sequence numbers of each batch since the last call."""
        sent, self.sent = self.sent, []
        return [
            [e.data.sequence.last for e in decode_events(payload) if isinstance(e, AudienceEvent)]
            for channel, payload in sent
            if channel is Channel.AUDIENCE
        ]


def report_for(journal, sequence):
    return build_report(
        location=HERE.location,
        device=HERE.device,
        journal=journal,
        sequence=sequence,
        starts_at=NOON,
        ends_at=NOON.replace(second=30),
    )


@pytest.fixture
def outbox(tmp_path):
    box = Outbox(tmp_path / "outbox.sqlite3")
    yield box
    box.close()


@pytest.fixture
def link():
    return RecordingLink()


def acked(outbox, through):
    ack = Ack(device=HERE.device, journal=outbox.stream_id, through=through, at=NOON)
    return encode_event(ack_event(ack, HERE))


def test_no_more_is_under_way_than_the_window_holds(outbox, link):
    sender = ReportSender(outbox, link, LinkSettings(batch=3, in_flight=7))
    for _ in range(20):
        outbox.put(report_for)
    sender.pump(0.0)
    assert link.numbers() == [[1, 2, 3], [4, 5, 6], [7]]
    sender.pump(1.0)
    assert link.numbers() == []
    link.inbox = [acked(outbox, 4)]
    sender.pump(2.0)
    assert link.numbers() == [[8, 9, 10], [11]]


def test_without_acknowledgements_one_batch_is_sent_with_growing_intervals(outbox, link):
    sender = ReportSender(outbox, link, LinkSettings(batch=2, in_flight=6, resend_after_s=10))
    for _ in range(6):
        outbox.put(report_for)
    sender.pump(0.0)
    assert link.numbers() == [[1, 2], [3, 4], [5, 6]]
    sender.pump(9.9)
    assert link.numbers() == []
    sender.pump(10.0)
    assert link.numbers() == [[1, 2]]
    sender.pump(29.0)
    assert link.numbers() == []
    sender.pump(30.0)
    assert link.numbers() == [[1, 2]]
    link.inbox = [acked(outbox, 2)]
    sender.pump(31.0)
    assert link.numbers() == [[3, 4], [5, 6]]
    sender.pump(41.0)
    assert link.numbers() == [[3, 4]]


def test_a_new_session_begins_with_everything_unacknowledged(outbox, link):
    sender = ReportSender(outbox, link, LinkSettings())
    for _ in range(3):
        outbox.put(report_for)
    sender.pump(0.0)
    link.connected = False
    sender.pump(1.0)
    link.connected, link.sessions = True, 2
    sender.pump(2.0)
    assert link.numbers() == [[1, 2, 3], [1, 2, 3]]


def test_an_acknowledgement_that_came_before_the_disconnection_still_counts(outbox, link):
    sender = ReportSender(outbox, link, LinkSettings())
    outbox.put(report_for)
    sender.pump(0.0)
    link.inbox, link.connected = [acked(outbox, 1)], False
    sender.pump(1.0)
    assert outbox.depth == 0


def test_a_link_that_is_full_is_asked_again_later(outbox, link):
    sender = ReportSender(outbox, link, LinkSettings())
    outbox.put(report_for)
    link.accepting = False
    sender.pump(0.0)
    assert link.numbers() == []
    link.accepting = True
    sender.pump(0.1)
    assert link.numbers() == [[1]]


@pytest.mark.parametrize(
    "word",
    [
        b"",
        b"\xff\x00",
        b"{}",
        b"[]",
        b"null",
        b"[[[[",
        b'{"type":"onlooker.ack.v1"}',
        b"x" * 200_000,
    ],
)
def test_messages_that_are_no_acknowledgement_change_nothing(outbox, link, word):
    sender = ReportSender(outbox, link, LinkSettings())
    outbox.put(report_for)
    link.inbox = [word]
    sender.pump(0.0)
    assert outbox.depth == 1
    assert link.numbers() == [[1]]


def test_an_old_acknowledgement_changes_nothing(outbox, link):
    sender = ReportSender(outbox, link, LinkSettings())
    for _ in range(3):
        outbox.put(report_for)
    link.inbox = [acked(outbox, 2), acked(outbox, 1), acked(outbox, 2)]
    sender.pump(0.0)
    assert link.numbers() == [[3]]


def test_alarms_wait_for_a_connection_and_go_first(outbox, link):
    sender = ReportSender(outbox, link, LinkSettings())
    outbox.put(report_for)
    link.connected = False
    sender.queue_alarm(Channel.ALARM, b"fire")
    sender.pump(0.0)
    assert link.sent == []
    link.connected, link.sessions = True, 2
    sender.pump(1.0)
    assert [channel for channel, _ in link.sent] == [Channel.ALARM, Channel.AUDIENCE]


def test_a_message_holds_what_the_contract_allows():
    big = [StoredReport(n, n, b"x" * 50_000) for n in range(5)]
    assert [report.last for report in select_batch(big)] == [0, 1]
    assert select_batch([StoredReport(1, 1, b"x" * 2 * MAX_PAYLOAD_BYTES)])[0].last == 1
    assert select_batch([]) == []
