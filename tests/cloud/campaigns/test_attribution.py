"""Plays are divided without a remainder; a log that names a line gives it the play."""

from cloud.campaigns.attribution import ANY_LINE, LineHour, LoggedHours, attribute_hours
from cloud.campaigns.booked_hours import BookedHour, HourKey
from cloud.campaigns.screen_hours import MeasuredHours, ScreenHour, ShownHour

KEY = HourKey("KX-01", 0)
SCREEN = ScreenHour(300_000, 750_000, 150_000, 40, 10, 1, 3_600_000)


def measured(plays: int | None) -> MeasuredHours:
    found = MeasuredHours({KEY: SCREEN})
    if plays is not None:
        found.shown[KEY, "a"] = ShownHour(1, plays, 300_000, 750_000, 270_000, 150_000, 30_000)
        found.named_ms[KEY] = 300_000
    return found


def attribute(logged: LoggedHours, plays: int | None = None) -> dict[str, LineHour]:
    booked = [BookedHour(f"L{number}", KEY, "a", 3_600 * number, 60) for number in (1, 2)]
    found = attribute_hours(booked, measured(plays), logged)
    return {one.booked.line_id: one for one in found}


def log(*, is_covered: bool = True, **lines: int) -> LoggedHours:
    plays = {(KEY, "a", ANY_LINE if name == "any" else name): n for name, n in lines.items()}
    return LoggedHours(plays, frozenset({KEY} if is_covered else ()))


def test_logged_plays_are_divided_by_booked_time_unless_the_log_names_the_line() -> None:
    found = attribute(log(any=31))
    assert [one.plays for one in found.values()] == [10, 21]
    assert [one.measured_plays for one in found.values()] == [None, None]
    named = attribute(log(any=31, L1=5))
    assert [one.plays for one in named.values()] == [15, 21]
    assert [one.plays for one in attribute(log()).values()] == [0, 0]


def test_a_play_of_camera_and_log_is_one_play() -> None:
    found = attribute(log(any=24), plays=30)
    assert [(one.plays, one.measured_plays, one.logged_plays) for one in found.values()] == [
        (10, 10, 8), (20, 20, 16),
    ]  # fmt: skip
    more = attribute(log(any=60), plays=30)
    assert [one.plays for one in more.values()] == [20, 40]
    assert sum(one.person_ms for one in more.values()) == 750_000


def test_lines_have_together_no_more_plays_than_camera_or_log() -> None:
    named = attribute(log(L1=30), plays=30)
    assert [(one.plays, one.measured_plays) for one in named.values()] == [(30, 10), (0, 20)]
    some = attribute(log(L1=12, any=3), plays=30)
    assert [one.plays for one in some.values()] == [12 + 1 + 5, 2 + 10]


def test_a_log_that_does_not_cover_the_hour_says_nothing_of_what_it_does_not_name() -> None:
    found = attribute(log(is_covered=False, L1=12))
    assert [(one.plays, one.logged_plays) for one in found.values()] == [(12, 12), (None, None)]
    other = LoggedHours({(KEY, "z", ANY_LINE): 1})
    assert [one.plays for one in attribute(other).values()] == [None, None]
    assert [one.plays for one in attribute(other, plays=30).values()] == [10, 20]


def test_plays_are_zero_only_where_all_time_is_attributed_and_else_unknown() -> None:
    assert [one.plays for one in attribute(LoggedHours()).values()] == [None, None]
    other = MeasuredHours({KEY: SCREEN}, {}, {KEY: 300_000})
    (hour,) = attribute_hours([BookedHour("L1", KEY, "a", 3_600, 60)], other, LoggedHours())
    assert (hour.plays, hour.ots_milli) == (0, 0)
    (none,) = attribute_hours([BookedHour("L1", KEY, None, 3_600, 60)], other, LoggedHours())
    assert none.plays is None
