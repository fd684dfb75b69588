import msgspec
import pytest

from wire.fleet.device_config import (
    ConfigOutcome,
    DeviceConfig,
    check_time_zone,
    jobs_topic,
    response_topics,
    shadow_topic,
)

HOURS = {"days": ["mon"], "opens": "06:00", "closes": "24:00"}
TRIANGLE = [[0, 0], [1, 0], [0, 1]]


def read(**fields):
    return msgspec.json.decode(msgspec.json.encode(fields), type=DeviceConfig)


def test_an_absent_field_is_not_null():
    config = read(paused=False)
    assert config.paused is False
    assert config.masks is msgspec.UNSET
    assert msgspec.json.encode(config) == b'{"paused":false}'


@pytest.mark.parametrize("interval_ms", [1_000, 12_000, 30_000, 60_000])
def test_an_interval_divides_one_minute(interval_ms):
    assert read(report_interval_ms=interval_ms).report_interval_ms == interval_ms


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"report_interval_ms": 7_000}, "does not divide one minute into whole seconds"),
        ({"heartbeat_interval_ms": 2_500}, "does not divide one minute into whole seconds"),
        ({"report_interval_ms": 500}, ">= 1000"),
        ({"report_interval_ms": 120_000}, "<= 60000"),
        ({"paused": None}, "$.paused"),
        ({"source": "rtsp://x"}, "unknown field `source`"),
        ({"masks": [[[0, 0], [1, 1]]]}, "length >= 3"),
        ({"masks": [TRIANGLE] * 33}, "length <= 32"),
        ({"masks": [[[0, 0], [1, 0], [0, 1.1]]]}, "<= 1.0"),
        ({"zones": [{"name": "door", "polygon": TRIANGLE}] * 17}, "length <= 16"),
        ({"zones": [{"name": "do\u200bor", "polygon": TRIANGLE}]}, "zone name"),
        ({"analysed_fps": 0}, "> 0"),
        ({"thresholds": {"face": 1.5}}, "$.thresholds.face"),
        ({"thresholds": {"nose": 0.5}}, "unknown field `nose`"),
        ({"view": {"screen_width_m": 2, "screen_height_m": 0, "camera": {}}}, "screen_height_m"),
    ],
)
def test_an_invalid_config_is_refused_with_the_field(fields, reason):
    with pytest.raises(msgspec.ValidationError) as refused:
        read(**fields)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"opens": "22:00", "closes": "06:00"}, "write a night as two"),
        ({"opens": "06:00", "closes": "06:00"}, "hours end (06:00) before they start (06:00)"),
        ({"opens": "6:00"}, "$.schedule.hours[0].opens"),
        ({"closes": "24:01"}, "$.schedule.hours[0].closes"),
        ({"closes": "24:00\n"}, "$.schedule.hours[0].closes"),
        ({"days": []}, "length >= 1"),
        ({"days": ["monday"]}, "$.schedule.hours[0].days[0]"),
    ],
)
def test_invalid_opening_hours_are_refused(changes, reason):
    accepted = {"time_zone": "Europe/London", "hours": [HOURS]}
    assert read(schedule=accepted).schedule.hours[0].closes == "24:00"
    with pytest.raises(msgspec.ValidationError) as refused:
        read(schedule={**accepted, "hours": [{**HOURS, **changes}]})
    assert reason in str(refused.value)


@pytest.mark.parametrize("name", ["UTC", "Europe/London", "America/Argentina/Buenos_Aires"])
def test_a_time_zone_of_iana_is_accepted(name):
    check_time_zone(name)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("Europe/Londn", "write Europe/London"),
        ("europe/london", "write Europe/London"),
        ("Europe", "see https://data.iana.org/time-zones"),
        ("", "write Europe/London"),
        ("../../etc/passwd", "write "),
        ("Europe/London\0", "write "),
        ("x" * 10_000, "is no IANA time zone"),
    ],
)
def test_another_time_zone_is_refused_with_similar_names(name, remedy):
    with pytest.raises(ValueError, match="is no IANA time zone") as refused:
        check_time_zone(name)
    assert remedy in str(refused.value)
    assert len(str(refused.value)) < 300


def test_topics_are_those_of_aws_shadows_and_jobs():
    assert shadow_topic("cam", "get") == "$aws/things/cam/shadow/get"
    assert shadow_topic("cam", "update", shadow="config") == (
        "$aws/things/cam/shadow/name/config/update"
    )
    assert jobs_topic("cam", "start-next") == "$aws/things/cam/jobs/start-next"


def test_a_device_subscribes_to_its_own_topics_only_and_to_each_once():
    topics = response_topics("cam")
    assert all(topic.startswith("$aws/things/cam/") for topic in topics)
    assert len(set(topics)) == len(topics) == 14
    assert "$aws/things/cam/jobs/+/update/accepted" in topics


def test_an_outcome_states_the_version_and_a_short_reason():
    outcome = {"outcome": "rejected", "version": 0, "reason": "x" * 500}
    assert msgspec.convert(outcome, ConfigOutcome).version == 0
    for wrong in ({"version": -1}, {"outcome": "ignored"}, {"reason": "x" * 501}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**outcome, **wrong}, ConfigOutcome)
