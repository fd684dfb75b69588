"""The rule set of retail prices that is in force at an instant."""

from datetime import datetime
from functools import cache

from sqlalchemy import Connection

from cloud.pricing.retail.rules import REFERENCE, PriceRules, read_rules_file
from cloud.sales.retail.rule_sets import read_ref_in_force, read_rule_set


@cache
def read_reference_rules() -> PriceRules:
    """The rule set that holds where none is stored."""
    return read_rules_file(REFERENCE)


def read_active_rules(connection: Connection, at: datetime) -> PriceRules:
    """The rule set in force."""
    ref = read_ref_in_force(connection, at)
    return read_reference_rules() if ref is None else read_rule_set(connection, ref.number).rules
