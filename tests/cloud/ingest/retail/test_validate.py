"""Bad input of every kind lands in the error queue with its reason and changes nothing else."""

from typing import Any

import pytest
from sqlalchemy import Engine

from cloud.retail_wire import PriceErrorReason
from tests.cloud.ingest.retail.price_messages import (
    GOOD,
    REGULAR,
    message_of,
    read_errors,
    read_points,
    send,
)

BAD: dict[str, tuple[bytes, PriceErrorReason, str | None]] = {
    "price below cost": (message_of(cost="2.30"), PriceErrorReason.PRICE_BELOW_COST, "price"),
    "price equal to cost": (message_of(cost="2.25"), PriceErrorReason.PRICE_BELOW_COST, "price"),
    "zero price": (
        message_of(**(REGULAR | {"price": "0.00", "list_price": "0.00", "revenue": "0"})),
        PriceErrorReason.ZERO_PRICE, "price",
    ),
    "free by a discount of 100 %": (
        message_of(price="0", discount_percent="100", revenue="0"),
        PriceErrorReason.ZERO_PRICE, "price",
    ),
    "competitor price of 0": (
        message_of(competitor_price="0.00"), PriceErrorReason.ZERO_PRICE, "competitor_price"
    ),
    "zero cost": (message_of(cost="0"), PriceErrorReason.ZERO_COST, "cost"),
    "negative price": (message_of(price="-2.25"), PriceErrorReason.NEGATIVE_AMOUNT, "price"),
    "negative revenue": (message_of(revenue="-1"), PriceErrorReason.NEGATIVE_AMOUNT, "revenue"),
    "unknown currency": (message_of(currency="GBX"), PriceErrorReason.UNKNOWN_CURRENCY, "currency"),
    "currency in small letters": (
        message_of(currency="gbp"), PriceErrorReason.UNKNOWN_CURRENCY, "currency"
    ),
    "currency without minor unit": (
        message_of(currency="XAU"), PriceErrorReason.UNKNOWN_CURRENCY, "currency"
    ),
    "thousandths of a pound": (
        message_of(price="2.255"), PriceErrorReason.TOO_MANY_DECIMALS, "price"
    ),
    "pence of a yen": (
        message_of(currency="JPY"), PriceErrorReason.TOO_MANY_DECIMALS, "price"
    ),
    "huge amount": (
        message_of(price="9999999999999", currency="KWD"),
        PriceErrorReason.TOO_MANY_DECIMALS, "price",
    ),
    "future date": (
        message_of(observed_at="2026-03-10T12:05:01Z"),
        PriceErrorReason.FUTURE_DATE, "observed_at",
    ),
    "very old": (
        message_of(observed_at="2019-01-01T00:00:00Z"), PriceErrorReason.TOO_OLD, "observed_at"
    ),
    "date only": (
        message_of(observed_at="2026-03-09"), PriceErrorReason.UNREADABLE_TIME, "observed_at"
    ),
    "no calendar day": (
        message_of(observed_at="2026-02-30T12:00:00Z"),
        PriceErrorReason.UNREADABLE_TIME, "observed_at",
    ),
    "end of all time": (
        message_of(observed_at="9999-12-31T23:59:59-23:00"),
        PriceErrorReason.UNREADABLE_TIME, "observed_at",
    ),
    "naive time where the zone is unknown": (
        message_of(store="S002", region="wales", city="Cardiff", postcode="CF1 1AA",
                   observed_at="2026-03-09T21:00:00"),
        PriceErrorReason.NO_TIME_ZONE, "observed_at",
    ),
    "naive time that occurs twice": (
        message_of(observed_at="2025-10-26T01:30:00"),
        PriceErrorReason.NO_TIME_ZONE, "observed_at",
    ),
    "negative stock": (
        message_of(inventory=-1), PriceErrorReason.NEGATIVE_STOCK, "inventory"
    ),
    "negative units": (message_of(units=-3), PriceErrorReason.NEGATIVE_UNITS, "units"),
    "discount of 5,000 %": (
        message_of(discount_percent="5000"), PriceErrorReason.INVALID_DISCOUNT, "discount_percent"
    ),
    "negative discount": (
        message_of(discount_percent="-10"), PriceErrorReason.INVALID_DISCOUNT, "discount_percent"
    ),
    "discount that is not that of the prices": (
        message_of(discount_percent="12"), PriceErrorReason.WRONG_DISCOUNT, "discount_percent"
    ),
    "price above the list price": (
        message_of(price="2.75", discount_percent="0", revenue="33"),
        PriceErrorReason.WRONG_DISCOUNT, "discount_percent",
    ),
    "revenue without units": (
        message_of(units=0), PriceErrorReason.WRONG_REVENUE, "revenue"
    ),
    "revenue of a thousand times the units": (
        message_of(revenue="27000"), PriceErrorReason.WRONG_REVENUE, "revenue"
    ),
    "mixed units": (message_of(unit_size="6 x 1 l"), PriceErrorReason.MIXED_UNITS, "unit_size"),
    "pieces for litres": (message_of(unit_size="1 pc"), PriceErrorReason.MIXED_UNITS, "unit_size"),
    "unknown store": (message_of(store="S999"), PriceErrorReason.UNKNOWN_STORE, "store"),
    "store of another region": (
        message_of(region="wales"), PriceErrorReason.WRONG_REGION, "region"
    ),
    "store of another city": (message_of(city="Leeds"), PriceErrorReason.WRONG_REGION, "city"),
    "unknown SKU": (message_of(sku="SKU-9"), PriceErrorReason.UNKNOWN_PRODUCT, "sku"),
    "SKU of another product": (
        message_of(product="juice-apple"), PriceErrorReason.UNKNOWN_PRODUCT, "product"
    ),
    "another category": (
        message_of(category="juice"), PriceErrorReason.WRONG_CATEGORY, "category"
    ),
    "no rate of the currency": (
        message_of(currency="USD"), PriceErrorReason.UNKNOWN_RATE, "currency"
    ),
    "rate that is too old": (
        message_of(currency="EUR", observed_at="2026-03-07T10:00:00Z"),
        PriceErrorReason.UNKNOWN_RATE, "currency",
    ),
    "missing price": (message_of(price=...), PriceErrorReason.MISSING_FIELD, "price"),
    "null price": (message_of(price=None), PriceErrorReason.MISSING_FIELD, "price"),
    "null units": (message_of(units=None), PriceErrorReason.MISSING_FIELD, "units"),
    "unknown field": (message_of(prize="1"), PriceErrorReason.UNKNOWN_FIELD, "prize"),
    "price as a number": (message_of(price=2.25), PriceErrorReason.WRONG_TYPE, "price"),
    "price with a comma": (message_of(price="2,25"), PriceErrorReason.WRONG_TYPE, "price"),
    "price in words": (message_of(price="NaN"), PriceErrorReason.WRONG_TYPE, "price"),
    "price with an exponent": (message_of(price="1E+9"), PriceErrorReason.WRONG_TYPE, "price"),
    "half a unit": (message_of(units=1.5), PriceErrorReason.WRONG_TYPE, "units"),
    "units as text": (message_of(units="12"), PriceErrorReason.WRONG_TYPE, "units"),
    "huge units": (message_of(units=10**18), PriceErrorReason.WRONG_TYPE, "units"),
    "empty store": (message_of(store=""), PriceErrorReason.WRONG_TYPE, "store"),
    "line break in a name": (message_of(city="Lon\ndon"), PriceErrorReason.WRONG_TYPE, "city"),
    "line break after a promotion": (
        message_of(promotion="deal\n"), PriceErrorReason.WRONG_TYPE, "promotion"
    ),
    "an array": (b"[]", PriceErrorReason.WRONG_TYPE, None),
    "null": (b"null", PriceErrorReason.WRONG_TYPE, None),
    "truncated": (message_of()[:-9], PriceErrorReason.UNREADABLE, None),
    "nothing": (b"", PriceErrorReason.UNREADABLE, None),
    "Latin-1": (
        message_of(city="London").replace(b"London", "Z\u00fcrich".encode("latin-1")),
        PriceErrorReason.UNREADABLE, None,
    ),
    "UTF-16": (message_of().decode().encode("utf-16"), PriceErrorReason.UNREADABLE, None),
    "NUL bytes": (b"\0" * 20, PriceErrorReason.UNREADABLE, None),
    "nested deeply": (b"[" * 9_000, PriceErrorReason.WRONG_TYPE, None),
    "huge": (message_of(city="x" * 20_000), PriceErrorReason.TOO_LARGE, None),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_its_reason(name: str, retail_engine: Engine) -> None:
    payload, reason, field = BAD[name]
    number = list(BAD).index(name)
    other = f"beside-{number}"
    at = f"2026-03-{1 + number % 9:02}T{number // 9:02}:00:00Z"
    before = len(read_points(retail_engine))
    result = send(retail_engine, payload, message_of(event_id=other, observed_at=at))
    (error,) = result.errors
    assert (error.reason, error.field) == (reason, field)
    assert error.found
    assert error.expected
    assert error.position == "test:1"
    assert result.committed == 1, "the other point of the batch is committed"
    after = read_points(retail_engine)
    assert len(after) == before + 1
    assert after[-1].event_id == other
    stored = read_errors(retail_engine)[-1]
    assert (stored.reason, stored.field, stored.state) == (reason, field, "open")


def test_a_conflicting_duplicate_changes_nothing(retail_engine: Engine) -> None:
    first = message_of(event_id="dup-1", observed_at="2026-02-01T10:00:00Z")
    other_price = message_of(event_id="dup-1", observed_at="2026-02-01T10:00:00Z", units=11)
    other_event = message_of(event_id="dup-2", observed_at="2026-02-01T10:00:00Z", units=11)
    assert send(retail_engine, first).committed == 1
    before = read_points(retail_engine)
    result = send(retail_engine, other_price, other_event, first)
    assert [(one.reason, one.field) for one in result.errors] == [
        (PriceErrorReason.CONFLICTING_DUPLICATE, "event_id"),
        (PriceErrorReason.CONFLICTING_DUPLICATE, "observed_at"),
    ]
    assert (result.committed, result.duplicates) == (0, 1)
    assert read_points(retail_engine) == before


def test_every_reason_has_a_case() -> None:
    tested = {reason for _, reason, _ in BAD.values()}
    elsewhere = {PriceErrorReason.CONFLICTING_DUPLICATE, PriceErrorReason.OUTLIER}
    assert tested | elsewhere == set(PriceErrorReason)


NEAREST: dict[str, dict[str, Any]] = {
    "clearance below cost": {"cost": "2.30", "promotion": "clearance"},
    "discount within a penny": {"discount_percent": "10.3"},
    "discount of many decimals": {"discount_percent": "10.0000"},
    "five minutes ahead": {"observed_at": "2026-03-10T12:05:00Z"},
    "local time of a store": {"observed_at": "2026-03-09T21:00:00"},
    "an offset": {"observed_at": "2026-03-09T22:00:00+01:00"},
    "nothing sold": {"units": 0, "revenue": "0"},
    "nothing in stock": {"inventory": 0},
    "stock not known": {"inventory": None},
    "no competitor": {"competitor_price": ...},
    "city in capitals": {"city": "LONDON", "postcode": "n11aa"},
    "the same size in other units": {"unit_size": "1000 ml"},
    "no size": {"unit_size": ...},
    "euro": {"currency": "EUR"},
    "yen": {"currency": "JPY", "price": "450", "list_price": "500", "cost": "280",
            "revenue": "5400", "competitor_price": "478"},
}  # fmt: skip


@pytest.mark.parametrize("name", NEAREST)
def test_the_nearest_good_input_is_committed(name: str, retail_engine: Engine) -> None:
    at = list(NEAREST).index(name)
    changes = {"observed_at": f"2026-01-{at + 1:02}T10:00:00Z"} | NEAREST[name]
    if name in ("euro", "yen"):
        changes["observed_at"] = f"2026-03-09T09:{at:02}:00Z"
    result = send(retail_engine, message_of(event_id=f"good-{at}", **changes))
    assert [str(error) for error in result.errors] == []
    assert result.committed + result.duplicates == 1


def test_the_good_message_is_complete() -> None:
    assert None in GOOD.values()
