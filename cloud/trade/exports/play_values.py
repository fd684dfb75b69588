"""What one play is worth at a screen: impressions and price, forecast by the hour or as delivered.

Impressions are opportunities to see, to six decimals. Missing is not zero: where nothing is known
of the audience, there is no value.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from cloud.app.buyer import STAFF
from cloud.app.context import AppContext
from cloud.campaigns.estimates import AudienceBasis
from cloud.campaigns.performance import Performance
from cloud.campaigns.totals import DeliveryTotals
from cloud.money import major
from cloud.pricing.cpm import MULTIPLIER_STEP, multiplier
from cloud.pricing.impressions import Spot
from cloud.pricing.quote import quote
from cloud.pricing.slot import Slot
from cloud.sites.site_model import Site


class ExportError(ValueError):
    """Nothing that can be exported; the message says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourValue:
    """One play in an hour of a screen. `impressions` is None without an expected audience."""

    site: Site
    slot: Slot
    spot: Spot
    impressions: Decimal | None
    cost: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedValue:
    """One play of a creative at a screen, as delivered. `impressions` is None where unknown."""

    location: str
    creative: str | None
    plays: int
    impressions: Decimal | None
    cost: Decimal
    currency: str


def forecast_values(context: AppContext, site: Site, slots: Iterable[Slot]) -> list[HourValue]:
    """The value of a play in each hour at the present price for everybody.

    Raises:
        ForecastFailed: there is no forecast for the screen.
    """
    known = context.forecast(site)
    spot = known.plays.spot
    values = []
    for slot in slots:
        hour_forecast = known.forecast.hour_forecast(slot.starts_at)
        market = known.book.market(slot, STAFF.account)
        price_minor = quote(site, slot, hour_forecast, context.card, market).price_minor
        people = multiplier(known.plays.ladder(hour_forecast).ots.p50)
        values.append(
            HourValue(
                site=site,
                slot=slot,
                spot=spot,
                impressions=people if people > 0 else None,
                cost=major(price_minor, site.currency) / spot.plays_per_hour,
                currency=site.currency,
            )
        )
    return values


def delivered_values(found: Performance) -> list[PlayedValue]:
    """The value of a play of each creative at each screen, of a campaign as delivered.

    Plays that were not reported count neither as plays nor as impressions. Impressions are those of
    plays whose audience is known.
    """
    currency = _one_currency(found)
    parts: dict[tuple[str, str | None], DeliveryTotals] = defaultdict(DeliveryTotals)
    known: dict[tuple[str, str | None], DeliveryTotals] = defaultdict(DeliveryTotals)
    for hour in found.hours:
        part = hour.hour.booked.key.location, hour.hour.booked.creative
        parts[part].add(hour)
        if hour.basis is not AudienceBasis.UNKNOWN:
            known[part].add(hour)
    return [
        PlayedValue(
            location=part[0],
            creative=part[1],
            plays=totals.plays,
            impressions=_divide_by_plays(known[part]),
            cost=major(totals.price_minor, currency) / totals.plays,
            currency=currency,
        )
        for part, totals in parts.items()
        if totals.plays
    ]


def _divide_by_plays(known: DeliveryTotals) -> Decimal | None:
    """Impressions of a play; None where the audience of no play is known."""
    if not known.plays:
        return None
    people = Decimal(repr(known.ots.interval.p50)) / known.plays
    return people.quantize(MULTIPLIER_STEP)


def _one_currency(found: Performance) -> str:
    if len(found.campaign.currencies) != 1:
        codes = ", ".join(found.campaign.currencies)
        raise ExportError(f"the campaign is in {codes}: its costs per play have no one currency")
    return found.campaign.currencies[0]
