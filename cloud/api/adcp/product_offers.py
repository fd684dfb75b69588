"""What a product costs and reaches in a window of days: its pricing options and its forecast.

The price is that of the hours of the window, for the account that asks. It is locked when a media
buy is created, for the hours of its own flight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from cloud.api.adcp.tool_call import ToolCall
from cloud.app.buyer import Buyer
from cloud.app.campaign_figures import usual_audience
from cloud.app.slot_quotes import compute_quote
from cloud.booking.adcp.flight_hours import HOUR, list_flight_hours
from cloud.booking.adcp.pricing_options import list_pricing_options
from cloud.booking.inventory.dayparts import WeeklyHours
from cloud.booking.inventory.products import Product
from cloud.booking.quote_locks import LockedQuote
from cloud.booking.slots import SlotDemand
from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.interval_sum import IntervalSum
from cloud.database import EPOCH
from cloud.forecast.intervals.interval import Interval
from cloud.money import major
from cloud.sites.site_model import Site

MOST_SLOTS: Final = 2_000
"""Of one package: a screen for twelve weeks, or a hundred screens for 20 hours."""
DEFAULT_DAYS: Final = 7
DAY_S: Final = 86_400
DAY: Final = timedelta(days=1)
BUSY_FROM: Final = time(8)
"""Where less than a day can be priced, it begins then, in UTC."""


@dataclass(frozen=True, slots=True)
class SoldProduct:
    """A product whose screens are all known."""

    product: Product
    sites: tuple[Site, ...]
    daypart: WeeklyHours | None


@dataclass(frozen=True, slots=True)
class Window:
    """Days from an instant until another, which is not included."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ProductOffer:
    """The price of one position in every hour of a window, and its audience."""

    window: Window
    quote: LockedQuote
    plays: int
    ots: Interval
    hours: int
    plays_per_hour: int


def find_window(
    sold: SoldProduct,
    first_on: date | None,
    last_on: date | None,
    now: datetime,
    *,
    most_slots: int,
) -> Window:
    """The days that are asked for, or a week from tomorrow on; fewer hours where these are many."""
    first = first_on or (now + DAY).date()
    days = (last_on - first).days + 1 if last_on is not None else DEFAULT_DAYS
    hours = min(24 * days, max(1, most_slots // len(sold.sites)))
    starts_at = datetime.combine(first, BUSY_FROM if hours < 24 else time(), UTC)
    return Window(starts_at, starts_at + hours * HOUR)


def compute_offer(
    call: ToolCall, sold: SoldProduct, window: Window, account: str
) -> ProductOffer | None:
    """The price and the audience of a window; None where no hour of it is for sale."""
    now = call.context.clock()
    window = Window(max(window.starts_at, now), window.ends_at)
    demand = list_demand(sold, window, [], positions=1)
    if not demand:
        return None
    buyer = Buyer(account, is_staff=False)
    quote = compute_quote(
        call.context, demand, sold.product.delivery, buyer, account=account, by=call.caller.name
    )
    per_hour: dict[str, int] = {site.id: 3_600 // site.loop.length_s for site in sold.sites}
    return ProductOffer(
        window=window,
        quote=quote,
        plays=sum(per_hour[one.location] for one in demand),
        ots=_sum_audience(call, demand, per_hour),
        hours=len(demand),
        plays_per_hour=min(per_hour.values()),
    )


def list_demand(
    sold: SoldProduct,
    window: Window,
    dayparts: Sequence[WeeklyHours],
    positions: int,
) -> list[SlotDemand]:
    """The hours of all screens in a window, in the dayparts of the product and of the buyer."""
    own = [] if sold.daypart is None else [sold.daypart]
    choices = [own, dayparts]
    return [
        SlotDemand(site.id, start_s, positions)
        for site in sold.sites
        for start_s in list_flight_hours(site, window.starts_at, window.ends_at, choices)
    ]


def describe_pricing(sold: SoldProduct, offer: ProductOffer) -> list[dict[str, Any]]:
    """Flat rates for one or more positions, with the parameters of DOOH."""
    positions = min(site.loop.positions for site in sold.sites)
    return [
        {
            "pricing_option_id": option.id,
            "pricing_model": "flat_rate",
            "currency": offer.quote.currency,
            "fixed_price": major(offer.quote.total_minor * option.positions, offer.quote.currency),
            "parameters": {
                "type": "dooh",
                "sov_percentage": round(100 * option.positions / positions, 2),
                "loop_duration_seconds": max(site.loop.length_s for site in sold.sites),
                "min_plays_per_hour": offer.plays_per_hour * option.positions,
                "venue_package": sold.product.name,
                "duration_hours": offer.hours,
                "estimated_impressions": int(offer.ots.p50 * option.positions),
                **({"daypart": sold.product.daypart} if sold.product.daypart else {}),
            },
        }
        for option in list_pricing_options(sold.product.delivery, sold.sites)
    ]


def describe_forecast(offer: ProductOffer, now: datetime) -> dict[str, Any]:
    """Plays and opportunities to see of one position, as P10, P50 and P90."""
    spend = major(offer.quote.total_minor, offer.quote.currency)
    low, mid, high = (round(one) for one in (offer.ots.p10, offer.ots.p50, offer.ots.p90))
    return {
        "points": [
            {
                "metrics": {
                    "plays": {"mid": offer.plays},
                    "impressions": {"low": low, "mid": mid, "high": high},
                    "spend": {"mid": spend},
                }
            }
        ],
        "forecast_range_unit": "availability",
        "method": "modeled",
        "currency": offer.quote.currency,
        "generated_at": now,
        "valid_until": offer.quote.valid_until,
    }


def _sum_audience(
    call: ToolCall, demand: Sequence[SlotDemand], per_hour: Mapping[str, int]
) -> Interval:
    """Opportunities to see of one position: people in view, times plays."""
    keys = [HourKey(one.location, one.starts_at_s) for one in demand]
    usual = usual_audience(call.context).read(keys)
    total = IntervalSum()
    for key in keys:
        crowd, plays = usual[key].crowd, per_hour[key.location]
        part = Interval(crowd.p10 * plays, crowd.p50 * plays, crowd.p90 * plays)
        total.add_in_group((key.location, key.hour_at // DAY_S), part)
    return total.interval


def to_instant(starts_at_s: int) -> datetime:
    """The instant at which a slot starts."""
    return EPOCH + timedelta(seconds=starts_at_s)
