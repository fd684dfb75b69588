# ruff: noqa: DTZ001 - local clocks
"""What cannot be seen is missing: the forecast of each case, the same by night and by request."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from sqlalchemy import Engine

from cloud import database
from cloud.estate import Estate, Site, SiteCamera
from cloud.forecast import venue_profiles
from cloud.forecast.forecaster import HourForecast, SiteForecast, forecast_at
from cloud.forecast.history.hours import read_camera_hours
from cloud.forecast.nightly import NightlyResult, run
from cloud.forecast.public_holidays import CalendarError, public_holidays
from cloud.pricing.quote import quote
from cloud.pricing.slot import parse_slot
from tests.cloud.rates import CARD, sites

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
MONDAY_NOON = "2026-11-23T12:00"
SHAPE = venue_profiles.build_week_shape(date(2024, 1, 1))
BUSY = 1000.0
PLAIN = msgspec.structs.replace(
    sites().location("KX-01"), listed_cameras=("one", "two"), base_looking_s=500
)
WEEKS = 26


@dataclass(frozen=True)
class Camera:
    """What one camera counts: `people` of the average hour, in the hours for which it `sees`."""

    name: str = "one"
    people: float = BUSY
    sees: Callable[[datetime], bool] = lambda local: True
    odd: dict[datetime, float] = field(default_factory=dict)
    """Local hour -> what is multiplied or, from 1e5 on, put there."""
    is_noisy: bool = False


def expected(local: datetime, people: float = BUSY) -> float:
    return people * SHAPE[local.weekday() * 24 + local.hour]


def tallies(site: Site, camera: Camera, *, weeks: int = WEEKS) -> Iterator[dict[str, Any]]:
    """Hours on the site's clock, as UTC hours; for clocks with whole hours."""
    noise = np.random.default_rng(1).lognormal(0, 0.1, weeks * 168 + 1)
    noise = noise if camera.is_noisy else np.ones_like(noise)
    for age in range(weeks * 168, 0, -1):
        at = NOW.replace(hour=0) - timedelta(hours=age)
        local = at.astimezone(site.zone).replace(tzinfo=None)
        if camera.sees(local):
            odd = camera.odd.get(local, 1.0)
            usual = expected(local, camera.people) * noise[age]
            people = odd if odd >= 1e5 else odd * usual
            yield row(site, camera.name, people, "hour_at", at, 3_600_000)


def row(
    site: Site, device: str, people: float, column: str, at: datetime, observed_ms: int
) -> dict[str, Any]:
    return {
        "location": site.id,
        "device": device,
        column: int(at.timestamp()),
        "observed_ms": observed_ms,
        "entries": round(people),
        "onlookers": round(people / 4),
        "looking_ms": round(people * 500),
        "person_ms": round(people * 9000),
    }


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = database.connect(f"sqlite:///{tmp_path}/onlooker.db")
    database.create(engine)
    yield engine
    engine.dispose()


def put(engine: Engine, rows: list[dict[str, Any]], table: Any = database.hour_tallies) -> None:
    with database.writing(engine) as connection:
        connection.execute(table.insert(), rows)


def requested(engine: Engine, site: Site, now: datetime = NOW) -> SiteForecast:
    with database.reading(engine) as connection:
        return forecast_at(connection, site, now)


def night(engine: Engine, *sites: Site, now: datetime = NOW) -> NightlyResult:
    done = run(engine, Estate(sites), now=now, learn=False, progress=lambda *_: None)
    assert not done.failed
    return done


def both(engine: Engine, site: Site, *cameras: Camera, now: datetime = NOW) -> SiteForecast:
    """The forecast of a site; by request and by night it is the same to every figure and word."""
    for camera in cameras:
        put(engine, list(tallies(site, camera)))
    by_request = requested(engine, site, now)
    assert night(engine, site, now=now).forecast == 1
    by_night = requested(engine, site, now)
    for ahead in [*range(168), 9 * 24 + 12, 40 * 24 + 8]:
        at = NOW.replace(hour=0) + timedelta(hours=ahead)
        one, other = by_request.hour_forecast(at), by_night.hour_forecast(at)
        for measure in ("crowd", "entries", "onlookers", "looking_s"):
            figures = [
                (span.p10, span.p50, span.p90)
                for span in (getattr(one, measure), getattr(other, measure))
            ]
            assert figures[0] == pytest.approx(figures[1], rel=1e-5, abs=1e-4)
        assert (one.basis, one.reason, one.model) == (other.basis, other.reason, other.model)
        assert (one.cutoff_at, one.unobserved) == (other.cutoff_at, other.unobserved)
    return by_night


def at(made: SiteForecast, local: str) -> HourForecast:
    return made.hour_forecast(datetime.fromisoformat(local).replace(tzinfo=made.zone))


def widths(hour_forecast: HourForecast) -> float:
    return (hour_forecast.entries.p90 - hour_forecast.entries.p10) / hour_forecast.entries.p50


ONE_CAMERA = msgspec.structs.replace(PLAIN, listed_cameras=("one",))


def test_hours_overexposed_every_day_are_estimated_wide_and_charged_at_the_base_rate(
    engine: Engine,
):
    made = both(engine, ONE_CAMERA, Camera(sees=lambda local: not 11 <= local.hour < 15))
    noon, ten = at(made, MONDAY_NOON), at(made, "2026-11-23T10:00")

    assert noon.entries.p50 == pytest.approx(expected(datetime(2026, 11, 23, 12)), rel=0.25)
    assert (noon.basis, noon.unobserved) == ("venue", True)
    assert "was not observed here" in noon.reason
    assert widths(noon) > 2 * widths(ten)
    assert (ten.basis, ten.unobserved) == ("measured", False)
    card = CARD
    quoted = quote(ONE_CAMERA, parse_slot(MONDAY_NOON, made.zone), noon, card)
    attention = quoted.factors[0]
    assert (attention.name, attention.value) == ("attention", 1)
    assert "not observed here, so the base rate is charged" in attention.reason
    assert quoted.price_p10_minor < quoted.price_minor < quoted.price_p90_minor


def test_a_paused_weekday_is_taken_from_other_days_and_not_as_empty(engine: Engine):
    made = both(engine, ONE_CAMERA, Camera(sees=lambda local: local.weekday() != 0))
    noon = at(made, MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(expected(datetime(2026, 11, 24, 12)), rel=0.1)
    assert (noon.basis, noon.unobserved) == ("similar_hours", True)
    assert widths(noon) > 2 * widths(at(made, "2026-11-24T12:00"))


def test_a_schedule_that_pauses_every_night_leaves_the_day_as_it_is(engine: Engine):
    made = both(engine, ONE_CAMERA, Camera(sees=lambda local: 6 <= local.hour < 20))
    three = at(made, "2026-11-23T03:00")

    assert 0 < three.entries.p50 < 200
    assert three.unobserved
    assert at(made, MONDAY_NOON).entries.p50 == pytest.approx(
        expected(datetime(2026, 11, 23, 12)), rel=0.02
    )


@pytest.mark.parametrize(
    ("silent_share", "silent"), [(0.5, "two"), (0.1, "two"), (0.9, "two"), (0.1, "one")]
)
def test_a_camera_silent_for_four_weeks_takes_only_its_own_share_with_it(
    engine: Engine, silent_share: float, silent: str
):
    since = datetime(2026, 10, 23)
    other = "one" if silent == "two" else "two"
    made = both(
        engine,
        PLAIN,
        Camera(other, BUSY * (1 - silent_share)),
        Camera(silent, BUSY * silent_share, sees=lambda local: local < since),
    )
    noon = at(made, MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(expected(datetime(2026, 11, 23, 12)), rel=0.03)
    assert f"camera {silent} not observed since 2026-10-23" in noon.reason
    assert f"{silent_share:.0%} is added" in noon.reason
    assert noon.basis == "measured"


@pytest.mark.parametrize(
    ("listed", "share"),
    [
        (("one", SiteCamera(id="two", until_on=date(2026, 10, 23))), 0.7),
        (("one", SiteCamera(id="two", optional=True)), 0.7),
        (("one",), 0.7),
    ],
)
def test_a_camera_that_is_not_expected_any_more_is_not_missing(
    engine: Engine, listed: tuple[Any, ...], share: float
):
    since = datetime(2026, 10, 23)
    site = msgspec.structs.replace(PLAIN, listed_cameras=listed)
    made = both(
        engine,
        site,
        Camera("one", BUSY * share),
        Camera("two", BUSY * (1 - share), sees=lambda local: local < since),
    )
    noon = at(made, MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(share * expected(datetime(2026, 11, 23, 12)), rel=0.05)
    assert "not observed since" not in noon.reason


@pytest.mark.parametrize("since", [datetime(2026, 11, 6), datetime(2026, 10, 16)])
def test_an_optional_camera_that_starts_to_report_is_named_and_raises_nothing(
    engine: Engine, since: datetime
):
    site = msgspec.structs.replace(
        PLAIN, listed_cameras=("one", SiteCamera(id="two", optional=True))
    )
    starting = Camera("two", BUSY, sees=lambda local: local >= since)
    made = both(engine, site, Camera("one"), starting)
    noon = at(made, MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(expected(datetime(2026, 11, 23, 12)), rel=0.03)
    assert "camera two is optional and has not usually reported" in noon.reason


def test_an_optional_camera_that_usually_reports_is_one_of_the_usual_cameras(engine: Engine):
    site = msgspec.structs.replace(
        PLAIN, listed_cameras=("one", SiteCamera(id="two", optional=True))
    )
    gap = range(20, 24)
    two = Camera("two", BUSY, sees=lambda local: not (local.month == 11 and local.day in gap))
    noon = at(both(engine, site, Camera("one"), two), MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(2 * expected(datetime(2026, 11, 23, 12)), rel=0.03)
    assert "optional" not in noon.reason


def test_a_spare_camera_stands_in_for_a_missing_one_by_its_share(engine: Engine):
    site = msgspec.structs.replace(
        PLAIN, listed_cameras=("one", SiteCamera(id="two", optional=True))
    )
    spare = Camera("two", 3 * BUSY, sees=lambda local: local >= datetime(2026, 10, 30))
    main = Camera("one", sees=lambda local: local < datetime(2026, 11, 13))
    noon = at(both(engine, site, main, spare), MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(expected(datetime(2026, 11, 23, 12)), rel=0.05)
    assert "camera one not observed since 2026-11-13" in noon.reason


def test_a_camera_that_never_reported_is_named_and_nothing_is_made_up_for_it(engine: Engine):
    made = both(engine, PLAIN, Camera("one"))
    noon = at(made, MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(expected(datetime(2026, 11, 23, 12)), rel=0.03)
    assert "camera two was never observed beside others" in noon.reason


@pytest.mark.parametrize("people", [0.0, 0.01 * BUSY])
def test_a_camera_that_sees_next_to_nothing_does_not_stand_for_a_silent_one(
    engine: Engine, people: float
):
    main = Camera("one", sees=lambda local: local < datetime(2026, 10, 23))
    made = both(engine, PLAIN, main, Camera("two", people))
    noon = at(made, MONDAY_NOON)
    assert noon.entries.p50 == pytest.approx(expected(datetime(2026, 11, 23, 12)), rel=0.1)
    assert "the other cameras count too little of the site" in noon.reason
    assert "nothing observed since 2026-10-23 00:00" in noon.reason


def test_cameras_that_take_turns_are_named_since_their_shares_are_not_known(engine: Engine):
    one = Camera("one", sees=lambda local: local.toordinal() % 2 == 0)
    two = Camera("two", sees=lambda local: local.toordinal() % 2 == 1)
    reason = at(both(engine, PLAIN, one, two), MONDAY_NOON).reason
    for name in ("one", "two"):
        assert f"camera {name} was hardly observed beside others" in reason


@pytest.mark.parametrize("weeks_dead", [2, 10, 20])
def test_a_place_dead_for_weeks_is_wide_says_so_and_keeps_its_cutoff(
    engine: Engine, weeks_dead: int
):
    until = datetime(2026, 11, 20) - timedelta(weeks=weeks_dead)
    camera = Camera(sees=lambda local: local < until, is_noisy=True)
    alive = both(engine, msgspec.structs.replace(ONE_CAMERA, id="AL-01"), Camera(is_noisy=True))
    put(engine, list(tallies(ONE_CAMERA, camera, weeks=40)))
    made = both(engine, ONE_CAMERA)
    noon, usual = at(made, MONDAY_NOON), at(alive, MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(usual.entries.p50, rel=0.08)
    wider = min(3.0, (1 + weeks_dead) ** 0.5)
    assert widths(noon) == pytest.approx(wider * widths(usual), rel=0.3)
    assert noon.cutoff_at == until.replace(tzinfo=made.zone)
    assert (
        f"nothing observed since {until:%Y-%m-%d %H:%M}, {7 * weeks_dead} days ago" in noon.reason
    )
    assert f"to {until - timedelta(days=1):%Y-%m-%d}" in noon.reason


def test_the_age_of_stale_data_is_part_of_what_the_night_reports(engine: Engine):
    until = datetime(2026, 9, 11)
    put(engine, list(tallies(ONE_CAMERA, Camera(sees=lambda local: local < until))))
    (stale,) = night(engine, ONE_CAMERA).stale

    assert (stale.location, stale.age_days) == ("KX-01", 70)
    assert stale.newest_at == until.replace(tzinfo=ONE_CAMERA.zone)


@pytest.mark.parametrize(
    ("hour", "value"),
    [
        ("2026-11-18T17:00", 50.0),
        ("2026-11-18T03:00", 50.0),
        ("2026-11-14T20:00", 50.0),
        ("2026-09-24T17:00", 1e6),
        ("2026-09-25T17:00", 1e6),
        ("2026-11-19T12:00", 1e6),
    ],
)
def test_one_wild_hour_moves_nothing_and_is_named(engine: Engine, hour: str, value: float):
    odd = {datetime.fromisoformat(hour): value}
    calm = both(engine, msgspec.structs.replace(ONE_CAMERA, id="AL-01"), Camera())
    made = both(engine, ONE_CAMERA, Camera(odd=odd))
    hours = [NOW.replace(hour=0) + timedelta(hours=ahead) for ahead in range(168)]
    moved = np.array([figures(made.hour_forecast(at)) for at in hours])
    usual = np.array([figures(calm.hour_forecast(at)) for at in hours])

    assert moved == pytest.approx(usual, rel=0.05, abs=2)
    assert f"far above the usual left out ({hour.replace('T', ' ')})" in made.reason


@pytest.mark.parametrize(
    "hour", ["2026-11-18T17:00", "2026-11-16T12:00", "2026-11-14T20:00", "2026-11-19T22:00"]
)
def test_one_hour_measured_as_zero_moves_nothing_and_is_named(engine: Engine, hour: str):
    wrong = datetime.fromisoformat(hour)
    unobserved = Camera(sees=lambda local: local != wrong, is_noisy=True)
    calm = both(engine, msgspec.structs.replace(ONE_CAMERA, id="AL-01"), unobserved)
    made = both(engine, ONE_CAMERA, Camera(odd={wrong: 0.0}, is_noisy=True))
    hours = [NOW.replace(hour=0) + timedelta(hours=ahead) for ahead in range(168)]
    moved = np.array([figures(made.hour_forecast(at)) for at in hours])
    usual = np.array([figures(calm.hour_forecast(at)) for at in hours])

    assert moved == pytest.approx(usual, rel=1e-4, abs=1e-3)
    assert f"1 hour far below the usual left out ({hour.replace('T', ' ')})" in made.reason


def test_zeros_of_a_place_that_is_closed_at_night_and_on_mondays_stay_zero(engine: Engine):
    shut = {
        at: 0.0 for at in days("2026-05-01", "2026-11-19", 0.0) if at.hour < 7 or at.weekday() == 0
    }
    made = both(engine, ONE_CAMERA, Camera(odd=shut, is_noisy=True))

    for hour in ("2026-11-24T03:00", MONDAY_NOON):
        assert at(made, hour).entries.p50 < 1
        assert at(made, hour).entries.p90 < 20
        assert at(made, hour).basis == "measured"
    assert "left out" not in made.reason


def test_a_place_that_closes_earlier_for_three_days_is_believed(engine: Engine):
    late = dict.fromkeys(days("2026-11-17", "2026-11-19", 0.0, range(19, 24)), 0.0)
    made = both(engine, ONE_CAMERA, Camera(odd=late, is_noisy=True))

    assert "left out" not in made.reason


def test_a_few_people_an_hour_are_sometimes_nobody(engine: Engine):
    draw = np.random.default_rng(3)
    few = {at: float(draw.poisson(4)) for at in days("2026-05-01", "2026-11-19", 0.0)}
    made = both(
        engine,
        ONE_CAMERA,
        Camera(people=1.0, odd={at: n / max(expected(at, 1.0), 1e-9) for at, n in few.items()}),
    )

    assert "far below" not in made.reason


def days(first: str, last: str, value: float, hours: range = range(24)) -> dict[datetime, float]:
    """All these hours of the days from one to another."""
    first_on, last_on = date.fromisoformat(first), date.fromisoformat(last)
    return {
        datetime.combine(first_on + timedelta(days=day), time(hour)): value
        for day in range((last_on - first_on).days + 1)
        for hour in hours
    }


@pytest.mark.parametrize(
    "odd",
    [
        days("2026-11-07", "2026-11-08", 50.0),
        days("2026-11-07", "2026-11-08", 1e6),
        days("2026-11-18", "2026-11-19", 1e6, range(8, 18)),
        days("2026-11-14", "2026-11-17", 1e6),
        {datetime(2026, 11, 10, 8) - timedelta(weeks=week): 1e6 for week in range(3)},
        {datetime(2026, 11, 10, hour): 1e6 for hour in (7, 8, 9)},
    ],
    ids=["two days, 50x", "two days", "the last two days", "four days", "three weeks", "adjacent"],
)
def test_a_counter_that_fails_for_days_or_at_one_hour_moves_nothing(
    engine: Engine, odd: dict[datetime, float]
):
    calm = both(engine, msgspec.structs.replace(ONE_CAMERA, id="AL-01"), Camera())
    made = both(engine, ONE_CAMERA, Camera(odd=odd))
    hours = [NOW.replace(hour=0) + timedelta(hours=ahead) for ahead in range(168)]
    moved = np.array([figures(made.hour_forecast(at)) for at in hours])
    usual = np.array([figures(calm.hour_forecast(at)) for at in hours])

    assert moved == pytest.approx(usual, rel=0.05, abs=3)
    assert "far above the usual left out" in made.reason


def test_a_wild_hour_where_no_other_was_observed_moves_nothing(engine: Engine):
    wild = datetime(2026, 11, 10, 3)
    camera = Camera(sees=lambda local: 7 <= local.hour < 23 or local == wild, odd={wild: 1e6})
    made = both(engine, ONE_CAMERA, camera)
    assert at(made, "2026-11-24T03:00").entries.p90 < 100
    assert at(made, MONDAY_NOON).entries.p10 > 0.8 * expected(datetime(2026, 11, 23, 12))


@pytest.mark.parametrize("hours", [range(17, 23), range(24)], ids=["six hours a day", "all day"])
def test_a_place_that_opens_again_is_not_forecast_as_empty(engine: Engine, hours: range):
    closed = days("2026-05-01", "2026-11-08", 0.0)
    shut = [hour for hour in range(24) if hour not in hours]
    closed |= {at: 0.0 for at in days("2026-11-09", "2026-11-19", 0.0) if at.hour in shut}
    made = both(engine, ONE_CAMERA, Camera(odd=closed))
    assert at(made, "2026-11-25T18:00").entries.p50 > 0.5 * expected(datetime(2026, 11, 25, 18))


def test_a_level_of_twenty_times_is_believed_after_a_week(engine: Engine):
    made = both(engine, ONE_CAMERA, Camera(odd=days("2026-11-10", "2026-11-19", 20.0)))
    assert at(made, MONDAY_NOON).entries.p50 > 4 * expected(datetime(2026, 11, 23, 12))


def figures(hour_forecast: HourForecast) -> tuple[float, ...]:
    return (hour_forecast.entries.p10, hour_forecast.entries.p50, hour_forecast.entries.p90)


def test_a_zone_that_is_corrected_moves_all_hours_at_the_next_forecast(engine: Engine):
    wrong = msgspec.structs.replace(ONE_CAMERA, timezone="America/New_York")
    put(engine, list(tallies(ONE_CAMERA, Camera())))
    for days in (2, 1, 0):
        night(engine, wrong, now=NOW - timedelta(days=days))
    fresh = requested(engine, ONE_CAMERA)
    done = night(engine, ONE_CAMERA)
    corrected = requested(engine, ONE_CAMERA)
    eight = "2026-11-23T08:00"

    assert done.forecast == 1
    for made in (fresh, corrected):
        assert at(made, eight).entries.p50 == pytest.approx(
            expected(datetime(2026, 11, 23, 8)), rel=0.03
        )
    assert corrected.zone == ONE_CAMERA.zone
    assert night(engine, ONE_CAMERA, now=NOW + timedelta(days=9)).scored == 1  # not the old clock's


@pytest.mark.parametrize(
    "zone", ["Asia/Kolkata", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"]
)
def test_local_hours_are_exact_where_clocks_are_off_by_half_an_hour(engine: Engine, zone: str):
    # Between 08:00 and 09:00 of the local clock a crowd comes, in all other hours nobody.
    site = msgspec.structs.replace(ONE_CAMERA, timezone=zone, holidays=None)
    hours: dict[datetime, dict[str, Any]] = {}
    minutes = []
    for age in range(6 * 7 * 96, 0, -1):
        start = NOW.replace(hour=0) - timedelta(minutes=15 * age)
        local = start.astimezone(site.zone)
        people = 300.0 if local.hour == 8 else 0.0
        minutes.append(row(site, "one", people, "minute_at", start, 900_000))
        hour = start.replace(minute=0)
        whole = hours.setdefault(hour, row(site, "one", 0, "hour_at", hour, 0))
        for name in ("observed_ms", "entries", "onlookers", "looking_ms", "person_ms"):
            whole[name] += minutes[-1][name]
    put(engine, minutes, database.minute_tallies)
    put(engine, list(hours.values()))
    made = both(engine, site)

    for day in ("2026-11-23", "2026-11-28"):
        found = [at(made, f"{day}T{hour:02}:00").entries.p50 for hour in range(24)]
        assert found[8] == pytest.approx(1200, rel=0.01)
        assert max(found[:8] + found[9:]) == 0


def test_one_place_that_fails_is_left_out_by_name_and_the_others_are_forecast(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    sites = [msgspec.structs.replace(ONE_CAMERA, id=f"PL-{number}") for number in range(3)]
    unknown = msgspec.structs.replace(ONE_CAMERA, id="XX-01", holidays="FR")
    for site in sites:
        put(engine, list(tallies(site, Camera(), weeks=4)))
    read = "cloud.forecast.history.history_store.read_camera_hours"

    def failing(connection: Any, site: Site, **stretch: Any) -> Any:
        if site.id == "PL-1":
            raise ArithmeticError("a row that cannot be")
        return read_camera_hours(connection, site, **stretch)

    def calendar(code: str | None, *years: int) -> frozenset[date]:
        if code == "FR":
            raise CalendarError("no calendar of holidays 'FR' is known")
        return public_holidays(code, *years)

    monkeypatch.setattr(read, failing)
    monkeypatch.setattr("cloud.forecast.network.public_holidays", calendar)
    done = run(engine, Estate((unknown, *sites)), now=NOW, learn=False, progress=lambda *_: None)

    assert done.forecast == 2
    assert [one.location for one in done.failed] == ["XX-01", "PL-1"]
    assert "no calendar of holidays 'FR'" in done.failed[0].reason
    assert "a row that cannot be" in done.failed[1].reason


def test_rows_that_are_damaged_are_made_anew_and_stop_nobody(engine: Engine):
    put(engine, list(tallies(ONE_CAMERA, Camera())))
    night(engine, ONE_CAMERA, now=NOW - timedelta(days=1))
    with database.writing(engine) as connection:
        for table in (
            "forecast_histories",
            "forecast_weeks",
            "forecast_candidate_weeks",
            "forecast_mixes",
        ):
            connection.exec_driver_sql(f"UPDATE {table} SET body = x'00'")
        connection.exec_driver_sql(
            "UPDATE hour_tallies SET entries = -5 WHERE hour_at = (SELECT max(hour_at) FROM "
            "hour_tallies)"
        )
    assert night(engine, ONE_CAMERA).forecast == 1
    assert at(requested(engine, ONE_CAMERA), MONDAY_NOON).entries.p50 == pytest.approx(
        expected(datetime(2026, 11, 23, 12)), rel=0.03
    )


def test_a_forecast_that_is_too_old_a_version_keeps_its_week(engine: Engine):
    put(engine, list(tallies(ONE_CAMERA, Camera())))
    night(engine, ONE_CAMERA)
    stored = requested(engine, ONE_CAMERA)
    with database.writing(engine) as connection:
        connection.exec_driver_sql("UPDATE forecast_weeks SET usual = NULL, basis = NULL")
    found = requested(engine, ONE_CAMERA)

    assert found.coming == pytest.approx(stored.coming)
    assert replace(found, coming=stored.coming).usual == pytest.approx(stored.usual, rel=1e-5)
