"""Only fields of the schema are sent; a blocked report still delivers its totals."""

import base64
import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec import structs

from edge_agent.privacy.egress_filter import EgressError, EgressFilter, examine_document
from tests.report_builder import build_report
from wire.audience import (
    AgeGroup,
    AttentionBasis,
    AudienceReport,
    BandSum,
    DemographicCell,
    FrameCounts,
    Gender,
    SensorSum,
    Versions,
)
from wire.envelope import alarm_event, audience_event, decode_events, encode_event, join_events
from wire.health import Alarm, AlarmState
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS, tally
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import Channel, DeviceAddress

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
# A location may look like encoded data; the filter accepts the device's own names.
HERE = DeviceAddress(LocationId("KingsCrossNorthConcourse0123456789"), DeviceId("kx-01-cam-1"))
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(range(26))).decode()
READING = SensorSum(samples=1, total_milli=5, least_milli=5, most_milli=5)


def report(number=1, *, visits=6, **others) -> AudienceReport:
    values = {
        "location": HERE.location, "device": HERE.device, "journal": JournalId("0" * 16),
        "sequence": SequenceRange(first=number, last=number),
        "starts_at": NOON, "ends_at": NOON + timedelta(seconds=30),
        "frames": FrameCounts(captured=150, dropped=0, analysed=9),
        "observed_ms": 30_000, "blind_ms": {}, "person_ms": 9_000, "facing_ms": 4_000,
        "looking_ms": 3_000, "unsure_ms": 100, "entries": visits, "visits": visits,
        "onlookers": 2, "peak": 3, "dwell_ms": 9_000,
        "dwell_histogram": tally([1_500] * visits, DWELL_EDGES_MS),
        "attention_histogram": tally([500] * visits, ATTENTION_EDGES_MS),
        "demographics": (), "sensors": {"lux": READING},
        "attention_basis": AttentionBasis.ANGLES,
        "versions": Versions(agent="0.1.0", detector="f:1", attention="a:1", config="3f2a1bc94d5e"),
    }  # fmt: skip
    return build_report(**{**values, **others})


def encoded(one: AudienceReport) -> bytes:
    return encode_event(audience_event(one))


def changed(**more) -> bytes:
    """An encoded report with more in its envelope or, as `data__x`, in its data."""
    event = json.loads(encoded(report()))
    for name, value in more.items():
        (event["data"] if name.startswith("data__") else event)[name.removeprefix("data__")] = value
    return json.dumps(event).encode()


@pytest.fixture
def egress():
    return EgressFilter(HERE)


def test_messages_of_the_agent_pass_unchanged(egress):
    alarm = Alarm(
        location=HERE.location, device=HERE.device, kind="capture.failed",
        state=AlarmState.RAISED, at=NOON, message="the camera does not deliver pictures",
    )  # fmt: skip
    for channel, payload in (
        (Channel.AUDIENCE, encoded(report())),
        (Channel.AUDIENCE, join_events([encoded(report(n)) for n in range(1, 51)])),
        (Channel.ALARM, encode_event(alarm_event(alarm))),
    ):
        assert egress.filter_payload(channel, payload) == payload
    assert egress.blocked == {}


SMALL = DemographicCell(age=AgeGroup.FROM_25, gender=Gender.FEMALE, visits=4, onlookers=1)
REFUSED = {
    "raw bytes": (b"\xff\xd8\xff\xe0 a picture", "not valid against the schema"),
    "an unknown field": (changed(data__face=[1, 2, 3]), "not valid against the schema"),
    "an extension": (changed(portrait="x"), "not valid against the schema"),
    "a picture for a name": (
        encoded(report(sensors={JPEG[:64]: READING})),
        "sensors.name[0]: the signature of an image file",
    ),
    "an embedding for a version": (
        encoded(
            report(
                versions=Versions(
                    agent=base64.b64encode(bytes(range(7, 52))).decode(),
                    detector="d", attention="a", config="c",
                )
            )
        ),
        "versions.agent: a run of letters",
    ),
    "four people of one kind": (encoded(report(demographics=(SMALL,))), "fewer than 5 people"),
    "four sad people": (changed(data__expressions={"sad": 4}), "fewer than 5 people"),
    "an id that is a picture": (changed(id="data:image/png;base64,xyz"), "id: the signature"),
    "too much": (changed(data__sensors={f"s{n}": "x" * 5_000 for n in range(30)}), "bytes"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_data_outside_the_schema_is_rejected_and_not_shown(egress, case, caplog):
    payload, reason = REFUSED[case]
    with pytest.raises(EgressError) as refusal:
        egress.rewrite_payload(Channel.AUDIENCE, payload)
    assert reason in str(refusal.value)
    passed = egress.filter_payload(Channel.AUDIENCE, payload)
    assert egress.blocked == {"audience": 1}
    shown = caplog.text + str(refusal.value) + " ".join(str(vars(r)) for r in caplog.records)
    for secret in (JPEG[:20], "portrait", "face", "AAA", "BwgJ", "data:image"):
        assert secret not in shown
        assert passed is None or secret.encode() not in passed


def test_the_totals_of_a_blocked_report_still_arrive(egress):
    bad = encoded(report(2, demographics=(SMALL,), sensors={JPEG[:64]: READING}))
    payload = join_events([encoded(report(1)), bad, encoded(report(3))])
    one, two, three = (
        event.data for event in decode_events(egress.filter_payload(Channel.AUDIENCE, payload))
    )
    assert (one, three) == (report(1), report(3))
    assert two == structs.replace(report(2), sensors={}, versions=two.versions)
    assert two.versions.agent == "withheld"


def test_bands_are_totals_and_stay(egress):
    bands = BandSum(high_ms=2_000, medium_ms=1_000, low_ms=6_000)
    bad = encoded(report(2, bands=bands, demographics=(SMALL,)))
    (left,) = (event.data for event in decode_events(egress.filter_payload(Channel.AUDIENCE, bad)))
    assert (left.bands, left.demographics) == (bands, ())


def test_a_field_outside_the_schema_is_removed(egress):
    (event,) = decode_events(
        egress.filter_payload(Channel.AUDIENCE, changed(data__face=[1, 2], portrait="x"))
    )
    assert event.data == structs.replace(report(), sensors={}, versions=event.data.versions)


HIDDEN_READING = b'{"iVBORw0KGgo":' + msgspec.json.encode(READING) + b"}"


@pytest.mark.parametrize(
    ("before", "hidden"),
    [
        (b'"id":', b'"id":"iVBORw0KGgo",'),
        (b'"sensors":', b'"sensors":' + HIDDEN_READING + b","),
        (b'"specversion":', b" " * 1_000),
    ],
)
def test_data_hidden_between_fields_is_removed(egress, before, hidden):
    original = encoded(report())
    changed_payload = original.replace(before, hidden + before, 1)
    assert changed_payload != original
    assert egress.filter_payload(Channel.AUDIENCE, changed_payload) == original


def test_nothing_is_sent_of_what_cannot_be_read_or_goes_the_wrong_way(egress):
    assert egress.filter_payload(Channel.AUDIENCE, b"\xff\xd8\xff") is None
    assert egress.filter_payload(Channel.AUDIENCE, b"[{]") is None
    assert egress.filter_payload(Channel.ALARM, encoded(report())) is None
    assert egress.filter_payload(Channel.ACK, encoded(report())) is None
    assert egress.blocked == {"audience": 2, "alarm": 1, "ack": 1}


def test_other_documents_are_examined_too():
    signature = base64.b64encode(bytes(range(64))).decode()
    document = {"state": {"manifest": {"signature": signature, "recorder": False}}}
    with pytest.raises(EgressError, match=r"state.manifest.signature: a run of letters"):
        examine_document(document, largest_bytes=8192)
    examine_document(document, largest_bytes=8192, signatures={"state.manifest.signature"})
    with pytest.raises(EgressError, match="the limit is 20"):
        examine_document(document, largest_bytes=20)
    with pytest.raises(EgressError, match="levels deep"):
        examine_document(msgspec.json.decode(b"[" * 40 + b"]" * 40), largest_bytes=8192)
