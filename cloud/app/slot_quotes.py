"""Price many slots for a buyer, each with its factors, as a quote that can be locked."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from cloud.app.buyer import Buyer
from cloud.app.context import AppContext
from cloud.app.forecast_cache import CachedForecast
from cloud.booking.quote_locks import (
    VALID_FOR,
    LockedFactor,
    LockedQuote,
    LockedSlot,
    new_id,
)
from cloud.booking.slots import DeliveryType, SlotDemand
from cloud.database import EPOCH
from cloud.pricing.quote import Quote, hide_reasons, quote
from cloud.pricing.slot import Slot
from cloud.sites.site_model import Site


class CurrenciesError(ValueError):
    """Slots that are sold in different currencies."""


def compute_quote(
    context: AppContext,
    demand: Sequence[SlotDemand],
    delivery: DeliveryType,
    buyer: Buyer,
    *,
    account: str,
    by: str,
) -> LockedQuote:
    """The prices of the slots for an account, as of now; it is not stored.

    The account can read it, so it has no reasons that are for staff.

    Raises:
        CurrenciesError: the screens are sold in different currencies.
        UnknownLocation, ForecastFailed
    """
    buyer = replace(buyer, is_staff=buyer.is_staff and buyer.account is None)
    now = context.clock()
    versions = {"rate_card": f"{context.card.version} {context.card_digest}"}
    found: list[LockedSlot] = []
    currencies: dict[str, str] = {}
    ordered = sorted(demand, key=lambda one: (one.location, one.starts_at_s))
    for location, slots in groupby(ordered, lambda one: one.location):
        site = context.sites.location(location)
        known = context.forecast(site)
        currencies[site.currency] = site.id
        versions[site.id] = f"{known.forecast.model} of {known.at:%Y-%m-%dT%H:%M:%SZ}"
        found += price_demand(context, site, known, slots, buyer)
    return LockedQuote(
        id=new_id(),
        account=account,
        created_by=by[:120],
        created_at=now,
        valid_until=_valid_until(now, found),
        currency=_one_currency(currencies),
        delivery=delivery,
        versions=versions,
        slots=tuple(found),
    )


def price_demand(
    context: AppContext,
    site: Site,
    known: CachedForecast,
    slots: Iterable[SlotDemand],
    buyer: Buyer,
) -> list[LockedSlot]:
    """The price of each slot of a screen, with the factors that the buyer may see."""
    priced = []
    for one in slots:
        slot = Slot(EPOCH + timedelta(seconds=one.starts_at_s), site.zone)
        market = known.book.market(slot, buyer.account)
        quoted = quote(
            site, slot, known.forecast.hour_forecast(slot.starts_at), context.card, market
        )
        if market.override is not None and not buyer.is_staff:
            quoted = hide_reasons(quoted, is_deal=market.override.account is not None)
        priced.append(
            LockedSlot(
                site.id, one.starts_at_s, one.positions, quoted.price_minor, _lock_factors(quoted)
            )
        )
    return priced


def _lock_factors(quoted: Quote) -> tuple[LockedFactor, ...]:
    return tuple(LockedFactor(one.name, f"{one.value:f}", one.reason) for one in quoted.factors)


def _valid_until(now: datetime, slots: Sequence[LockedSlot]) -> datetime:
    """A price is not locked beyond the start of the first slot."""
    first_at = EPOCH + timedelta(seconds=min(one.starts_at_s for one in slots))
    return min(now + VALID_FOR, first_at)


def _one_currency(currencies: dict[str, str]) -> str:
    if len(currencies) > 1:
        words = ", ".join(f"{location} in {code}" for code, location in sorted(currencies.items()))
        raise CurrenciesError(f"the screens are sold in different currencies ({words}): quote each")
    return next(iter(currencies))
