"""The generated history is plausible, valid, and the same for the same site and seed."""

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from simulators.synthetic.footfall_model import (
    QUARTER,
    Profile,
    SyntheticSite,
    generate_day,
    generate_history,
    local_midnight,
    site_scale,
    visits_per_hour,
)
from wire.envelope import AudienceEvent, audience_event, decode_events, encode_event
from wire.topics import DeviceAddress

LONDON = ZoneInfo("Europe/London")
HERE = DeviceAddress("KX-01", "kx-01-sim")
SITE = SyntheticSite(HERE, Profile.STATION, LONDON, seed=1)
TUESDAY, SUNDAY = date(2026, 11, 17), date(2026, 11, 15)


def visits(reports, site=SITE):
    by_hour = dict.fromkeys(range(24), 0)
    for report in reports:
        by_hour[report.starts_at.astimezone(site.timezone).hour] += report.visits
    return by_hour


def test_a_working_day_has_two_peaks_and_a_quiet_night():
    by_hour = visits(generate_day(SITE, TUESDAY))
    assert min(by_hour[8], by_hour[17]) > 1.5 * by_hour[11] > 10 * by_hour[3]


def test_a_sunday_has_its_peak_in_the_afternoon():
    by_hour = visits(generate_day(SITE, SUNDAY))
    assert max(by_hour, key=by_hour.get) in range(12, 19)
    assert by_hour[8] < by_hour[14] / 2


@pytest.mark.parametrize("profile", list(Profile))
def test_every_report_of_every_profile_is_valid(profile):
    for report in generate_day(SyntheticSite(HERE, profile, LONDON, seed=4), TUESDAY):
        (event,) = decode_events(encode_event(audience_event(report)))
        assert isinstance(event, AudienceEvent), event


def test_a_day_is_the_same_in_whatever_range_it_is_generated():
    #  Mon  Tue  Wed
    #  [--------------)   three days
    #       [----)        Tuesday alone
    until = datetime(2026, 11, 19, tzinfo=UTC)
    week = list(generate_history(SITE, date(2026, 11, 16), until))
    assert list(generate_day(SITE, TUESDAY)) == [
        r for r in week if r.journal == SITE.journal(TUESDAY)
    ]


def test_other_days_sites_and_seeds_have_other_streams():
    elsewhere = SyntheticSite(DeviceAddress("LB-01", "lb-01-sim"), Profile.STATION, LONDON, seed=1)
    again = SyntheticSite(HERE, Profile.STATION, LONDON, seed=2)
    journals = [site.journal(on) for site in (SITE, elsewhere, again) for on in (TUESDAY, SUNDAY)]
    assert len(set(journals)) == 6


@pytest.mark.parametrize(
    ("on", "quarters"),
    [(TUESDAY, 96), (date(2026, 3, 29), 92), (date(2026, 10, 25), 100)],
)
def test_a_local_day_is_covered_without_gap_when_clocks_change(on, quarters):
    reports = list(generate_day(SITE, on))
    assert len(reports) == quarters
    assert [r.sequence.first for r in reports] == list(range(1, quarters + 1))
    assert all(a.ends_at == b.starts_at for a, b in pairwise(reports))
    assert reports[0].starts_at.astimezone(LONDON).hour == 0


def test_history_ends_before_until():
    until = datetime(2026, 11, 17, 10, 7, tzinfo=UTC)
    *_, last = generate_history(SITE, TUESDAY, until)
    assert last.ends_at == datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
    assert last.ends_at - last.starts_at == QUARTER


def test_some_minutes_are_unobserved_and_count_no_people():
    reports = list(generate_history(SITE, date(2026, 10, 1), datetime(2026, 11, 1, tzinfo=UTC)))
    blind = [r for r in reports if r.blind_ms]
    assert 0.003 < len(blind) / len(reports) < 0.03
    assert all(r.observed_ms + sum(r.blind_ms.values()) == 900_000 for r in reports)


@pytest.mark.parametrize(
    ("local", "per_hour"),
    [
        ("2026-11-17T08:00", 700),  # a Tuesday
        ("2026-11-17T08:45", 755),
        ("2026-11-17T18:22", 662.5),  # between 810 at 17:45 and 515 at 19:00
        ("2026-11-20T08:00", 700 * 0.92),  # a Friday
        ("2026-11-21T13:00", 460),  # a Saturday
        ("2026-11-22T13:00", 460 * 0.78),  # a Sunday
    ],
)
def test_the_mean_rate_is_interpolated_between_the_points_of_the_pattern(local, per_hour):
    at = datetime.fromisoformat(local).replace(tzinfo=LONDON)
    assert visits_per_hour(SITE, at) == pytest.approx(per_hour, rel=0.01)


def test_the_pattern_follows_local_time_across_a_clock_change():
    winter, summer = datetime(2026, 11, 17, 8, 0, tzinfo=UTC), datetime(2026, 7, 14, 7, tzinfo=UTC)
    assert visits_per_hour(SITE, winter) == visits_per_hour(SITE, summer) == 700


def test_a_site_has_one_scale_between_its_limits():
    sites = [SyntheticSite(HERE, Profile.STATION, LONDON, seed) for seed in range(200)]
    scales = [site_scale(site) for site in sites]
    assert 0.8 <= min(scales) < 0.83
    assert 1.22 < max(scales) <= 1.25
    assert site_scale(sites[3]) == scales[3]


def test_local_midnight_is_an_instant_in_utc():
    assert local_midnight(date(2026, 7, 14), LONDON) == datetime(2026, 7, 13, 23, tzinfo=UTC)
    assert local_midnight(date(2026, 11, 17), LONDON) == datetime(2026, 11, 17, tzinfo=UTC)


def test_the_sums_of_a_report_agree_with_each_other():
    for report in generate_day(SITE, TUESDAY):
        assert report.looking_ms <= report.facing_ms
        assert report.facing_ms <= report.person_ms == report.dwell_ms
        assert report.onlookers <= report.visits == sum(report.dwell_histogram)
        bands = report.bands
        assert bands.high_ms + bands.medium_ms + bands.low_ms == report.person_ms
        assert min(bands.high_ms, bands.medium_ms, bands.low_ms) >= 0
