"""A report that is too large loses breakdowns, never totals."""

from msgspec import UNSET, structs

from edge_agent.outbox.shortening import shorten_report
from tests.edge_agent.outbox.reports import quiet_minute
from wire.audience import AgeGroup, CreativeSum, DemographicCell, Gender, SensorSum, ZoneSum
from wire.envelope import audience_event, decode_events, encode_event
from wire.scalars import JournalId, SequenceRange

PLAYED = CreativeSum(plays=1, observed_ms=0, person_ms=0, facing_ms=0, looking_ms=0, unsure_ms=0)
ZONES = {"left": ZoneSum(entries=0, person_ms=0, looking_ms=0)}
WHOLE = structs.replace(
    quiet_minute(JournalId("0" * 16), SequenceRange(first=1, last=1)),
    creatives={f"campaign-2026/creative-{n:02}-with-a-long-name": PLAYED for n in range(60)},
    zones=ZONES,
    sensors={"lux": SensorSum(samples=1, total_milli=5, least_milli=5, most_milli=5)},
)


def shorten(report, limit_bytes):
    (event,) = decode_events(shorten_report(encode_event(audience_event(report)), limit_bytes))
    return event.data


def test_the_breakdown_by_creative_is_removed_first():
    short = shorten(WHOLE, 4096)
    assert short.creatives is UNSET
    assert structs.replace(short, creatives=WHOLE.creatives) == WHOLE


def test_zones_are_removed_before_sensors_and_demographics():
    cell = DemographicCell(age=AgeGroup.FROM_25, gender=Gender.UNKNOWN, visits=0, onlookers=0)
    described = structs.replace(WHOLE, demographics=(cell,))
    two_steps = structs.replace(described, creatives=UNSET, zones=UNSET)
    limit_bytes = len(encode_event(audience_event(two_steps))) + 10
    assert shorten(described, limit_bytes) == two_steps


def test_the_totals_are_sent_even_if_they_exceed_the_limit():
    bare = shorten(WHOLE, 10)
    assert (bare.creatives, bare.zones, bare.sensors) == (UNSET, UNSET, {})
    restored = structs.replace(
        bare, creatives=WHOLE.creatives, zones=WHOLE.zones, sensors=WHOLE.sensors
    )
    assert restored == WHOLE


def test_a_payload_without_a_report_is_unchanged():
    assert shorten_report(b"[]", 1) == b"[]"
