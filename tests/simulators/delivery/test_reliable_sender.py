"""The reliable sender: batches within the limits, and each report is sent until acknowledged."""

from datetime import UTC, date, datetime
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from simulators.delivery.reliable_sender import (
    MAX_IN_FLIGHT,
    NotAcknowledgedError,
    ReliableSender,
    ReportBatch,
    pack_batches,
)
from simulators.synthetic.cameras import create_sites, generate_reports
from simulators.synthetic.footfall_model import Profile, SyntheticSite, generate_history
from tests.simulators.acknowledging_cloud import HOURS_2, NOON, AcknowledgingCloud
from wire.ack import Ack
from wire.envelope import MAX_BATCH, MAX_PAYLOAD_BYTES, ack_event, decode_events
from wire.scalars import JournalId
from wire.topics import DeviceAddress

SITE = SyntheticSite(
    DeviceAddress("KX-01", "kx-01-sim"), Profile.STATION, ZoneInfo("Europe/London"), seed=1
)
SUNDAY = date(2026, 11, 15)


def test_batches_are_within_the_limits_and_of_one_stream_each():
    reports = list(generate_history(SITE, SUNDAY, datetime(2026, 11, 18, tzinfo=UTC)))
    packed = list(pack_batches(reports))
    assert sum(batch.reports for batch in packed) == len(reports)
    for batch in packed:
        events = list(decode_events(batch.payload))
        assert len(batch.payload) <= MAX_PAYLOAD_BYTES
        assert len(events) == batch.reports <= MAX_BATCH
        assert {event.data.journal for event in events} == {batch.journal}
        assert events[-1].data.sequence.last == batch.through


def test_a_missing_acknowledgement_is_reported_with_the_camera():
    ticks = count()
    cloud = AcknowledgingCloud()
    cloud.send = lambda address, payload: None
    delivery = ReliableSender(cloud, patience_s=5, clock=lambda: float(next(ticks)))
    with pytest.raises(NotAcknowledgedError, match="sim-00001-cam-1 at SIM-00001"):
        delivery.send_all(
            pack_batches(generate_reports(create_sites(1, 1)[0], HOURS_2)), lambda _: None
        )


class Line:
    """A connection that acknowledges nothing by itself; `acknowledge` decides."""

    def __init__(self):
        self.sent, self.acknowledgements, self.reconnects = [], [], []
        self.subscribed = set()

    def subscribe(self, address):
        self.subscribed.add(address)

    def send(self, address, payload):
        self.sent.append(payload)

    def has_reconnected(self):
        return bool(self.reconnects) and self.reconnects.pop(0)

    def read_acknowledgements(self, *, wait_s):
        return iter([self.acknowledgements.pop(0)] if self.acknowledgements else [])

    def acknowledge(self, journal, through):
        ack = Ack(device=SITE.address.device, journal=journal, through=through, at=NOON)
        self.acknowledgements.append(ack_event(ack, SITE.address))


def batch(through, *, journal="a" * 16, reports=1):
    payload = f"{journal} {through}".encode()
    return ReportBatch(SITE.address, JournalId(journal), through, reports, NOON, payload)


def sender(line, **limits):
    """A sender whose clock advances by a second at each reading."""
    ticks = count()
    return ReliableSender(line, clock=lambda: float(next(ticks)), **limits)


def test_nothing_to_send_is_nothing_acknowledged():
    line = Line()
    assert sender(line).send_all([], lambda _: None) == 0
    assert line.sent == []


def test_an_acknowledgement_covers_all_earlier_batches_of_its_stream_only():
    line, progress = Line(), []
    line.acknowledge("b" * 16, 9)
    line.acknowledge("a" * 16, 2)
    load = [batch(1), batch(2, reports=3), batch(9, journal="b" * 16, reports=5)]
    assert sender(line).send_all(load, progress.append) == 9
    assert progress == [5, 9]
    assert line.subscribed == {SITE.address}


def test_an_acknowledgement_of_an_unknown_stream_or_an_earlier_report_covers_nothing():
    line = Line()
    for journal, through in (("c" * 16, 99), ("a" * 16, 0), ("a" * 16, 1)):
        line.acknowledge(journal, through)
    progress = []
    assert sender(line).send_all([batch(1)], progress.append) == 1
    assert progress == [0, 0, 1]


def test_a_batch_is_sent_again_after_the_timeout_and_only_its_stream():
    line = Line()
    delivery = sender(line, resend_after_s=5)
    answers = {4: ("a" * 16, 1)}

    def answer(_):
        if len(line.sent) in answers:
            line.acknowledge(*answers.pop(len(line.sent)))
            line.acknowledge("b" * 16, 1)

    delivery.send_all([batch(1), batch(1, journal="b" * 16)], answer)
    assert sorted(line.sent) == sorted([batch(1).payload, batch(1, journal="b" * 16).payload] * 2)


def test_everything_in_flight_is_sent_again_in_order_after_a_reconnection():
    line = Line()
    line.reconnects = [True]

    def answer(_):
        if len(line.sent) == 4:
            line.acknowledge("a" * 16, 2)

    assert sender(line, resend_after_s=1_000).send_all([batch(1), batch(2)], answer) == 2
    assert line.sent == [batch(1).payload, batch(2).payload] * 2


def test_no_more_than_the_limit_is_in_flight():
    line = Line()
    load = iter([batch(n, reports=MAX_IN_FLIGHT // 2) for n in (1, 2, 3)])
    in_flight = []
    delivery = sender(line)

    def answer(_):
        in_flight.append(delivery.in_flight)
        line.acknowledge("a" * 16, len(in_flight))

    delivery.send_all(load, answer)
    assert max(in_flight) == MAX_IN_FLIGHT
    assert len(line.sent) == 3


def test_a_load_that_is_not_due_yet_does_not_count_as_waiting_for_an_acknowledgement():
    line = Line()
    pauses = [None] * 20
    delivery = sender(line, patience_s=5)

    def answer(_):
        if line.sent:
            line.acknowledge("a" * 16, 1)

    assert delivery.send_all([*pauses, batch(1)], answer) == 1
