"""The sweep deletes quotes that are past their retention."""

from dataclasses import replace
from pathlib import Path

import pytest

from cloud.booking import quote_locks, sweep
from cloud.booking.quote_locks import RETENTION, UnknownQuote, read_quote, store_quote
from cloud.database import reading, writing
from tests.cloud.booking.orders.order_steps import NOON, priced_quote
from tests.cloud.databases import new_engine


def test_quotes_are_deleted_after_their_retention(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (quote_locks, sweep):
        monkeypatch.setattr(module, "MAX_DELETED", 2)
    engine = new_engine(tmp_path)
    young = priced_quote(valid_until=NOON)
    old = [replace(priced_quote(), valid_until=NOON - RETENTION) for _ in range(3)]
    with writing(engine) as connection:
        for quote in (young, *old):
            store_quote(connection, quote)
    sweep.sweep(engine, NOON.replace(hour=13))
    with reading(engine) as connection:
        assert read_quote(connection, young.id) == young
        for quote in old:
            with pytest.raises(UnknownQuote):
                read_quote(connection, quote.id)
