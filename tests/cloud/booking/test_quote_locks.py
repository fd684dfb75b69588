"""Locked quotes: read back exactly, for their account only, refused after their end."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from cloud.booking.quote_locks import (
    LockedFactor,
    LockedQuote,
    LockedSlot,
    QuoteExpiredError,
    QuoteUsedError,
    UnknownQuote,
    delete_old_quotes,
    new_id,
    read_quote,
    read_valid_quote,
    store_quote,
    use_quote,
)
from cloud.booking.slots import DeliveryType, SlotDemand
from cloud.database.holds import quote_uses
from tests.cloud.booking.capacity_data import EIGHT_S, HOUR, NOW

FACTORS = (LockedFactor("peak", "1.4", "the morning peak"), LockedFactor("rounding", "1", "no"))
QUOTE = LockedQuote(
    id=new_id(),
    account="acme",
    created_by="me",
    created_at=NOW,
    valid_until=NOW + HOUR,
    currency="GBP",
    delivery=DeliveryType.GUARANTEED,
    versions={"rate_card": "reference-3", "KX-01": "recent-2"},
    slots=(
        LockedSlot("KX-01", EIGHT_S, 2, 2_100, FACTORS),
        LockedSlot("KX-01", EIGHT_S + 3600, 1, 1_999, FACTORS),
    ),
)


def test_a_quote_is_read_back_with_its_factors(connection: Connection) -> None:
    store_quote(connection, QUOTE)
    assert read_quote(connection, QUOTE.id, frozenset({"acme"})) == QUOTE
    assert read_quote(connection, QUOTE.id) == QUOTE
    assert QUOTE.total_minor == 2 * 2_100 + 1_999
    assert QUOTE.demand == [
        SlotDemand("KX-01", EIGHT_S, 2), SlotDemand("KX-01", EIGHT_S + 3600, 1),
    ]  # fmt: skip


def test_the_quote_of_another_account_does_not_exist(sqlite: Connection) -> None:
    store_quote(sqlite, QUOTE)
    words = []
    for name, account in ((QUOTE.id, "zeta"), (new_id(), "acme")):
        with pytest.raises(UnknownQuote) as unknown:
            read_quote(sqlite, name, frozenset({account}))
        words.append(str(unknown.value))
    assert words[0] == words[1]


def test_an_expired_quote_is_refused(sqlite: Connection) -> None:
    store_quote(sqlite, QUOTE)
    just_before = QUOTE.valid_until - timedelta(microseconds=1)
    assert read_valid_quote(sqlite, QUOTE.id, just_before, frozenset({"acme"})) == QUOTE
    with pytest.raises(QuoteExpiredError, match="was valid until 2026-11-20T13:00:00Z") as expired:
        read_valid_quote(sqlite, QUOTE.id, QUOTE.valid_until, frozenset({"acme"}))
    assert expired.value.quote == QUOTE


def test_old_quotes_are_deleted(sqlite: Connection) -> None:
    store_quote(sqlite, QUOTE)
    use_quote(sqlite, QUOTE, "o" * 32, NOW)
    assert delete_old_quotes(sqlite, QUOTE.valid_until) == 0
    assert delete_old_quotes(sqlite, QUOTE.valid_until + HOUR) == 1
    assert sqlite.execute(select(quote_uses)).all() == []


def test_a_valid_quote_is_used_once(connection: Connection) -> None:
    store_quote(connection, QUOTE)
    use_quote(connection, QUOTE, "o" * 32, NOW)
    with pytest.raises(QuoteUsedError):
        use_quote(connection, QUOTE, "o" * 32, NOW)
    with pytest.raises(QuoteExpiredError):
        use_quote(connection, QUOTE, "p" * 32, QUOTE.valid_until)
