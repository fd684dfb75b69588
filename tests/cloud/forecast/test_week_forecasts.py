"""The week of a site from its own hours: the model, the width of its interval, and the reason."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cloud.forecast.history.history_store import LOOK_BACK_W, MEASURES, CameraNotes, SiteHistory
from cloud.forecast.history.observations import SiteObservations
from cloud.forecast.models.model_selection import ModelScore
from cloud.forecast.network import Network
from cloud.forecast.series import WEEK_H, ClockSeries
from cloud.forecast.store import StoredWeek
from cloud.forecast.venue_profiles import build_week_shape
from cloud.forecast.week_forecasts import (
    build_week_forecasts,
    compute_age_widening,
    describe_basis,
    has_enough_weeks,
)
from tests.cloud.rates import sites

FRIDAY = date(2026, 11, 20)
NIGHT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SITE = sites().location("KX-01")
NETWORK = Network("none", FRIDAY, (SITE,), frozenset())
SHAPE = build_week_shape(FRIDAY)


def observe(
    weeks: float, *, age_w: int = 0, estimated: float = 0.0, missing: tuple[int, ...] = ()
) -> SiteObservations:
    """Usual weeks of 100 people an hour up to some weeks ago; `missing` hours of each week."""
    noise = np.random.default_rng(1).lognormal(0, 0.1, (MEASURES, LOOK_BACK_W, WEEK_H))
    usual = 100 * SHAPE * noise
    usual[:, :, list(missing)] = np.nan
    values = np.full((MEASURES, LOOK_BACK_W * WEEK_H), np.nan)
    end, hours = values.shape[1] - age_w * WEEK_H, round(weeks * WEEK_H)
    values[:, end - hours : end] = usual.reshape(MEASURES, -1)[:, -hours:]
    series = ClockSeries(FRIDAY - timedelta(weeks=LOOK_BACK_W), values)
    history = SiteHistory(series, CameraNotes(), estimated=estimated, is_new=True)
    return SiteObservations.of(SITE, history, frozenset())


def build(observed: SiteObservations, *, now: datetime = NIGHT, **scores: ModelScore) -> StoredWeek:
    named = {name.replace("_", "-"): score for name, score in scores.items()}
    [week] = build_week_forecasts(NETWORK, [observed], None, {}, {"KX-01": named}, now=now).weeks
    return week


def width(week: StoredWeek) -> float:
    """The mean width of the interval in the busiest day, as a share of its middle."""
    low, middle, high = week.week[1, :, 12:20]
    return float(((high - low) / middle).mean())


@pytest.mark.parametrize(
    ("weeks", "times"), [(0, 1), (-5, 1), (3, 2), (8, 3), (9, 3), (500, 3), (0.44, 1.2)]
)
def test_an_interval_widens_with_the_root_of_the_age_up_to_three_times(weeks: float, times: float):
    assert compute_age_widening(weeks) == pytest.approx(times)


@pytest.mark.parametrize(("hours", "is_enough"), [(302, False), (303, True), (336, True)])
def test_two_weeks_of_which_a_tenth_is_missing_are_enough(hours: int, is_enough: bool):
    assert has_enough_weeks(observe(hours / WEEK_H)) is is_enough


def test_without_a_site_there_is_no_forecast():
    found = build_week_forecasts(NETWORK, [], None, {}, {}, now=NIGHT)
    assert (found.weeks, found.candidate_weeks) == ([], {})


def test_a_week_states_its_model_its_newest_hour_and_its_basis():
    found = build(observe(4))

    assert (found.location, found.first_on, found.model) == ("KX-01", FRIDAY, "recent-3")
    assert (found.made_at, found.zone) == (NIGHT, "Europe/London")
    assert found.cutoff_at == datetime(2026, 11, 20, tzinfo=UTC)
    assert found.week.shape == (MEASURES, 3, WEEK_H)
    assert (np.diff(found.week, axis=1) >= 0).all()
    assert (found.week >= 0).all()
    assert found.basis is not None
    assert (found.basis.weeks, found.basis.age_weeks) == (4.0, 0)
    assert found.basis.reason == ("4.0 weeks of hours measured here from 2026-10-23 to 2026-11-19")
    assert not found.basis.coming.any()


def test_a_forecast_is_not_cut_off_after_it_was_made():
    early = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    assert build(observe(4), now=early).cutoff_at == early


def test_old_observations_give_a_wider_interval_and_their_age_as_the_reason():
    old = build(observe(4, age_w=3))

    assert width(old) == pytest.approx(2 * width(build(observe(4))), rel=0.05)
    assert old.basis is not None
    assert old.basis.reason == (
        "4.0 weeks of hours measured here from 2026-10-02 to 2026-10-29; nothing observed since "
        "2026-10-30 00:00, 21 days ago: the interval is 2.0 times as wide"
    )


def test_an_estimated_share_widens_the_interval_by_itself():
    plain, estimated = build(observe(4)), build(observe(4, estimated=0.3))
    assert width(estimated) == pytest.approx(1.3 * width(plain), rel=0.02)


def test_the_interval_is_corrected_by_the_coverage_of_the_model_at_the_site():
    # half of the hours lay inside the interval instead of 80 %
    narrow = ModelScore(nights=112, loss=0.2, coverage=0.5)
    assert width(build(observe(16), recent_3=narrow)) > 1.2 * width(build(observe(16)))


def test_hours_that_were_never_observed_have_the_venue_or_similar_hours_as_their_source():
    noon_each_day = tuple(range(12, WEEK_H, 24))
    found = build(observe(16, missing=(5, *noon_each_day)))
    assert found.basis is not None

    assert np.isfinite(found.week).all()
    assert np.flatnonzero(found.basis.coming).tolist() == sorted((5, *noon_each_day))
    assert found.basis.coming[5] == 1  # the same hour of other days
    assert {found.basis.coming[hour] for hour in noon_each_day} == {2}


def test_the_weeks_of_all_models_are_returned_for_their_scores():
    observed = observe(4)
    found = build_week_forecasts(NETWORK, [observed], None, {}, {}, now=NIGHT)

    assert list(found.candidate_weeks) == ["recent-3"]
    assert list(found.candidate_weeks["recent-3"]) == ["KX-01"]


def test_the_reason_ends_with_the_notes_of_the_site():
    found = observe(4)
    noted = SiteObservations(
        found.site, found.series, found.weeks, 0, found.newest_at, notes=("one", "two")
    )
    assert describe_basis(NETWORK, noted).endswith(" to 2026-11-19; one; two")
