"""Faults of the transport change no total, and hostile messages become dead letters."""

from itertools import count

import numpy as np
import pytest

from cloud.ingest.dead_letters import DeadLetter
from cloud.ingest.sources.message_source import Delivery as Arrival
from cloud.ingest.validate import validate
from simulators.delivery.reliable_sender import ReliableSender, pack_batches
from simulators.footfall import ReportTotals
from simulators.synthetic.cameras import create_sites, generate_reports, interleave_reports
from simulators.synthetic.fault_injection import HOSTILE_MESSAGES, FaultProfile, FaultyConnection
from tests.simulators.acknowledging_cloud import HOURS_2, NOON, AcknowledgingCloud
from wire.topics import Channel, DeviceAddress

ADDRESS = DeviceAddress("KX-01", "cam-1")


@pytest.mark.parametrize("faults", [FaultProfile.LOSSY, FaultProfile.HOSTILE])
def test_a_bad_line_changes_no_total(faults):
    cloud, totals = AcknowledgingCloud(), ReportTotals()
    line = FaultyConnection(cloud, faults, np.random.default_rng(1))
    squeeze = np.random.default_rng(2)
    load = pack_batches(
        totals.count(interleave_reports(create_sites(8, 1), HOURS_2, chunk=10, squeeze=squeeze))
    )
    ticks = count()
    delivery = ReliableSender(line, resend_after_s=3, clock=lambda: float(next(ticks)))
    assert delivery.send_all(load, lambda _: None) == totals.reports
    assert (len(cloud.counted), cloud.visits) == (totals.reports, totals.visits)
    assert min(line.counts[what] for what in ("lost", "duplicated", "reordered")) > 0


@pytest.mark.parametrize("kind", sorted(HOSTILE_MESSAGES))
def test_every_hostile_message_is_a_dead_letter_and_affects_no_valid_stream(kind):
    (site,) = create_sites(1, 1)
    report = next(generate_reports(site, HOURS_2))
    line = FaultyConnection(AcknowledgingCloud(), FaultProfile.HOSTILE, np.random.default_rng(1))
    sent = []
    line._connection.send = lambda address, payload: sent.append((address, payload))
    with pytest.MonkeyPatch.context() as only:
        only.setattr(
            "simulators.synthetic.fault_injection.HOSTILE_MESSAGES", {kind: HOSTILE_MESSAGES[kind]}
        )
        line._send_hostile(site.address, next(pack_batches([report])).payload)
    ((address, payload),) = sent
    arrival = Arrival(address.topic(Channel.AUDIENCE), payload)
    found = list(validate(arrival, is_listed=lambda _, device: device != "nobody", now=NOON))
    assert found
    for dead_letter in found:
        assert isinstance(dead_letter, DeadLetter), kind
        assert (
            dead_letter.acknowledges is None or dead_letter.acknowledges.stream_id != report.journal
        )


class Recorder:
    """Records what is sent."""

    def __init__(self):
        self.sent = []

    def send(self, address, payload):
        self.sent.append(payload)

    def read_acknowledgements(self, *, wait_s):
        return iter(())


class Chances:
    """A random number generator with given results."""

    def __init__(self, *chances):
        self.chances = iter(chances)

    def random(self):
        return next(self.chances)


@pytest.mark.parametrize(
    ("chance", "sent", "fault"),
    [
        (0.0, [], "lost"),
        (0.049, [], "lost"),
        (0.05, [], "reordered"),
        (0.149, [], "reordered"),
        (0.16, [b"x"], None),
        (0.92, [b"x"], None),
        (0.921, [b"x", b"x"], "duplicated"),
        (0.999, [b"x", b"x"], "duplicated"),
    ],
)
def test_a_message_is_lost_delayed_duplicated_or_sent(chance, sent, fault):
    recorder = Recorder()
    line = FaultyConnection(recorder, FaultProfile.LOSSY, Chances(chance))
    line.send(ADDRESS, b"x")
    assert recorder.sent == sent
    assert dict(line.counts) == ({fault: 1} if fault else {})


def test_delayed_messages_are_sent_in_reverse_order_before_acknowledgements_are_read():
    recorder = Recorder()
    line = FaultyConnection(recorder, FaultProfile.LOSSY, Chances(0.1, 0.5, 0.1))
    for payload in (b"1", b"2", b"3"):
        line.send(ADDRESS, payload)
    assert recorder.sent == [b"2"]
    assert list(line.read_acknowledgements(wait_s=0)) == []
    assert recorder.sent == [b"2", b"3", b"1"]
    assert list(line.read_acknowledgements(wait_s=0)) == []
    assert recorder.sent == [b"2", b"3", b"1"]


def test_a_lossy_connection_sends_no_hostile_message():
    cloud = Recorder()
    line = FaultyConnection(cloud, FaultProfile.LOSSY, np.random.default_rng(1))
    for _ in range(300):
        line.send(ADDRESS, b"x")
    assert set(cloud.sent) == {b"x"}
    assert set(line.counts) == {"lost", "duplicated", "reordered"}
