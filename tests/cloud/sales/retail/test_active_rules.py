"""The reference rules hold until a rule set is stored, each from its instant on."""

from datetime import timedelta

from cloud.auth.audit import audit_log
from cloud.pricing.retail.rules import PriceRules
from cloud.sales.retail.active_rules import read_active_rules, read_reference_rules
from cloud.sales.retail.rule_sets import put_rule_set, retail_rule_sets
from tests.cloud.memory_database import in_memory
from tests.cloud.sales.retail.retail_rows import NOON

HOUR = timedelta(hours=1)


def test_a_stored_rule_set_replaces_the_reference_from_its_instant_on() -> None:
    reference, new = read_reference_rules(), PriceRules(version="2030-01")
    with in_memory(retail_rule_sets, audit_log) as connection:
        assert read_active_rules(connection, NOON) == reference
        put_rule_set(connection, new, NOON + HOUR, reference=reference, by="ann", now=NOON)
        assert read_active_rules(connection, NOON) == reference
        assert read_active_rules(connection, NOON + HOUR) == new
