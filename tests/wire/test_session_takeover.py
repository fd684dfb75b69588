"""A client notices that another one connects under its id, and stays away for longer and longer."""

import pytest

from wire.session_takeover import LONGEST_PAUSE_S, TAKEN_OVER, TakeoverDetector


@pytest.fixture
def watch():
    return TakeoverDetector(spread=lambda: 1.0)


def session(watch, begins_s, lasts_s, **how):
    watch.begin(begins_s)
    return watch.end(begins_s + lasts_s, **how)


def test_mqtt_5_says_so_at_once_and_the_pause_grows(watch):
    pauses = [session(watch, 1_000 * n, 5, reason=TAKEN_OVER) for n in range(7)]
    assert pauses == [30, 60, 120, 240, 480, 600, LONGEST_PAUSE_S]
    assert watch.times == 7


def test_three_short_sessions_with_nothing_unconfirmed_are_taken_for_it(watch):
    assert [session(watch, 10 * n, 2) for n in range(3)] == [None, None, 30]
    assert [session(watch, 100 + 10 * n, 2) for n in range(3)] == [None, None, 60]


def test_a_broker_that_starts_again_is_none(watch):
    assert [session(watch, 10 * n, 2) for n in range(2)] == [None, None]
    assert session(watch, 100, 4_000) is None


def test_sessions_that_end_on_what_was_sent_are_none(watch):
    assert {session(watch, 10 * n, 1, unconfirmed=2) for n in range(30)} == {None}


def test_sessions_that_end_hours_apart_are_none(watch):
    assert {session(watch, 3_600 * n, 5) for n in range(30)} == {None}


def test_connections_that_were_never_let_in_are_none(watch):
    assert {watch.end(float(n)) for n in range(30)} == {None}


def test_a_session_that_lasts_brings_back_the_short_pause(watch):
    for n in range(4):
        session(watch, 1_000 * n, 5, reason=TAKEN_OVER)
    session(watch, 10_000, 400)
    assert session(watch, 20_000, 5, reason=TAKEN_OVER) == 30


def test_two_of_them_do_not_stay_in_step():
    one, other = (TakeoverDetector() for _ in range(2))
    pauses = [[session(w, 1_000 * n, 5, reason=TAKEN_OVER) for n in range(3)] for w in (one, other)]
    assert pauses[0] != pauses[1]
