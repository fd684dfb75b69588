"""What recommended prices read and store, on SQLite and on PostgreSQL."""

from datetime import timedelta

from sqlalchemy import Connection

from cloud.app.retail.price_inputs import list_keys_of, read_inputs
from cloud.app.retail.rules_in_force import RuleSetReader
from cloud.app.retail.seasonality import read_season
from cloud.forecast.retail.estimates import write_estimates
from cloud.pricing.retail.rules import PriceRules
from cloud.sales.retail.active_rules import read_reference_rules
from cloud.sales.retail.prices import PriceKey
from cloud.sales.retail.rule_sets import put_rule_set
from tests.cloud.app.retail.shop_rows import HOUR, add_point, add_product
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.pricing.retail.price_examples import make_estimate


def test_inputs_rules_and_season_are_read_alike(connection: Connection):
    add_product(connection, map_minor=300)
    for store, price in (("s-1", 349), ("s-2", 399)):
        add_point(connection, store=store, price_minor=price)
        add_point(connection, FRIDAY_NOON - 30 * HOUR, store=store, price_minor=1)
    write_estimates(connection, [make_estimate()])
    keys = [*list_keys_of(connection, "juice-1", FRIDAY_NOON), PriceKey("x", "s-1")]
    found = [read_inputs(connection, keys, FRIDAY_NOON)[key] for key in keys]
    assert [one.state.price_minor for one in found[:2]] == [349, 399]
    assert [one.estimate is None for one in found[:2]] == [False, True]
    assert isinstance(found[2], LookupError)
    assert read_inputs(connection, keys[:1], FRIDAY_NOON)[keys[0]] == found[0]
    november = read_season(connection, "juice-1", -2.0, FRIDAY_NOON)[10]
    assert (november.points, november.index) == (4, 1.0)


def test_a_rule_set_is_in_force_from_its_instant(connection: Connection):
    put_rule_set(
        connection, PriceRules(version="a"), FRIDAY_NOON + HOUR, by="ann", now=FRIDAY_NOON,
        reference=read_reference_rules(),
    )  # fmt: skip
    instants = [FRIDAY_NOON + HOUR - timedelta(microseconds=1), FRIDAY_NOON + HOUR]
    versions = [RuleSetReader().read(connection, at).rules.version for at in instants]
    assert versions == ["reference-1", "a"]
