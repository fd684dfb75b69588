"""The rule set of retail prices in force at an instant: stored, or the reference without one.

Every request reads the number of the rule set in force, so all processes agree; its content is
cached by number and digest.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from cloud.lru_cache import LruCache
from cloud.pricing.retail.rules import PriceRules
from cloud.sales.retail.active_rules import read_reference_rules
from cloud.sales.retail.rule_sets import StoredRuleSet, read_ref_in_force, read_rule_set

MAX_CACHED: Final = 20


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The rules, and since when they are in force; None for the reference."""

    rules: PriceRules
    from_at: datetime | None


@dataclass(frozen=True)
class RuleSetReader:
    """Reads the rule set in force, and keeps those that it has decoded."""

    _decoded: LruCache[StoredRuleSet] = field(default_factory=lambda: LruCache(MAX_CACHED))

    def read(self, connection: Connection, now: datetime) -> RulesInForce:
        """The rule set in force at an instant."""
        reference = read_ref_in_force(connection, now)
        if reference is None:
            return RulesInForce(read_reference_rules(), None)
        stored = self._decoded.get(reference)
        if stored is None:
            stored = self._decoded.put(reference, read_rule_set(connection, reference.number))
        return RulesInForce(stored.rules, stored.from_at)
