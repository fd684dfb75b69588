"""The cache holds recent results up to its limit."""

from datetime import timedelta

from cloud.app.context import AppContext


def test_a_forecast_is_made_once_while_it_is_fresh(context: AppContext, clock):
    site = context.sites.location("KX-01")
    first = context.forecast(site)
    clock.advance(timedelta(seconds=59))

    assert context.forecast(site) is first
    clock.advance(timedelta(seconds=1))
    assert context.forecast(site) is not first


def test_a_clock_that_went_back_does_not_keep_a_forecast_alive(context: AppContext, clock):
    site = context.sites.location("KX-01")
    first = context.forecast(site)
    clock.advance(timedelta(hours=-5))

    assert context.forecast(site) is not first
