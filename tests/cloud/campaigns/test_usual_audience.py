"""The usual audience of past and coming hours is that of the forecast, for one camera."""

from collections import Counter
from datetime import timedelta

from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.usual_audience import UsualAudience
from cloud.forecast.forecaster import SiteForecast
from cloud.forecast.intervals.interval import Interval
from cloud.sites.site_model import Site
from tests.cloud.campaigns.campaign_data import SEVEN_S, SITES, flat_forecast

WEEK_S = timedelta(days=7) // timedelta(seconds=1)


def test_each_forecast_is_read_once_and_unknown_locations_are_absent() -> None:
    asked: Counter[str] = Counter()

    def forecast_of(site: Site) -> SiteForecast:
        asked[site.id] += 1
        return flat_forecast(site)

    usual = UsualAudience(SITES, forecast_of)
    keys = [HourKey("KX-01", SEVEN_S - WEEK_S), HourKey("KX-01", SEVEN_S), HourKey("XX-9", SEVEN_S)]
    found = usual.read(keys)
    assert usual.read(keys) == found
    assert asked == {"KX-01": 1}
    assert found.keys() == set(keys[:2])
    cameras = found[keys[1]].cameras
    assert found[keys[1]].crowd == Interval(2, 4, 8)
    assert found[keys[1]].looking == Interval(0.5 / cameras, 1 / cameras, 2 / cameras)
