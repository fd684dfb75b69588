"""What a deal offers of a slot: its floor, and the impressions of one play as forecast."""

from cloud.app.context import AppContext
from cloud.pricing.cpm import floor_cpm, multiplier
from cloud.pricing.quote import quote
from cloud.pricing.slot import Slot, parse_slot
from cloud.trade.deals.deal import DealRefusedError, PrivateDeal
from cloud.trade.openrtb.bid_request import SlotOffer, round_floor_minor


def compute_offer(
    context: AppContext, deal: PrivateDeal, location: str, time_slot: str
) -> SlotOffer:
    """One loop position of an hour, in the terms of a deal.

    Raises:
        UnknownLocation, SlotError, ForecastFailed: as named.
        DealRefusedError: the deal lacks the slot, the hour has begun, or nobody is expected in it.
    """
    site = context.sites.location(location)
    slot: Slot = parse_slot(time_slot, site.zone)
    deal.require_usable(site.id, slot.starts_at)
    if slot.starts_at <= context.clock():
        raise DealRefusedError("the hour has begun: choose a later one")
    if site.currency != deal.currency:
        raise DealRefusedError(f"{site.id} is sold in {site.currency}, the deal in {deal.currency}")
    known = context.forecast(site)
    hour_forecast = known.forecast.hour_forecast(slot.starts_at)
    market = known.book.market(slot, deal.account)
    price_minor = quote(site, slot, hour_forecast, context.card, market).price_minor
    rungs, spot = known.plays.ladder(hour_forecast), known.plays.spot
    per_play = multiplier(rungs.ots.p50)
    if per_play <= 0:
        raise DealRefusedError("nobody is expected in that hour: it has no price per thousand")
    floor_minor = deal.floor_minor or round_floor_minor(
        floor_cpm(price_minor, spot, per_play, site.currency), site.currency
    )
    return SlotOffer(
        site=site, slot=slot, spot=spot, rungs=rungs, price_minor=price_minor,
        floor_minor=floor_minor,
    )  # fmt: skip
