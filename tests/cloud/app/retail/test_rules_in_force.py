"""The rule set in force: the reference without a stored one, decoded once."""

import msgspec
import pytest

from cloud.app.retail import rules_in_force
from cloud.app.retail.rules_in_force import RuleSetReader
from cloud.auth.audit import audit_log
from cloud.pricing.retail.rules import PriceRules
from cloud.sales.retail.active_rules import read_reference_rules
from cloud.sales.retail.rule_sets import put_rule_set, retail_rule_sets
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.memory_database import in_memory


def test_a_stored_rule_set_replaces_the_reference_and_is_decoded_once(
    monkeypatch: pytest.MonkeyPatch,
):
    reader, reference, spring = RuleSetReader(), read_reference_rules(), PriceRules(version="s-1")
    with in_memory(retail_rule_sets, audit_log) as connection:
        before = reader.read(connection, FRIDAY_NOON)
        assert (before.rules, before.from_at) == (reference, None)
        put_rule_set(connection, spring, None, reference=reference, by="ann", now=FRIDAY_NOON)
        found = reader.read(connection, FRIDAY_NOON)
        monkeypatch.setattr(rules_in_force, "read_rule_set", None)
        assert reader.read(connection, FRIDAY_NOON) == found
    assert (msgspec.to_builtins(found.rules), found.from_at) == (
        msgspec.to_builtins(spring), FRIDAY_NOON,
    )  # fmt: skip
