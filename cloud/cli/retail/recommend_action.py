"""`python -m cloud retail recommend PRODUCT [STORE]`: recommended prices with their reasons.

Without a store, every store that had a price point of the product in the last 14 days.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud import database
from cloud.app.retail.price_inputs import (
    UnknownRetailPrice,
    list_keys_of,
    require_inputs,
)
from cloud.app.retail.recommending import list_recommendations, read_known_prices
from cloud.app.retail.rules_in_force import RuleSetReader
from cloud.money import written
from cloud.pricing.retail.row_view import ExpectedWeek, Recommendation
from cloud.sales.retail.prices import PriceKey
from cloud.settings import Settings
from wire.clock import utc_now


def add_actions(actions: Any) -> None:
    """Add `recommend`."""
    parser = actions.add_parser(
        "recommend", help="recommend the price of a product, with the rules that bind it"
    )
    parser.add_argument("product", help="such as juice-1")
    parser.add_argument("store", nargs="?", help="default: every store with a recent price")


def run(arguments: argparse.Namespace, chosen: Settings) -> int:
    """Print the recommendations; raises UnknownRetailPrice or LimitCurrencyError."""
    engine = database.open_existing(chosen.database_url)
    try:
        with database.reading(engine) as connection:
            found = _recommend(connection, arguments.product, arguments.store, utc_now())
    finally:
        engine.dispose()
    for one in found:
        for line in format_recommendation(one):
            sys.stdout.write(f"{line}\n")
    return 0


def _recommend(
    connection: Connection, product: str, store: str | None, now: datetime
) -> list[Recommendation]:
    keys = list_keys_of(connection, product, now) if store is None else [PriceKey(product, store)]
    if not keys:
        raise UnknownRetailPrice(
            f"no store has a price point of {product} from the last 14 days: load its price points"
        )
    known = read_known_prices(connection, RuleSetReader(), keys, now)
    for inputs in known.inputs.values():
        require_inputs(inputs)
    return list(list_recommendations(known).values())


def format_recommendation(one: Recommendation) -> Iterator[str]:
    """A recommendation as lines: the price, what it is expected to bring, and why."""
    price, current = (_amount(one, amount) for amount in (one.price_minor, one.current_minor))
    sure = "" if one.confidence is None else f", confidence {one.confidence:.2f}"
    yield f"{one.product} in {one.store}: {price} (now {current}), {one.outcome}{sure}"
    if one.expected is not None:
        yield f"  expected in a week: {_format_week(one, one.expected)}"
    yield from (f"  {reason.sentence}" for reason in one.reasons)
    for other in one.alternatives:
        week = "no estimate" if other.expected is None else _format_week(one, other.expected)
        breaks = f", breaks {', '.join(other.breaks)}" if other.breaks else ""
        yield f"  {other.kind}: {_amount(one, other.price_minor)}, {week}{breaks}"


def _format_week(one: Recommendation, week: ExpectedWeek) -> str:
    units, margin = week.units, week.margin_minor
    text = f"{units.value:.1f} units ({units.low:.1f} to {units.high:.1f})"
    if margin is None:
        return text
    amounts = [_amount(one, round(figure)) for figure in (margin.value, margin.low, margin.high)]
    return f"{text}, margin {amounts[0]} ({amounts[1]} to {amounts[2]})"


def _amount(one: Recommendation, amount_minor: int) -> str:
    return f"{written(amount_minor, one.currency)} {one.currency}"
