"""Alerts are found by time, location, kind and state; pages continue below a number."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from cloud.alerting.history import (
    AlertSearch,
    UnknownAlert,
    alert_kind_prefix,
    find_alerts,
    read_alert,
    read_notifications,
)
from cloud.alerting.rules import AlertKind
from cloud.database import alerts, writing
from tests.cloud.alerting.conftest import NOON
from tests.cloud.databases import new_engine

HOUR = timedelta(hours=1)
HISTORY = (  # kind, location, raised after noon, cleared after noon
    ("camera.offline", "KX-01", 0 * HOUR, 1 * HOUR),
    ("camera.offline", "LB-01", 2 * HOUR, None),
    ("camera.unobserved", "KX-01", 3 * HOUR, 4 * HOUR),
    ("crowd.surge", "K%-01", 5 * HOUR, None),
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """Four alerts, numbered from one in the order of `HISTORY`."""
    engine = new_engine(tmp_path)
    rows = [
        {"kind": kind, "location": location, "device": "", "raised_at": NOON + raised,
         "cleared_at": cleared and NOON + cleared, "last_held_at": NOON + raised, "value": 1.0,
         "message": "gone"}
        for kind, location, raised, cleared in HISTORY
    ]  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(alerts), rows)
        yield connection
    engine.dispose()


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        (AlertSearch(), [4, 3, 2, 1]),
        (AlertSearch(since_at=NOON + HOUR), [4, 3, 2]),  # cleared at the first instant: not open
        (AlertSearch(since_at=NOON + HOUR - timedelta(microseconds=1)), [4, 3, 2, 1]),
        (AlertSearch(until_at=NOON + 2 * HOUR), [1]),  # raised at the end: outside
        (AlertSearch(until_at=NOON), []),
        (AlertSearch(since_at=NOON + 4 * HOUR, until_at=NOON + 5 * HOUR), [2]),
        (AlertSearch(is_open=True), [4, 2]),
        (AlertSearch(is_open=False), [3, 1]),
        (AlertSearch(locations=("KX-01",)), [3, 1]),
        (AlertSearch(locations=("KX-01", "LB-01"), is_open=True), [2]),
        (AlertSearch(locations=("XX-99",)), []),
        (AlertSearch(kinds=("camera.",)), [3, 2, 1]),
        (AlertSearch(kinds=("camera.u", "crowd.")), [4, 3]),
        (AlertSearch(kinds=("%",)), []),  # a prefix is no pattern
        (AlertSearch(kinds=("camera_",)), []),
        (AlertSearch(locations=("K%-01",)), [4]),
    ],
)
def test_a_search_finds_the_alerts_that_match_the_latest_first(
    connection: Connection, search: AlertSearch, numbers: list[int]
) -> None:
    assert [row.id for row in find_alerts(connection, search)] == numbers


def test_pages_continue_below_the_last_number(connection: Connection) -> None:
    first = find_alerts(connection, AlertSearch(), most=3)
    second = find_alerts(connection, AlertSearch(), before_number=first[-1].id, most=3)
    assert [[row.id for row in page] for page in (first, second)] == [[4, 3, 2], [1]]
    assert find_alerts(connection, AlertSearch(), before_number=1) == []


def test_an_alert_is_read_by_its_number_or_reported_unknown(connection: Connection) -> None:
    assert read_alert(connection, 3).kind == "camera.unobserved"
    assert read_notifications(connection, 3) == []
    with pytest.raises(UnknownAlert, match="no alert 5: GET /api/alerts lists those there are"):
        read_alert(connection, 5)


@pytest.mark.parametrize("text", [*AlertKind, "camera.", "c", "crowd.surg"])
def test_a_kind_or_its_beginning_is_accepted(text: str) -> None:
    assert alert_kind_prefix(text) == text


@pytest.mark.parametrize("text", ["", "camera.offline.", "offline", "Camera.", "x" * 100_000])
def test_another_text_is_refused_with_every_kind(text: str) -> None:
    with pytest.raises(ValueError, match="neither a kind of alert") as refused:
        alert_kind_prefix(text)
    assert all(kind in str(refused.value) for kind in AlertKind)
    assert len(str(refused.value)) < 500
