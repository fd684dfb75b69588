"""Check the meaning of a price message: a valid point in integers, or a refusal with its reason.

No database is read: master data are an argument. The checks run in the order of
`PriceErrorReason`, and the first one that fails decides. Values of the committed point are those of
the master data where a message may write them otherwise (city, postcode).
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import msgspec

from cloud.database import microseconds
from cloud.ingest.retail.exchange_rates import convert_minor
from cloud.ingest.retail.master_data import KnownProduct, KnownStore, MasterData
from cloud.ingest.retail.observed_times import read_observed_at
from cloud.ingest.retail.pack_sizes import is_same_size
from cloud.ingest.retail.price_amounts import PointAmounts, check_amounts, read_amounts
from cloud.ingest.retail.price_error import PriceRefusal
from cloud.ingest.retail.rules import IngestRules
from cloud.retail_wire import PriceErrorReason, PriceMessage, PricePoint
from cloud.retail_wire.amounts import MOST_MINOR

DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class ValidPoint:
    """A point that may be committed, unless it is a duplicate or an outlier.

    `digest` is that of its content without the event id; `rated_on` is the day of the exchange
    rate, None where the base currency was sent.
    """

    point: PricePoint
    observed_us: int  # `point.observed_at` as the tables store it
    digest: str
    base_price_minor: int
    base_cost_minor: int
    base_revenue_minor: int
    base_competitor_minor: int | None
    base_currency: str
    rated_on: date | None


def validate_message(
    message: PriceMessage, known: MasterData, rules: IngestRules, now: datetime
) -> ValidPoint:
    """The valid point of a message; raises PriceRefusal."""
    amounts = read_amounts(message)
    store = _find_store(message, known)
    product = _find_product(message, known)
    observed_at = read_observed_at(message.observed_at, store.timezone)
    _check_age(message, observed_at, rules, now)
    check_amounts(message, amounts)
    point = _build_point(message, amounts, store, product, observed_at)
    return _convert(point, known, observed_at.date())


def _find_store(message: PriceMessage, known: MasterData) -> KnownStore:
    store = known.stores.get(message.store)
    if store is None:
        raise PriceRefusal(
            PriceErrorReason.UNKNOWN_STORE, "store", message.store,
            "a store that is loaded (`retail load --stores`)",
        )  # fmt: skip
    for field in ("region", "city", "postcode"):
        found, expected = getattr(message, field), getattr(store, field)
        if found != expected and _plain(found) != _plain(expected):
            raise PriceRefusal(
                PriceErrorReason.WRONG_REGION, field, found, f"that of {store.store}, {expected}"
            )
    return store


def _find_product(message: PriceMessage, known: MasterData) -> KnownProduct:
    product = known.products.get(message.sku)
    if product is None or product.product != message.product:
        raise PriceRefusal(
            PriceErrorReason.UNKNOWN_PRODUCT,
            "sku" if product is None else "product",
            message.sku if product is None else message.product,
            "a product and SKU that are loaded (`retail load --products`)"
            if product is None
            else f"product {product.product}, whose SKU this is",
        )
    if message.category != product.category:
        raise PriceRefusal(
            PriceErrorReason.WRONG_CATEGORY, "category", message.category,
            f"that of {product.product}, {product.category}",
        )  # fmt: skip
    size = message.unit_size
    if isinstance(size, str) and not is_same_size(size, product.unit_size):
        raise PriceRefusal(
            PriceErrorReason.MIXED_UNITS, "unit_size", size,
            f"that of {product.sku}, {product.unit_size}: the price must be for this unit",
        )  # fmt: skip
    return product


def _check_age(
    message: PriceMessage, observed_at: datetime, rules: IngestRules, now: datetime
) -> None:
    if observed_at > now + rules.furthest_ahead:
        raise PriceRefusal(
            PriceErrorReason.FUTURE_DATE, "observed_at", message.observed_at,
            f"at most {rules.furthest_ahead} after {now:%Y-%m-%dT%H:%M:%SZ}",
        )  # fmt: skip
    if observed_at < now - rules.oldest:
        raise PriceRefusal(
            PriceErrorReason.TOO_OLD, "observed_at", message.observed_at,
            f"at most {rules.oldest.days} days before {now:%Y-%m-%d}",
        )  # fmt: skip


def _build_point(
    message: PriceMessage,
    amounts: PointAmounts,
    store: KnownStore,
    product: KnownProduct,
    observed_at: datetime,
) -> PricePoint:
    return PricePoint(
        event_id=message.event_id,
        product=product.product,
        sku=product.sku,
        category=product.category,
        store=store.store,
        region=store.region,
        city=store.city,
        postcode=store.postcode,
        observed_at=observed_at,
        price_minor=amounts.price_minor,
        cost_minor=amounts.cost_minor,
        list_price_minor=amounts.list_price_minor,
        discount_bp=amounts.discount_bp,
        currency=message.currency,
        holiday=message.holiday,
        promotion=message.promotion,
        units=message.units,
        revenue_minor=amounts.revenue_minor,
        inventory=message.inventory,
        competitor_price_minor=amounts.competitor_price_minor,
    )


def _convert(point: PricePoint, known: MasterData, on: date) -> ValidPoint:
    base, currency = known.rates.base, point.currency
    amounts = (
        point.price_minor, point.cost_minor, point.revenue_minor, point.competitor_price_minor
    )  # fmt: skip
    digest, observed_us = digest_point(point), microseconds(point.observed_at)
    if currency == base:
        return ValidPoint(point, observed_us, digest, *amounts, base, None)
    found = known.rates.find(currency, on)
    if found is None:
        raise PriceRefusal(
            PriceErrorReason.UNKNOWN_RATE, "currency", f"no rate of {currency} for {on}",
            f"a rate to {base} of that day or shortly before (`retail rates load`)",
        )  # fmt: skip
    price, cost, revenue, competitor = (
        None if amount is None else convert_minor(amount, found.rate, currency, base)
        for amount in amounts
    )
    assert price is not None
    assert cost is not None
    assert revenue is not None
    if max(price, cost, revenue, competitor or 0) >= MOST_MINOR or price == 0:
        raise PriceRefusal(
            PriceErrorReason.UNKNOWN_RATE, "currency", f"{price} {base} at the rate {found.rate}",
            "amounts that the base currency can express: check the rate",
        )  # fmt: skip
    return ValidPoint(
        point, observed_us, digest, price, cost, revenue, competitor, base, found.rated_on
    )


def digest_point(point: PricePoint) -> str:
    """A digest of everything but the event id, in hexadecimal."""
    content = msgspec.json.encode(msgspec.structs.astuple(point)[1:])
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
