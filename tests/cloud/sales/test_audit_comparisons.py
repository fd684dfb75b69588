"""Rows of sales that no entry explains are reported; entries of older versions are understood."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from cloud import database
from cloud.auth.audit import AuditEntry
from cloud.sales.audit_comparisons import (
    OccupancyComparison,
    OverrideComparison,
    PlanComparison,
    PriceSheetComparison,
)
from cloud.sales.overrides import price_overrides
from cloud.sales.plans import RETENTION
from tests.cloud.databases import new_engine

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR_AT = int(datetime(2026, 11, 23, 8, tzinfo=UTC).timestamp())
SET = {"price_minor": 4567, "reason": "agreed", "until": None, "account": None}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = new_engine(tmp_path)
    with database.writing(engine) as connection:
        yield connection
    engine.dispose()


def entry(action: str, about: str, number: int = 1) -> AuditEntry:
    return AuditEntry(number, AT, "ann", action, about, "", "", "")


def insert_override(connection: Connection, **other: Any) -> None:
    row = {"location": "KX-01", "hour_at": HOUR_AT, "account": "", "number": 1, "author": "ann",
           "price_minor": 4567, "reason": "agreed", "set_at": AT, "until_at": None}  # fmt: skip
    connection.execute(insert(price_overrides).values(row | other))


def override_differences(connection: Connection, *entries: tuple[AuditEntry, dict]) -> list[str]:
    comparison = OverrideComparison()
    for one, details in entries:
        comparison.add_entry(one, details)
    return list(comparison.findings(connection, AT))


SLOT = "KX-01/2026-11-23T08:00+00:00"


@pytest.mark.parametrize("written", [SLOT, "KX-01/2026-11-23T09:00+01:00"])
def test_an_override_is_found_by_its_instant_whatever_the_offset(connection, written: str):
    insert_override(connection)
    assert override_differences(connection, (entry("price.override", written), SET)) == []


def test_an_entry_of_an_older_version_names_the_price_in_pence(connection):
    insert_override(connection)
    older = {"price_pence": 4567, "reason": "agreed", "until": None}
    assert override_differences(connection, (entry("price.override", SLOT), older)) == []
    (found,) = override_differences(
        connection, (entry("price.override", SLOT), older | {"price_pence": 4000})
    )
    assert found == (
        "price_overrides: KX-01 at 2026-11-23T08:00Z: price_minor is 4567, and entry 1 records 4000"
    )


def test_a_withdrawn_override_that_is_still_in_the_table_is_reported(connection):
    set_and_withdrawn = (
        (entry("price.override", SLOT), SET),
        (entry("price.override.withdraw", SLOT, 2), {"account": None}),
    )
    assert override_differences(connection, *set_and_withdrawn) == []
    insert_override(connection)
    (found,) = override_differences(connection, *set_and_withdrawn)
    assert found.endswith("has a price of 4567 that no entry has set")


def test_the_deal_of_one_account_does_not_explain_a_price_for_everybody(connection):
    insert_override(connection)
    found = override_differences(
        connection, (entry("price.override", SLOT), SET | {"account": "acme"})
    )
    assert [one.partition(" that ")[0] for one in found] == [
        "price_overrides: KX-01 at 2026-11-23T08:00Z has a price of 4567",
        "price_overrides: KX-01 at 2026-11-23T08:00Z for acme of entry 1 is missing",
    ]


@pytest.mark.parametrize(
    ("details", "expires_after"),
    [({"account": "acme", "expires_at": (AT + timedelta(hours=1)).isoformat()}, timedelta(hours=1)),
     ({"account": "acme"}, RETENTION)],
    ids=["recorded", "older"],
)  # fmt: skip
def test_a_plan_may_be_missing_from_the_moment_it_expires(connection, details, expires_after):
    comparison = PlanComparison()
    comparison.add_entry(entry("plan.keep", "p1"), details)
    before = AT + expires_after - timedelta(microseconds=1)
    assert list(comparison.findings(connection, before)) == [
        "kept_plans: plan p1 of entry 1 is missing, and has not expired"
    ]
    assert list(comparison.findings(connection, AT + expires_after)) == []


def test_empty_tables_match_an_empty_log(connection):
    for comparison in (OccupancyComparison(), PriceSheetComparison(), PlanComparison()):
        assert list(comparison.findings(connection, AT)) == []


def test_shares_are_not_compared_with_a_load_that_recorded_no_digest(connection):
    comparison = OccupancyComparison()
    comparison.add_entry(entry("occupancy.load", "a file"), {})
    assert list(comparison.findings(connection, AT)) == []
    comparison.add_entry(entry("occupancy.load", "a file", 2), {"rows": "another digest"})
    (found,) = comparison.findings(connection, AT)
    assert found.startswith("slot_occupancy: its rows are not those that entry 2 left")
