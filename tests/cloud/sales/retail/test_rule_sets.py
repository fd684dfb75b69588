"""Stored rule sets: which one is in force, what is refused, what the audit log records."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import Connection

from cloud.auth.audit import audit_log
from cloud.pricing.retail.rules import PriceRules, RuleOverride, RuleValues
from cloud.sales.retail.rule_sets import (
    RuleSetRefused,
    StoredRuleSet,
    put_rule_set,
    read_ref_in_force,
    read_rule_set,
    read_rule_sets,
    retail_rule_sets,
    rule_set_at,
)
from tests.cloud.memory_database import in_memory
from tests.cloud.sales.retail.retail_rows import MINUTE, NOON

REFERENCE = PriceRules(version="reference-1")
SPRING = PriceRules(
    version="spring-1",
    defaults=RuleValues(minimum_margin=Decimal("0.2")),
    overrides=(RuleOverride(region="north", minimum_margin=None),),
)


def put(
    connection: Connection, rules: PriceRules = SPRING, after: timedelta | None = None
) -> StoredRuleSet | None:
    from_at = None if after is None else NOON + after
    return put_rule_set(connection, rules, from_at, reference=REFERENCE, by="ann", now=NOON)


def test_a_rule_set_is_in_force_from_its_instant_until_the_next_one():
    autumn = msgspec.structs.replace(SPRING, version="autumn-1", overrides=())
    with in_memory(retail_rule_sets, audit_log) as connection:
        spring, later = put(connection), put(connection, autumn, MINUTE)
        assert read_rule_sets(connection) == [spring, later]
        assert read_rule_set(connection, spring.number) == spring
        found = [
            (read_ref_in_force(connection, at), rule_set_at([spring, later], at))
            for at in (NOON - MINUTE, NOON, NOON + MINUTE)
        ]
    numbers = [(ref and ref.number, one) for ref, one in found]
    assert numbers == [(None, None), (spring.number, spring), (later.number, later)]


def test_the_same_rule_set_is_put_once():
    with in_memory(retail_rule_sets, audit_log) as connection:
        assert put(connection) is not None
        assert put(connection) is None


@pytest.mark.parametrize("known", [REFERENCE, SPRING])
def test_another_content_needs_another_version(known):
    other = msgspec.structs.replace(known, defaults=RuleValues(hold_days=3))
    with in_memory(retail_rule_sets, audit_log) as connection:
        put(connection)
        with pytest.raises(RuleSetRefused, match="change the version"):
            put(connection, other)


def test_an_instant_in_the_past_is_refused():
    with (
        in_memory(retail_rule_sets, audit_log) as connection,
        pytest.raises(RuleSetRefused, match="is past"),
    ):
        put(connection, after=-MINUTE)


def test_a_stored_rule_set_is_read_back_with_what_it_switches_off():
    with in_memory(retail_rule_sets, audit_log) as connection:
        stored = put(connection)
        found = read_rule_set(connection, stored.number)
    assert found.rules.overrides[0].minimum_margin is None
    assert replace(found, number=0) == replace(stored, number=0)
