"""An alert is raised once, held while its condition lasts, and cleared once."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from cloud.alerting.history import AlertSearch, find_alerts
from cloud.alerting.lifecycle import (
    LONGEST_PAUSE,
    AlertChange,
    AlertEvent,
    HoldState,
    apply_measures,
    hold_clear,
    write_hold,
)
from cloud.alerting.rules import THRESHOLDS, AlertKind, Measure
from cloud.database import writing
from tests.cloud.alerting.conftest import AT_ONCE, MINUTE, NOON, blind
from tests.cloud.databases import SQLITE_ONLY


def test_between_the_thresholds_an_alert_neither_rises_nor_clears(connection: Connection) -> None:
    #   0.5 - - - - - - - -x- - - - - - - - - -   raised at and above
    #                          x
    #   0.2 - - x - - - - - - - - - - - x - - -   cleared below
    #                                       x
    changes = [
        [
            event.change
            for event in apply_measures(connection, [blind(share)], NOON + index * MINUTE, AT_ONCE)
        ]
        for index, share in enumerate((0.2, 0.5, 0.4, 0.2, 0.19, 0.4))
    ]
    assert changes == [[], [AlertChange.RAISED], [], [], [AlertChange.CLEARED], []]


def test_no_measure_leaves_the_alert_as_it_is(connection: Connection) -> None:
    apply_measures(connection, [blind(0.9)], NOON, AT_ONCE)
    assert apply_measures(connection, [], NOON + MINUTE, AT_ONCE) == []
    (alert,) = find_alerts(connection, AlertSearch(NOON))
    assert (alert.cleared_at, alert.message) == (None, "90% blind")


def test_two_that_watch_raise_one_alert(connection: Connection) -> None:
    assert len(apply_measures(connection, [blind(0.9), blind(0.9)], NOON, AT_ONCE)) == 1
    assert len(find_alerts(connection, AlertSearch(NOON))) == 1


def test_an_alert_that_comes_back_is_another_one(connection: Connection) -> None:
    for index, share in enumerate((0.9, 0.0, 0.9)):
        at = NOON + index * MINUTE
        apply_measures(connection, [blind(share), blind(0.9, "LB-01")], at, AT_ONCE)
    of_place = find_alerts(connection, AlertSearch(NOON, locations=("KX-01",)))
    assert [alert.cleared_at for alert in of_place] == [None, NOON + MINUTE]
    assert len(find_alerts(connection, AlertSearch(NOON + 2 * MINUTE))) == 2


def test_a_condition_shorter_than_its_hold_time_raises_nothing(connection: Connection) -> None:
    for minute, share in enumerate((0.9, 0.1, 0.9, 0.1)):
        assert apply_measures(connection, [blind(share)], NOON + minute * MINUTE) == []
    held = [
        apply_measures(connection, [blind(0.9)], NOON + (10 + minute) * MINUTE)
        for minute in range(3)
    ]
    assert [len(events) for events in held] == [0, 0, 1]


def test_an_alert_clears_only_after_its_condition_stayed_over(connection: Connection) -> None:
    hold = THRESHOLDS[AlertKind.OFFLINE].hold_clear
    offline = lambda minutes: [Measure(AlertKind.OFFLINE, "KX-01", "cam", minutes, "so")]  # noqa: E731
    minutes = int(hold / MINUTE)
    values = [10, 0, *[6] * 6, *[0] * (minutes + 1)]  # 6 begins the hold anew
    events = [
        apply_measures(connection, offline(value), NOON + minute * MINUTE)
        for minute, value in enumerate(values)
    ]
    assert [len(found) for found in events] == [1, *[0] * (len(values) - 2), 1]
    assert events[-1][0].change is AlertChange.CLEARED


FLAPS_MIN = ((1, 11), (0, 12), (5, 12), (20, 12), (40, 15), (100, 20))
"""Minutes for which a camera is online and then offline, all day."""


@SQLITE_ONLY  # 1,440 evaluations in one transaction: of the rules, not of the database
def test_a_camera_that_flaps_all_day_makes_a_few_notices(engine: Engine) -> None:
    events, silent_min = Counter[str](), dict.fromkeys(FLAPS_MIN, 0)
    with writing(engine) as connection:
        for minute in range(24 * 60):
            measures = []
            for up_min, down_min in FLAPS_MIN:
                is_online = minute % (up_min + down_min) <= up_min
                silent = 0 if is_online else silent_min[up_min, down_min] + 1
                silent_min[up_min, down_min] = silent
                device = f"{up_min}-{down_min}"
                measures.append(Measure(AlertKind.OFFLINE, "KX-01", device, float(silent), "so"))
            found = apply_measures(connection, measures, NOON + minute * MINUTE)
            events.update(event.device for event in found)
    assert events.keys() == {f"{up_min}-{down_min}" for up_min, down_min in FLAPS_MIN}
    assert max(events.values()) <= 7


def test_the_hold_time_grows_with_each_return_and_has_an_end() -> None:
    holds = [hold_clear(THRESHOLDS[AlertKind.OFFLINE], count) for count in (0, 1, 2, 3, 4, 400)]
    assert holds == [
        timedelta(minutes=15),
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=4),
        timedelta(hours=16),
        timedelta(hours=16),
    ]


def kinds_of(events: list[AlertEvent]) -> list[tuple[str, str]]:
    return [(str(event.change), event.location) for event in events]


def test_a_measure_that_is_missing_restarts_the_hold_before_raising(
    connection: Connection,
) -> None:
    #   minute   0    1    2    3    4    5
    #   KX-01    x    -    x    x    x          held from minute 2 on
    #   LB-01    x    x    x
    both = [blind(0.9), blind(0.9, "LB-01")]
    assert apply_measures(connection, both, NOON) == []
    assert apply_measures(connection, both[1:], NOON + MINUTE) == []
    assert kinds_of(apply_measures(connection, both, NOON + 2 * MINUTE)) == [("raised", "LB-01")]
    assert apply_measures(connection, both, NOON + 3 * MINUTE) == []
    assert kinds_of(apply_measures(connection, both, NOON + 4 * MINUTE)) == [("raised", "KX-01")]


def test_a_measure_that_is_missing_restarts_the_hold_before_clearing(
    connection: Connection,
) -> None:
    hold = THRESHOLDS[AlertKind.UNOBSERVED].hold_clear
    for minute in range(3):
        apply_measures(connection, [blind(0.9)], NOON + minute * MINUTE)
    over = NOON + 3 * MINUTE
    apply_measures(connection, [blind(0.0)], over)
    apply_measures(connection, [], over + MINUTE)
    restarted = over + 2 * MINUTE
    for minute in range(int(hold / MINUTE)):
        assert apply_measures(connection, [blind(0.0)], restarted + minute * MINUTE) == []
    assert kinds_of(apply_measures(connection, [blind(0.0)], restarted + hold)) == [
        ("cleared", "KX-01")
    ]


@pytest.mark.parametrize(
    ("pause", "raised"), [(LONGEST_PAUSE, 1), (LONGEST_PAUSE + MINUTE, 0), (9 * LONGEST_PAUSE, 0)]
)
def test_a_pause_between_two_evaluations_restarts_every_hold(
    connection: Connection, pause: timedelta, raised: int
) -> None:
    apply_measures(connection, [blind(0.9)], NOON)
    assert len(apply_measures(connection, [blind(0.9)], NOON + pause)) == raised
    assert len(apply_measures(connection, [blind(0.9)], NOON + pause + 2 * MINUTE)) == 1 - raised


def test_an_alert_closed_by_hand_stays_closed_without_a_measure(connection: Connection) -> None:
    write_hold(
        connection, (str(AlertKind.UNOBSERVED), "KX-01", "kx-01-cam-1"), HoldState.CLOSED, NOON
    )
    apply_measures(connection, [], NOON + MINUTE)
    for minute in range(2, 9):
        assert apply_measures(connection, [blind(0.9)], NOON + minute * MINUTE) == []
