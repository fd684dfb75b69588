"""Unacknowledged reports delay no others; each is sent under its own location."""

from datetime import UTC, datetime

import pytest
from msgspec import structs

from edge_agent.outbox import Outbox, ReportSender
from edge_agent.settings.transport import LinkSettings
from tests.edge_agent.outbox.reports import quiet_minute
from wire.ack import Ack
from wire.audience import AudienceReport
from wire.envelope import AudienceEvent, ack_event, decode_events, encode_event
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OLD, NEW = LocationId("KX-1"), LocationId("KX-01")


class Topics:
    """Writes down what went under which location."""

    def __init__(self):
        self.connected, self.sessions = True, 1
        self.sent: list[tuple[str, AudienceReport]] = []
        self.inbox: list[bytes] = []

    def start(self): ...

    def stop(self): ...

    def send(self, channel, payload):
        raise AssertionError("reports name their location")

    def send_audience(self, location, payload):
        self.sent += [
            (location, event.data)
            for event in decode_events(payload)
            if isinstance(event, AudienceEvent)
        ]
        return True

    def take_acknowledgements(self):
        inbox, self.inbox = self.inbox, []
        return inbox


def at(location):
    return lambda journal, sequence: structs.replace(
        quiet_minute(journal, sequence), location=location
    )


def acked(journal, through):
    device = DeviceId("kx-01-cam-1")
    ack = Ack(device=device, journal=journal, through=through, at=NOON)
    return encode_event(ack_event(ack, DeviceAddress(NEW, device)))


@pytest.fixture
def renamed(tmp_path):
    """An outbox with thirty reports of the old name and three of the new one."""
    old = Outbox(tmp_path / "outbox.sqlite3")
    for _ in range(30):
        old.put(at(OLD))
    old.close()
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    for _ in range(3):
        outbox.put(at(NEW))
    yield old.stream_id, outbox
    outbox.close()


def test_each_waiting_report_is_sent_under_its_own_location(renamed):
    _, outbox = renamed
    link = Topics()
    ReportSender(outbox, link, LinkSettings()).pump(0.0)
    assert {location for location, report in link.sent if report.location == OLD} == {OLD}
    assert {location for location, report in link.sent if report.location == NEW} == {NEW}
    assert len(link.sent) == 33


def test_locations_that_alternate_in_one_stream_share_no_message(tmp_path):
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    for location in (OLD, OLD, NEW, OLD):
        outbox.put(at(location))
    link = Topics()
    ReportSender(outbox, link, LinkSettings()).pump(0.0)
    assert [location for location, _ in link.sent] == [OLD, OLD, NEW, OLD]
    assert all(location == report.location for location, report in link.sent)
    outbox.close()


def test_a_stream_without_acknowledgements_does_not_delay_the_current_one(renamed):
    old, outbox = renamed
    link = Topics()
    sender = ReportSender(outbox, link, LinkSettings(batch=10, in_flight=10))
    for number in range(40):
        if number:
            outbox.put(at(NEW))
        sender.pump(float(number))
        link.inbox = [acked(outbox.stream_id, outbox.next_sequence - 1)]
    sender.pump(40.0)
    assert outbox.depth == 30
    link.inbox = [acked(old, 10)]
    sender.pump(41.0)
    assert outbox.depth == 20


def test_earlier_reports_that_stay_unclaimed_raise_an_alarm(renamed):
    _, outbox = renamed
    link = Topics()
    sender = ReportSender(outbox, link, LinkSettings(resend_after_s=1, longest_resend_s=4))
    for number in range(30):
        outbox.put(at(NEW))
        sender.pump(float(number))
        link.inbox = [acked(outbox.stream_id, outbox.next_sequence - 1)]
    assert "reports.unclaimed" in sender.alarm_kinds


def test_an_unclaimed_stream_is_not_sent_first_at_every_connection(renamed):
    #  some brokers end the connection of a client that publishes under another name
    _, outbox = renamed
    link = Topics()
    sender = ReportSender(outbox, link, LinkSettings(resend_after_s=10))
    sender.pump(0.0)
    sender.pump(10.0)
    link.sent.clear()
    link.sessions = 2
    sender.pump(11.0)
    assert {report.location for _, report in link.sent} == {NEW}
