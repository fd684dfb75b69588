"""Every number of a report is bounded by its interval and by the people that a camera can see."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloud.ingest.dead_letters import DeadLetter, DeadLetterKind
from cloud.ingest.plausibility import (
    PEOPLE_PER_CAMERA,
    PEOPLE_PER_SECOND,
    ValidationRules,
    implausible_figure,
)
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import ValidationResult, ValidReport, validate
from wire.audience import (
    AudienceReport,
    CreativeSum,
    FrameCounts,
    SensorSum,
    SnapshotSum,
    ZoneSum,
)
from wire.envelope import alarm_event, audience_event, encode_event, heartbeat_event
from wire.health import (
    Alarm,
    AlarmState,
    CaptureState,
    Connection,
    DeviceFigures,
    GateCounts,
    Heartbeat,
)
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS

NOW = datetime(2026, 11, 20, 9, 1, tzinfo=UTC)
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1"
HUGE = 2**53 - 1

Reports = Callable[..., AudienceReport]


def judged(
    payload: bytes, channel: str = "audience", rules: ValidationRules | None = None
) -> ValidationResult:
    delivery = Delivery(f"{TOPIC}/{channel}", payload)
    (finding,) = validate(
        delivery, is_listed=lambda *_: True, now=NOW, rules=rules or ValidationRules()
    )
    return finding


def visits(count: int) -> dict[str, Any]:
    dwell = (count, *[0] * len(DWELL_EDGES_MS))
    attention = (count, *[0] * len(ATTENTION_EDGES_MS))
    return {
        "visits": count,
        "peak": 2,
        "entries": 2,
        "onlookers": 0,
        "dwell_ms": 0,
        "dwell_histogram": dwell,
        "attention_histogram": attention,
    }


CREATIVE = CreativeSum(
    plays=HUGE,
    observed_ms=9_000,
    person_ms=8_000,
    facing_ms=5_000,
    looking_ms=3_000,
    unsure_ms=1_000,
)
IMPLAUSIBLE: list[dict[str, Any]] = [
    {"person_ms": 999_999_999_999},
    {"person_ms": PEOPLE_PER_CAMERA * 10_000 + 1},
    {"peak": 10**12},
    {"peak": PEOPLE_PER_CAMERA + 1},
    {"entries": 10**6},
    {"entries": 10_500},
    {"entries": PEOPLE_PER_CAMERA + 10 * PEOPLE_PER_SECOND + 1},
    visits(10_500),
    visits(PEOPLE_PER_CAMERA + 10 * PEOPLE_PER_SECOND + 1),
    {"zones": {"door": ZoneSum(entries=10_500, person_ms=0, looking_ms=0)}},
    visits(10**6),
    {"dwell_ms": 10**8},
    {"frames": FrameCounts(captured=10**6, dropped=0, analysed=0)},
    {"frames": FrameCounts(captured=100, dropped=HUGE, analysed=0)},
    {"frames": FrameCounts(captured=100, dropped=0, analysed=HUGE)},
    {"zones": {"door": ZoneSum(entries=HUGE, person_ms=0, looking_ms=0)}},
    {"creatives": {"spot": CREATIVE}},
    {"snapshots": SnapshotSum(taken=HUGE, people=0, facing=0, looking=0)},
    {"snapshots": SnapshotSum(taken=1, people=HUGE, facing=0, looking=0)},
    {"sensors": {"lux": SensorSum(samples=HUGE, total_milli=0, least_milli=0, most_milli=0)}},
    {"sensors": {"lux": SensorSum(samples=2, total_milli=9, least_milli=1, most_milli=2)}},
    {"sensors": {"lux": SensorSum(samples=1, total_milli=10**13, least_milli=0,
                                  most_milli=10**13)}},
]  # fmt: skip


@pytest.mark.parametrize("more", IMPLAUSIBLE, ids=lambda more: next(iter(more)))
def test_an_implausible_number_is_a_dead_letter_that_names_it(
    report: Reports, more: dict[str, Any]
) -> None:
    finding = judged(encode_event(audience_event(report(1, **more))))
    assert isinstance(finding, DeadLetter)
    assert finding.kind is DeadLetterKind.IMPLAUSIBLE
    assert next(iter(more)).split(".")[0] in finding.reason
    assert finding.acknowledges, "it was parsed and is kept whole, so the camera may go on"


def test_a_full_hour_of_a_dense_crowd_is_believed(report: Reports) -> None:
    hour = timedelta(hours=1)
    made = report(
        1,
        240,
        starts_at=NOW - hour,
        ends_at=NOW,
        observed_ms=3_600_000,
        person_ms=PEOPLE_PER_CAMERA * 3_600_000,
        peak=PEOPLE_PER_CAMERA,
        entries=20_000,
        frames=FrameCounts(captured=30 * 3600, dropped=0, analysed=10 * 3600),
    )
    assert isinstance(judged(encode_event(audience_event(made))), ValidReport)


def test_how_many_people_a_camera_sees_is_a_setting_and_may_differ_by_camera(
    report: Reports,
) -> None:
    payload = encode_event(audience_event(report(1, peak=600)))
    assert isinstance(judged(payload), DeadLetter)
    assert isinstance(judged(payload, rules=ValidationRules(people_per_camera=600)), ValidReport)
    few = ValidationRules(
        people_per_camera=600, people=lambda _, device: 20 if "cam-1" in device else None
    )
    assert isinstance(judged(payload, rules=few), DeadLetter)


@pytest.mark.parametrize(
    ("first", "last", "sound"), [(1, 20, True), (1, 21, False), (4, HUGE, False)]
)
def test_a_range_of_sequences_is_bounded_by_its_interval(
    report: Reports, first: int, last: int, sound: bool
) -> None:
    finding = judged(encode_event(audience_event(report(first, last))))
    assert isinstance(finding, ValidReport) is sound
    if isinstance(finding, DeadLetter):
        assert (finding.kind, finding.acknowledges) == (DeadLetterKind.SEQUENCE, None)


@pytest.mark.parametrize(
    ("starts_at", "kind"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), DeadLetterKind.ANCIENT),
        (datetime(2020, 1, 1, tzinfo=UTC), DeadLetterKind.ANCIENT),
        (NOW - timedelta(days=401), DeadLetterKind.ANCIENT),
        (NOW + timedelta(days=1), DeadLetterKind.FUTURE),
        (datetime(2106, 2, 7, tzinfo=UTC), DeadLetterKind.FUTURE),
    ],
)
def test_a_clock_that_is_far_wrong_is_refused_with_its_kind(
    report: Reports, starts_at: datetime, kind: DeadLetterKind
) -> None:
    finding = judged(encode_event(audience_event(report(1, starts_at=starts_at))))
    assert isinstance(finding, DeadLetter)
    assert finding.kind is kind


@pytest.mark.parametrize("broken", [b'"visits":2', b'"dwell_ms":8000', b'"first":1'])
def test_what_was_not_parsed_is_never_acknowledged(report: Reports, broken: bytes) -> None:
    whole = encode_event(audience_event(report(1)))
    finding = judged(whole.replace(broken, broken.split(b":")[0] + b':"?"'))
    assert isinstance(finding, DeadLetter)
    assert (finding.kind, finding.acknowledges) == (DeadLetterKind.UNREADABLE, None)


def test_a_report_that_ends_before_it_starts_is_never_acknowledged(report: Reports) -> None:
    whole = encode_event(audience_event(report(1)))
    turned = whole.replace(b"2026-11-20T09:00:10Z", b"2026-11-20T08:00:10Z")
    finding = judged(turned)
    assert isinstance(finding, DeadLetter)
    assert "ends_at must come after starts_at" in finding.reason
    assert finding.acknowledges is None


def heartbeat(report: AudienceReport, **more: Any) -> Heartbeat:
    values: dict[str, Any] = {
        "location": report.location, "device": report.device, "journal": report.journal,
        "boot": "b1", "sent_at": NOW, "uptime_ms": 60_000, "capture": CaptureState.STREAMING,
        "frames_captured": 900, "frames_analysed": 300, "reconnects": 0, "outbox_reports": 0,
        "outbox_oldest_at": None, "next_sequence": 5, "rss_bytes": 1,
        "versions": report.versions,
    }  # fmt: skip
    return Heartbeat(**(values | more))


def figures(**more: Any) -> DeviceFigures:
    values: dict[str, Any] = {
        "connection": Connection.FAIR, "frames_milli_hz": 10_000, "frames_dropped": 0, "stalls": 0,
        "model_faults": 0, "outbox_bytes": 0, "outbox_merges": 0, "egress_refusals": 0,
        "disk_free_bytes": 1, "clock_kept": True, "clock_ahead_ms": 0, "temperature_milli_c": None,
        "alarms": (),
    }  # fmt: skip
    return DeviceFigures(**(values | more))


@pytest.mark.parametrize(
    "more",
    [
        {"uptime_ms": HUGE},
        {"frames_captured": HUGE},
        {"frames_analysed": HUGE},
        {"outbox_reports": HUGE},
        {"reconnects": HUGE},
        {"rss_bytes": HUGE},
        {"gate": GateCounts(sampled=HUGE, by_track=0, by_motion=0, by_heartbeat=0, missed=0)},
        {"figures": figures(stalls=HUGE)},
        {"figures": figures(frames_dropped=HUGE)},
        {"figures": figures(frames_milli_hz=HUGE)},
        {"figures": figures(disk_free_bytes=HUGE)},
    ],
    ids=lambda more: next(iter(more)),
)
def test_a_heartbeat_says_nothing_that_cannot_be(report: Reports, more: dict[str, Any]) -> None:
    payload = encode_event(heartbeat_event(heartbeat(report(1), **more)))
    finding = judged(payload, "heartbeat")
    assert isinstance(finding, DeadLetter)
    assert finding.kind is DeadLetterKind.IMPLAUSIBLE


def test_an_alarm_of_tomorrow_is_a_dead_letter(report: Reports) -> None:
    some = report(1)
    alarm = Alarm(
        location=some.location, device=some.device, kind="blind.dark", state=AlarmState.RAISED,
        at=NOW + timedelta(days=1), message="dark",
    )  # fmt: skip
    finding = judged(encode_event(alarm_event(alarm)), "alarm")
    assert isinstance(finding, DeadLetter)
    assert finding.kind is DeadLetterKind.FUTURE


def test_an_empty_report_is_plausible(report: Reports) -> None:
    empty = report(1, visits=0, person_ms=0, facing_ms=0, looking_ms=0, unsure_ms=0, dwell_ms=0)
    assert implausible_figure(empty, people=1) is None


def test_how_many_people_enter_in_a_second_is_a_setting(report: Reports) -> None:
    payload = encode_event(audience_event(report(1, entries=900)))
    assert isinstance(judged(payload), DeadLetter)
    assert isinstance(judged(payload, rules=ValidationRules(people_per_second=40)), ValidReport)
    assert isinstance(judged(payload, rules=ValidationRules(people_per_second=39)), DeadLetter)


def test_all_who_are_in_view_when_an_interval_begins_may_leave_within_it(report: Reports) -> None:
    second = {"starts_at": NOW - timedelta(seconds=1), "ends_at": NOW, "observed_ms": 1_000}
    assert isinstance(
        judged(encode_event(audience_event(report(1, **second, **visits(500))))), ValidReport
    )
