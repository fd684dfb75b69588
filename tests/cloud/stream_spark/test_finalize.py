"""One stream of a batch is finalised by the rules of the embedded stream."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cloud.database import microseconds
from cloud.ingest.plausibility import ValidationRules
from cloud.stream_spark.finalize import StreamState, finalize_stream
from cloud.stream_spark.parse import DEAD_LETTER, OLDEST_HELD, REPORT

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def dated(items: list[tuple[str, int, int]]) -> list[tuple[str, int, int, int]]:
    return [(*item, microseconds(NOW)) for item in items]


@pytest.mark.parametrize(
    ("before", "items", "after"),
    [
        # what is held             what comes                           through, ranges, statuses
        ((None, None), [(REPORT, 1, 1), (REPORT, 2, 4)], (4, "[]", ["NEW", "NEW"])),
        ((4, "[]"), [(REPORT, 2, 4), (REPORT, 6, 6)], (4, "[[6, 6]]", ["DUPLICATE", "NEW"])),
        ((4, "[]"), [(REPORT, 4, 5)], (5, "[]", ["OVERLAP"])),
        ((4, "[[6, 6]]"), [(DEAD_LETTER, 5, 5)], (6, "[]", ["NEW"])),
    ],
)
def test_a_journal_is_settled(before: Any, items: Any, after: Any) -> None:
    outcome = finalize_stream(StreamState(*before), dated(items), now=NOW, rules=ValidationRules())
    assert (outcome.through, outcome.received_ranges, outcome.statuses) == after
    assert outcome.is_to_acknowledge
    assert outcome.lost == []


def test_a_camera_that_has_forgotten_says_what_is_lost() -> None:
    heartbeat = dated([(OLDEST_HELD, 6, 6)])
    held = StreamState(2, "[[4, 4]]")
    outcome = finalize_stream(
        held, dated([(REPORT, 6, 7)]) + heartbeat, now=NOW, rules=ValidationRules()
    )
    assert (outcome.through, outcome.lost) == (7, [(3, 3), (5, 5)])
    assert not finalize_stream(
        StreamState(7, "[]"), heartbeat, now=NOW, rules=ValidationRules()
    ).is_to_acknowledge


@pytest.mark.parametrize("what", [REPORT, DEAD_LETTER, OLDEST_HELD])
def test_a_number_from_nowhere_moves_no_mark(what: str) -> None:
    items = dated([(REPORT, 1, 1), (what, 10**12, 10**12), (REPORT, 2, 2)])
    outcome = finalize_stream(StreamState(), items, now=NOW, rules=ValidationRules())
    assert (outcome.through, outcome.received_ranges, outcome.lost) == (2, "[]", [])
    assert outcome.statuses == ["NEW", "SEQUENCE", "NEW"]
