"""Prices are published once a day; the next day's prices depend on them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest

from cloud import database
from cloud.__main__ import main
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.cli.publish import publish
from cloud.pricing.slot import parse_slot
from cloud.sales.price_sheet import price_sheets, read_sheet_before
from tests.cloud.databases import new_database

PRICE = "/api/pricing/slot/KX-01/2026-11-23T08:00"


@pytest.fixture
def dearer(context: AppContext) -> AppContext:
    """The same context with a card on which every hour costs a fifth more."""
    traffic = {word: factor * Decimal("1.2") for word, factor in context.card.traffic.items()}
    return replace(
        context, card=msgspec.structs.replace(context.card, version="up", traffic=traffic)
    )


def test_a_price_follows_the_one_published_the_day_before(ask, context: AppContext, dearer, clock):
    before = ask.get(PRICE).json()["price_minor"]
    assert publish(context) == (len(context.sites), [])
    ask.app = create_app(dearer)
    same_day = ask.get(PRICE).json()
    clock.advance(timedelta(days=1))
    next_day = ask.get(PRICE).json()

    assert same_day["price_minor"] == pytest.approx(before * 1.2, abs=1)  # nothing before today
    assert next_day["price_minor"] == int(before * Decimal("1.15"))
    assert next_day["factors"][-1]["name"] == "daily move"
    assert next_day["versions"]["published_on"] == "2026-11-20"


def test_day_after_day_the_published_price_comes_nearer_to_the_new_card(context, dearer, clock):
    site = context.sites.location("KX-01")
    slot = parse_slot("2026-12-07T08:00", site.zone)
    publish(context)
    prices = []
    for _ in range(4):
        clock.advance(timedelta(days=1))
        publish(dearer)
        prices.append(dearer.forecast(site).book.market(slot).published.price_minor)

    assert [later / first for first, later in pairwise(prices)] == pytest.approx(
        [1.15, 1.2 / 1.15, 1.0], abs=0.001
    )


def test_a_sheet_of_a_day_is_written_once(context: AppContext, dearer):
    assert publish(context) == (8, [])
    assert publish(dearer) == (0, [])
    with database.reading(context.engine) as connection:
        versions = {row.versions for row in connection.execute(price_sheets.select())}
    assert versions == {f"{context.card.version} {context.card_digest}, venue-1"}


def test_a_sheet_of_the_week_before_last_says_nothing(ask, context: AppContext, clock):
    publish(context)
    clock.advance(timedelta(days=8))
    context.forecast_cache.__init__()

    assert ask.get(PRICE).json()["versions"]["published_on"] is None


def test_every_hour_of_the_sheet_is_its_quote_across_the_clock_change(
    ask, context: AppContext, clock
):
    clock.advance(timedelta(days=120))  # 20 March: the sheet holds 28 March, which has 23 hours
    made = context.forecast(context.sites.location("KX-01"))
    publish(context)
    with database.reading(context.engine) as connection:
        row = connection.execute(price_sheets.select()).mappings().first()
    assert row["first_at"].isoformat() == "2027-03-20T12:00:00+00:00"  # from now
    assert made.book.is_empty
    with database.reading(context.engine) as connection:
        sheet = read_sheet_before(
            connection, context.sites.location("KX-01"), clock.now.date() + timedelta(days=1)
        )
    for ahead in range(6 * 24 + 12, 9 * 24 - 12):
        at = sheet.first_at + timedelta(hours=ahead)
        answer = ask.get(f"/api/pricing/slot/KX-01/{at:%Y-%m-%dT%H:%M}+00:00").json()
        assert answer["price_minor"] == sheet.prices_minor[ahead]


def test_the_command_publishes_and_says_so(tmp_path, capsys):
    url = new_database(tmp_path)

    assert main(["publish", "--database", url]) == 0
    assert main(["publish", "--database", url]) == 0
    assert capsys.readouterr().out == (
        "prices of today published for 8 locations, 0 had them already\n"
        "prices of today published for 0 locations, 8 had them already\n"
    )
    assert main(["audit", "--database", url, "list"]) == 0
    assert capsys.readouterr().out.count("prices.publish  reference-2") == 1
