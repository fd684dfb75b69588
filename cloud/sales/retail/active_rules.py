"""The rule set of retail prices that is in force at an instant."""

from datetime import datetime
from functools import cache

from sqlalchemy import Connection

from cloud.pricing.retail.rules import REFERENCE, PriceRules, read_rules_file


@cache
def read_reference_rules() -> PriceRules:
    """The rule set that holds where none is stored."""
    return read_rules_file(REFERENCE)


def read_active_rules(connection: Connection, at: datetime) -> PriceRules:
    """The rule set in force."""
    return read_reference_rules()
