"""Lines are validated and streams acknowledged as the embedded stream does."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cloud.database import SUMS, microseconds
from cloud.stream_spark.parse import DEAD_LETTER, REPORT, ParsedRow, parse_line
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event, join_events

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1/audience"

Reports = Callable[..., AudienceReport]


def rows(line: bytes) -> list[ParsedRow]:
    return parse_line(line, is_listed=lambda location, _: location == "KX-01", now=NOW)


def dated(items: list[tuple[str, int, int]]) -> list[tuple[str, int, int, int]]:
    return [(*item, microseconds(NOW)) for item in items]


def record(payload: bytes, topic: str = TOPIC) -> bytes:
    return json.dumps({"topic": topic, "payload": base64.b64encode(payload).decode()}).encode()


def test_a_record_and_a_recorded_event_say_the_same(report: Reports) -> None:
    batch = join_events([encode_event(audience_event(report(n))) for n in (1, 2)])
    parsed = rows(record(batch))
    assert rows(batch) == parsed
    assert [(row.what, row.stream_id, row.first) for row in parsed] == [
        (REPORT, "00000000000000a1", 1), (REPORT, "00000000000000a1", 2),
    ]  # fmt: skip
    assert parsed[0].sums[SUMS.index("visits")] == 2
    assert parsed[0].sums[len(SUMS)] == report(1).peak


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"", "topic"),
        (b"rubbish", "topic"),
        (record(b"rubbish"), "unreadable"),
        (record(b"[]", "elsewhere/v1"), "topic"),
    ],
)
def test_what_cannot_be_read_is_a_letter_that_settles_nothing(line: bytes, kind: str) -> None:
    (dead_letter,) = rows(line)
    assert (dead_letter.what, dead_letter.kind, dead_letter.stream_id) == (DEAD_LETTER, kind, None)


def test_a_refused_report_settles_its_numbers_but_a_strangers_stay_with_it(
    report: Reports,
) -> None:
    ahead = report(4, starts_at=datetime(2027, 1, 1, tzinfo=UTC))
    (dead_letter,) = rows(encode_event(audience_event(ahead)))
    assert (dead_letter.kind, dead_letter.stream_id, dead_letter.first) == (
        "future",
        "00000000000000a1",
        4,
    )
    (dead_letter,) = rows(encode_event(audience_event(report(4, location="NOWHERE"))))
    assert (dead_letter.kind, dead_letter.stream_id) == ("unknown", None)
