"""A broker that takes only small messages gets small messages."""

from msgspec import structs

from edge_agent.outbox import Outbox, ReportSender
from edge_agent.outbox.packet_limit import GROW_AFTER_S, PacketLimit
from edge_agent.settings.transport import LinkSettings
from tests.edge_agent.outbox.reports import quiet_minute
from wire.audience import CreativeSum
from wire.envelope import (
    MAX_PAYLOAD_BYTES,
    AudienceEvent,
    decode_events,
)
from wire.topics import Channel


class Narrow:
    """A broker that ends the connection when a payload is too large for it."""

    def __init__(self, limit_bytes, *, stated=False):
        self.limit_bytes, self.connected, self.sessions = limit_bytes, True, 1
        self.largest_payload_bytes = limit_bytes if stated else None
        self.unconfirmed, self.ends = 0, 0
        self.taken: list[int] = []
        self.sizes: list[int] = []

    def start(self): ...

    def stop(self): ...

    def send(self, channel, payload):
        if not self.connected:
            return False
        self.unconfirmed += 1
        if len(payload) > self.limit_bytes:
            self.connected, self.ends = False, self.ends + 1
        elif channel is Channel.AUDIENCE:
            self.sizes.append(len(payload))
            self.taken += [
                event.data.sequence.first
                for event in decode_events(payload)
                if isinstance(event, AudienceEvent)
            ]
        return True

    def take_acknowledgements(self):
        return []

    def again(self):
        if self.connected:
            self.unconfirmed = 0
        else:
            self.connected, self.sessions, self.unconfirmed = True, self.sessions + 1, 0


def pumped(outbox, link, *, times=40, settings=None):
    sender = ReportSender(outbox, link, settings or LinkSettings(resend_after_s=3600))
    for number in range(times):
        sender.pump(float(number))
        link.again()
    return sender


def creative_sums():
    none = CreativeSum(plays=1, observed_ms=0, person_ms=0, facing_ms=0, looking_ms=0, unsure_ms=0)
    return {f"campaign-2026/creative-{number:02}-with-a-long-name": none for number in range(60)}


def large(journal, sequence):
    return structs.replace(quiet_minute(journal, sequence), creatives=creative_sums())


def test_the_batch_is_halved_until_the_broker_takes_it(tmp_path):
    outbox, link = Outbox(tmp_path / "outbox.sqlite3"), Narrow(4096)
    for _ in range(60):
        outbox.put(quiet_minute)
    sender = pumped(outbox, link)
    assert sorted(set(link.taken)) == list(range(1, 61))
    assert link.ends <= 6
    assert sender.packet_limit_bytes <= 4096
    assert "link.packet_limit" in sender.alarm_kinds
    outbox.close()


def test_a_limit_that_the_broker_states_is_kept_without_a_trial(tmp_path):
    outbox, link = Outbox(tmp_path / "outbox.sqlite3"), Narrow(4096, stated=True)
    for _ in range(60):
        outbox.put(quiet_minute)
    pumped(outbox, link, times=3)
    assert (sorted(link.taken), link.ends) == (list(range(1, 61)), 0)
    assert max(link.sizes) <= 4096
    outbox.close()


def test_one_report_that_alone_is_too_large_holds_up_no_other(tmp_path, caplog):
    outbox, link = Outbox(tmp_path / "outbox.sqlite3"), Narrow(4096)
    for number in range(20):
        outbox.put(large if number == 7 else quiet_minute)
    pumped(outbox, link)
    assert sorted(set(link.taken)) == list(range(1, 21))
    assert [record.message for record in caplog.records].count("sender.report_shortened") >= 1
    outbox.close()


def test_a_report_that_is_too_large_for_a_stated_limit_is_shortened_at_once(tmp_path):
    outbox, link = Outbox(tmp_path / "outbox.sqlite3"), Narrow(4096, stated=True)
    for number in range(20):
        outbox.put(large if number == 7 else quiet_minute)
    pumped(outbox, link, times=3)
    assert (sorted(link.taken), link.ends) == (list(range(1, 21)), 0)
    outbox.close()


def test_an_outage_with_everything_acknowledged_does_not_halve_the_limit():
    limit = PacketLimit()
    limit.record_sent(90_000)
    limit.record_confirmed(1.0)
    limit.record_disconnect(2.0)
    assert limit.bytes == MAX_PAYLOAD_BYTES


def test_a_single_report_is_not_shortened_for_one_outage():
    limit = PacketLimit()
    limit.record_sent(1_000)
    limit.record_disconnect(1.0)
    assert (limit.bytes, limit.allows_shortening) == (1024, False)
    limit.record_sent(2_000)
    limit.record_disconnect(2.0)
    limit.record_sent(1_000)
    limit.record_confirmed(3.0)
    for _ in range(2):
        limit.record_sent(2_000)
        limit.record_disconnect(4.0)
    assert not limit.allows_shortening
    limit.record_sent(2_000)
    limit.record_disconnect(5.0)
    assert limit.allows_shortening


def test_the_limit_grows_again_and_ever_more_slowly():
    limit = PacketLimit()
    limit.record_sent(100_000)
    limit.record_disconnect(0.0)
    assert limit.bytes == 50_000
    limit.record_confirmed(GROW_AFTER_S - 1)
    assert limit.bytes == 50_000
    limit.record_confirmed(GROW_AFTER_S)
    assert limit.bytes == 100_000
    limit.record_sent(90_000)
    limit.record_disconnect(GROW_AFTER_S + 1)
    limit.record_confirmed(2 * GROW_AFTER_S + 2)
    assert limit.bytes == 45_000
