"""No payload and no topic raises; implausible values are refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.ingest.dead_letters import DeadLetter, DeadLetterKind
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import DeviceMessage, ValidReport, validate
from wire.audience import AudienceReport, SensorSum
from wire.envelope import audience_event, encode_event, join_events
from wire.health import Presence, PresenceStatus

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1/audience"
STATUS = "onlooker/v1/KX-01/kx-01-cam-1/status"

Reports = Callable[..., AudienceReport]


def judged(topic: str, payload: bytes) -> list[ValidReport | DeviceMessage | DeadLetter]:
    return list(validate(Delivery(topic, payload), is_listed=lambda *_: True, now=NOW))


@given(topic=st.one_of(st.just(TOPIC), st.just(STATUS), st.text()), payload=st.binary())
def test_noise_is_a_dead_letter_with_a_reason(topic: str, payload: bytes) -> None:
    for finding in judged(topic, payload):
        assert isinstance(finding, DeadLetter)
        assert finding.reason


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_a_truncated_or_altered_report_is_valid_or_a_dead_letter(
    report: Reports, data: st.DataObject
) -> None:
    whole = join_events([encode_event(audience_event(report(n))) for n in (1, 2)])
    at = data.draw(st.integers(0, len(whole) - 1))
    bent = (
        whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 9)) :]
    )
    for finding in judged(TOPIC, bent):
        match finding:
            case ValidReport():
                assert finding.report.ends_at <= NOW + timedelta(minutes=5)
            case DeadLetter():
                assert finding.reason
            case DeviceMessage():
                pytest.fail("a report cannot become news of a device")


@pytest.mark.parametrize(("ahead_s", "sound"), [(290, True), (291, False)])
def test_a_report_may_end_five_minutes_ahead_and_no_more(
    report: Reports, ahead_s: int, sound: bool
) -> None:
    late = report(1, starts_at=NOW + timedelta(seconds=ahead_s))
    (finding,) = judged(TOPIC, encode_event(audience_event(late)))
    assert isinstance(finding, ValidReport) is sound


@pytest.mark.parametrize(
    "sensor",
    [
        {"lux\0": SensorSum(samples=1, total_milli=1, least_milli=1, most_milli=1)},
        {"lux": SensorSum(samples=1, total_milli=-(10**30), least_milli=1, most_milli=1)},
        {"lux": SensorSum(samples=2**50, total_milli=1, least_milli=1, most_milli=1)},
    ],
)
def test_sensor_values_beyond_the_database_are_dead_letters(
    report: Reports, sensor: dict[str, SensorSum]
) -> None:
    (finding,) = judged(TOPIC, encode_event(audience_event(report(1, sensors=sensor))))
    assert isinstance(finding, DeadLetter)
    assert finding.kind is DeadLetterKind.IMPLAUSIBLE
    assert finding.acknowledges


def test_presence_is_believed_only_for_oneself() -> None:
    online = {"device": "kx-01-cam-1", "presence": Presence.ONLINE}
    (mine,) = judged(STATUS, msgspec.json.encode(online))
    (other,) = judged(STATUS, msgspec.json.encode(online | {"device": "kx-01-cam-2"}))
    assert isinstance(mine, DeviceMessage)
    assert isinstance(mine.about, PresenceStatus)
    assert isinstance(other, DeadLetter)
    assert other.kind is DeadLetterKind.ADDRESS


def test_clearing_a_retained_presence_says_nothing() -> None:
    assert judged(STATUS, b"") == []
