"""A told history is plausible, exact and the same however often it is told."""

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import paho.mqtt.client as mqtt
import pytest

from simulators.__main__ import main
from simulators.delivery.mqtt_client import SimulatorClient
from simulators.delivery.reliable_sender import NotAcknowledgedError, ReliableSender, pack_batches
from simulators.footfall import ReportTotals
from simulators.synthetic.footfall_model import (
    QUARTER,
    Profile,
    SyntheticSite,
    generate_day,
    generate_history,
)
from wire.ack import Ack
from wire.audience import AudienceReport
from wire.envelope import (
    MAX_BATCH,
    MAX_PAYLOAD_BYTES,
    AudienceEvent,
    ack_event,
    audience_event,
    decode_events,
    encode_event,
)
from wire.topics import Channel, DeviceAddress, all_devices_filter, parse_topic

LONDON = ZoneInfo("Europe/London")
HERE = DeviceAddress("KX-01", "kx-01-sim")
PLACE = SyntheticSite(HERE, Profile.STATION, LONDON, seed=1)
TUESDAY, SUNDAY = date(2026, 11, 17), date(2026, 11, 15)


def visits(reports, place=PLACE):
    by_hour = dict.fromkeys(range(24), 0)
    for report in reports:
        by_hour[report.starts_at.astimezone(place.timezone).hour] += report.visits
    return by_hour


def test_a_working_day_has_two_peaks_and_a_quiet_night():
    by_hour = visits(generate_day(PLACE, TUESDAY))
    assert min(by_hour[8], by_hour[17]) > 1.5 * by_hour[11] > 10 * by_hour[3]


def test_a_sunday_has_its_peak_in_the_afternoon():
    by_hour = visits(generate_day(PLACE, SUNDAY))
    assert max(by_hour, key=by_hour.get) in range(12, 19)
    assert by_hour[8] < by_hour[14] / 2


@pytest.mark.parametrize("profile", list(Profile))
def test_every_report_of_every_profile_is_valid(profile):
    for report in generate_day(SyntheticSite(HERE, profile, LONDON, seed=4), TUESDAY):
        (event,) = decode_events(encode_event(audience_event(report)))
        assert isinstance(event, AudienceEvent), event


def test_a_day_is_the_same_in_whatever_range_it_is_generated():
    #  Mon  Tue  Wed
    #  [--------------)   three days
    #       [----)        Tuesday alone
    until = datetime(2026, 11, 19, tzinfo=UTC)
    week = list(generate_history(PLACE, date(2026, 11, 16), until))
    assert list(generate_day(PLACE, TUESDAY)) == [
        r for r in week if r.journal == PLACE.journal(TUESDAY)
    ]


def test_other_days_sites_and_seeds_have_other_streams():
    elsewhere = SyntheticSite(DeviceAddress("LB-01", "lb-01-sim"), Profile.STATION, LONDON, seed=1)
    again = SyntheticSite(HERE, Profile.STATION, LONDON, seed=2)
    journals = [
        place.journal(on) for place in (PLACE, elsewhere, again) for on in (TUESDAY, SUNDAY)
    ]
    assert len(set(journals)) == 6


@pytest.mark.parametrize(
    ("on", "quarters"),
    [(TUESDAY, 96), (date(2026, 3, 29), 92), (date(2026, 10, 25), 100)],
)
def test_a_local_day_is_covered_without_gap_when_clocks_change(on, quarters):
    reports = list(generate_day(PLACE, on))
    assert len(reports) == quarters
    assert [r.sequence.first for r in reports] == list(range(1, quarters + 1))
    assert all(a.ends_at == b.starts_at for a, b in pairwise(reports))
    assert reports[0].starts_at.astimezone(LONDON).hour == 0


def test_history_ends_before_until():
    until = datetime(2026, 11, 17, 10, 7, tzinfo=UTC)
    *_, last = generate_history(PLACE, TUESDAY, until)
    assert last.ends_at == datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
    assert last.ends_at - last.starts_at == QUARTER


def test_some_minutes_are_unobserved_and_count_no_people():
    reports = list(generate_history(PLACE, date(2026, 10, 1), datetime(2026, 11, 1, tzinfo=UTC)))
    blind = [r for r in reports if r.blind_ms]
    assert 0.003 < len(blind) / len(reports) < 0.03
    assert all(r.observed_ms + sum(r.blind_ms.values()) == 900_000 for r in reports)


def test_batches_are_within_the_limits_and_of_one_stream_each():
    reports = list(generate_history(PLACE, SUNDAY, datetime(2026, 11, 18, tzinfo=UTC)))
    packed = list(pack_batches(reports))
    assert sum(parcel.reports for parcel in packed) == len(reports)
    for parcel in packed:
        events = list(decode_events(parcel.payload))
        assert len(parcel.payload) <= MAX_PAYLOAD_BYTES
        assert len(events) == parcel.reports <= MAX_BATCH
        assert {event.data.journal for event in events} == {parcel.journal}
        assert events[-1].data.sequence.last == parcel.through


def test_the_command_writes_the_totals_it_prints(tmp_path, capsys):
    out = tmp_path / "history.jsonl"
    words = f"footfall --location KX-01 --days 2 --until 2026-11-18 --out {out}"
    assert main(words.split()) == 0
    counted = ReportTotals()
    events = [event for line in out.read_bytes().splitlines() for event in decode_events(line)]
    assert sum(1 for _ in counted.count(event.data for event in events)) == 2 * 96
    assert capsys.readouterr().out == f"{counted}\n"


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--location", "KX/01", "not a name"),
        ("--device", "+", "not a name"),
        ("--days", "0", "use 1 to"),
        ("--days", "1101", "use 1 to"),
        ("--until", "yesterday", "yesterday"),
        ("--until", "2999-01-01", "future"),
        ("--until", "2020-01-05", "use fewer days"),
        ("--timezone", "Mars/Olympus", "use a name like"),
        ("--timezone", "../etc", "use a name like"),
    ],
)
def test_an_invalid_history_is_refused(tmp_path, capsys, option, value, complaint):
    asked = {"--location": "KX-01", "--days": "3", "--until": "2026-11-18", option: value}
    words = [f"{name}={given}" for name, given in asked.items()]
    assert main(["footfall", *words, f"--out={tmp_path / 'h.jsonl'}"]) == 2
    assert complaint in capsys.readouterr().err


def test_an_unreachable_broker_is_named(capsys):
    words = "footfall --location KX-01 --days 1 --broker mqtt://127.0.0.1:1"
    assert main(words.split()) == 1
    assert "no broker at mqtt://127.0.0.1:1 " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("127.0.0.1:1883", "has no scheme: begin it with mqtt:// or mqtts://"),
        ("http://127.0.0.1", "is http: begin it with mqtt:// or mqtts://"),
        ("mqtt://", "has no host: write mqtt://host"),
        ("mqtt://h:port", "the port is no number from 1 to 65535"),
    ],
)
def test_an_invalid_broker_address_is_refused(capsys, url, sentence):
    assert main(["footfall", "--location=KX-01", "--days=1", f"--broker={url}"]) == 1
    assert sentence in capsys.readouterr().err


def test_certificates_without_a_broker_are_refused_by_name(tmp_path, capsys):
    words = ["--location=KX-01", "--days=1", f"--out={tmp_path / 'h.jsonl'}", "--ca=ca.pem"]
    assert main(["footfall", *words]) == 2
    assert "--ca would have no effect: they are used with --broker only" in capsys.readouterr().err


def test_certificates_for_a_broker_without_tls_are_refused(tmp_path, capsys):
    words = ["--location=KX-01", "--days=1", "--broker=mqtt://127.0.0.1:1", "--ca=ca.pem"]
    assert main(["footfall", *words]) == 1
    assert "certificates were given for an mqtt:// broker" in capsys.readouterr().err


class Cloud:
    """Counts each report once and acknowledges it; ignores the first messages on request."""

    def __init__(self, broker, ignored=0):
        self.counted, self.received, self._ignored = {}, 0, ignored
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.on_message = self._message
        self.client.connect(broker.host, broker.port)
        self.client.subscribe(all_devices_filter(Channel.AUDIENCE), qos=1)
        self.client.loop_start()

    def _message(self, client, _, message):
        self.received += 1
        if self.received <= self._ignored:
            return
        address, _ = parse_topic(message.topic)
        for event in decode_events(message.payload):
            report: AudienceReport = event.data
            self.counted[report.journal, report.sequence.first] = report.visits
            ack = Ack(
                device=address.device, journal=report.journal,
                through=report.sequence.last, at=datetime.now(UTC),
            )  # fmt: skip
        client.publish(address.topic(Channel.ACK), encode_event(ack_event(ack, address)), qos=1)


def deliver(mosquitto, totals, **limits):
    reports = generate_history(PLACE, SUNDAY, datetime(2026, 11, 18, tzinfo=UTC))
    with SimulatorClient(mosquitto.url) as client:
        return ReliableSender(client, **limits).send_all(
            pack_batches(totals.count(reports)), lambda _: None
        )


@pytest.mark.broker
@pytest.mark.parametrize("ignored", [0, 2])
def test_everything_arrives_also_when_the_cloud_misses_the_first_messages(mosquitto, ignored):
    cloud, totals = Cloud(mosquitto, ignored), ReportTotals()
    assert deliver(mosquitto, totals, resend_after_s=0.2) == 3 * 96
    assert len(cloud.counted) == totals.reports == 3 * 96
    assert sum(cloud.counted.values()) == totals.visits
    cloud.client.loop_stop()


@pytest.mark.broker
def test_a_cloud_that_does_not_acknowledge_is_reported_after_the_timeout(mosquitto):
    with pytest.raises(
        NotAcknowledgedError, match=r"0 reports are acknowledged, 288 are not.*kx-01-sim at KX-01"
    ):
        deliver(mosquitto, ReportTotals(), patience_s=0.3)
