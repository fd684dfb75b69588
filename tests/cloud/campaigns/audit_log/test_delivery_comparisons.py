"""A guarantee, make-good or import that the program did not change differs from the audit log."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, delete, update

from cloud.auth.audit_comparisons import compare_with_log
from cloud.campaigns.audit_log.delivery_comparisons import (
    GuaranteeComparison,
    LoggedPeriodComparison,
    MakeGoodComparison,
    PlayImportComparison,
)
from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.delivery import LATE_DATA
from cloud.campaigns.guarantees import Guarantee, Metric, set_guarantee
from cloud.campaigns.make_good_store import (
    MakeGoodStatus,
    Remedy,
    decide_make_good,
    propose_make_good,
    settle_make_good,
)
from cloud.campaigns.make_goods import DeliveredAmount, Shortfall
from cloud.campaigns.plays.coverage import LogCoverage
from cloud.campaigns.plays.imports import Importer
from cloud.campaigns.tables import (
    line_guarantees,
    logged_periods,
    make_goods,
    play_imports,
)
from tests.cloud.campaigns.campaign_data import SEVEN, SITES, line, store_lines

AMOUNT = DeliveredAmount(Metric.OTS, *map(Decimal, ("100", "74.5", "70", "80.1")))
SHORT = Shortfall(AMOUNT, Decimal("0.255"), 15)
FINAL = SEVEN + timedelta(hours=1) + LATE_DATA
COMPARISONS = (
    GuaranteeComparison, MakeGoodComparison, PlayImportComparison, LoggedPeriodComparison,
)  # fmt: skip


def find_differences(connection: Connection) -> list[str]:
    return compare_with_log(connection, FINAL, [kind() for kind in COMPARISONS])


@pytest.fixture
def stored(connection: Connection) -> Connection:
    """A guarantee, a settled make-good, and imports of which two cover the same hour."""
    store_lines(connection, line())
    set_guarantee(connection, "SO-1-1", Guarantee(Metric.OTS, 90, True), by="ann", now=SEVEN)
    propose_and_settle(connection)
    Importer(SITES, "ann", SEVEN).import_posted(connection, [], b"")
    period = LogCoverage(SEVEN - timedelta(hours=1), SEVEN, ("KX-01",))
    for _ in range(2):
        Importer(SITES, "ann", SEVEN, covers=period).import_posted(connection, [], b"")
    return connection


def propose_and_settle(connection: Connection) -> None:
    (short,) = read_lines(connection, SITES, "line_id", ["SO-1-1"]).values()
    for _ in range(2):  # the second proposal replaces the first
        made = propose_make_good(connection, short, SHORT, Remedy.CREDIT, by="ann", now=FINAL)
    assert made is not None
    decide_make_good(
        connection, made.id, MakeGoodStatus.APPROVED, flight_ends_at=FINAL - LATE_DATA,
        decision="agreed", by="fay", now=FINAL,
    )  # fmt: skip
    settle_make_good(connection, made.id, "CN-1", by="ann", now=FINAL)


def test_what_the_program_wrote_is_what_the_log_records(stored):
    assert find_differences(stored) == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (update(line_guarantees).values(amount=1), "amount is 1, and entry 1 records 90"),
        (delete(line_guarantees), "of entry 1 is missing"),
        (update(make_goods).values(credit_minor=99), "credit_minor is 99"),
        (update(make_goods).values(delivered=1), "delivered is 1"),
        (update(make_goods).values(status="proposed"), "status is proposed"),
        (update(make_goods).values(settled_by_document="CN-2"), "settled_by_document is CN-2"),
        (update(make_goods).values(settled_at=None), "settled_at is None"),
        (delete(make_goods), "of entry 5 is missing"),
        (update(play_imports).values(stored=7), "stored is 7"),
        (update(play_imports).values(id=play_imports.c.id.concat("x")), "x has no entry"),
        (update(logged_periods).values(ends_at=FINAL), "has no entry of an import that covers it"),
        (update(logged_periods).values(import_id="x"), "import_id is x"),
        (delete(logged_periods), "logged_periods: KX-01 from 2026-11-23T06:00:00+00:00 until"),
    ],
)
def test_a_row_that_bypassed_the_program_is_found(stored, statement, sentence):
    stored.execute(statement)
    found = find_differences(stored)
    assert any(sentence in one for one in found), found
