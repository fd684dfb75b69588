"""What campaigns stored and was changed without the program differs from the audit log."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, delete, update

from cloud.auth.audit_comparisons import compare_with_log
from cloud.campaigns.audit_log.creative_comparisons import (
    CreativeComparison,
    CreativeTestComparison,
)
from cloud.campaigns.audit_log.delivery_comparisons import (
    GuaranteeComparison,
    MakeGoodComparison,
    PlayImportComparison,
)
from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.creative_tests.store import NewCreativeTest, create_test, stop_test
from cloud.campaigns.creatives import CreativeStatus, create_creative, decide_creative
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
from cloud.campaigns.plays.imports import Importer
from cloud.campaigns.tables import (
    creative_tests,
    creatives,
    line_guarantees,
    make_goods,
    play_imports,
)
from tests.cloud.campaigns.campaign_data import SEVEN, SITES, line, store_lines
from tests.cloud.campaigns.test_creative_checks import NEW

AMOUNT = DeliveredAmount(Metric.OTS, *map(Decimal, ("100", "74.5", "70", "80.1")))
SHORT = Shortfall(AMOUNT, Decimal("0.255"), 15)
FINAL = SEVEN + timedelta(hours=1) + LATE_DATA
COMPARISONS = (
    CreativeComparison, CreativeTestComparison, GuaranteeComparison, MakeGoodComparison,
    PlayImportComparison,
)  # fmt: skip


def find_differences(connection: Connection) -> list[str]:
    return compare_with_log(connection, FINAL, [kind() for kind in COMPARISONS])


@pytest.fixture
def stored(connection: Connection) -> Connection:
    """A decided creative, a stopped test, a guarantee, a settled make-good, and an import."""
    creative = create_creative(connection, NEW, by="ann", now=SEVEN)
    decide_creative(
        connection, creative.id, CreativeStatus.REJECTED, reason="too loud", by="ann", now=SEVEN
    )
    new = NewCreativeTest(
        account="acme", name="Tea", creatives=("a", "b"), locations=("KX-01",), alpha=0.05,
        starts_at=SEVEN + timedelta(days=1), ends_at=SEVEN + timedelta(days=2),
    )  # fmt: skip
    test = create_test(connection, SITES, new, by="ann", now=SEVEN)
    stop_test(connection, test.id, None, by="ann", now=SEVEN + timedelta(hours=1))
    store_lines(connection, line())
    set_guarantee(connection, "SO-1-1", Guarantee(Metric.OTS, 90, True), by="ann", now=SEVEN)
    propose_and_settle(connection)
    Importer(SITES, "ann", SEVEN).import_posted(connection, [], b"")
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
        (update(creatives).values(sha256="1" * 64), "sha256 is 111"),
        (update(creatives).values(status="APPROVED"), "status is APPROVED, and entry 2"),
        (update(creatives).values(reason=None), "reason is None"),
        (update(creatives).values(id="x"), "creative x has no entry"),
        (delete(creatives), "of entry 1 is missing"),
        (update(creative_tests).values(locations='["LB-01"]'), 'locations is ["LB-01"]'),
        (update(creative_tests).values(ends_at=FINAL), "ends_at is"),
        (update(creative_tests).values(alpha_ppm=1), "alpha_ppm is 1"),
        (update(creative_tests).values(assignment_key="0"), "has another key"),
        (update(creative_tests).values(stopped_at=None), "stopped_at is None"),
        (update(line_guarantees).values(amount=1), "amount is 1, and entry 5 records 90"),
        (delete(line_guarantees), "of entry 5 is missing"),
        (update(make_goods).values(credit_minor=99), "credit_minor is 99"),
        (update(make_goods).values(delivered=1), "delivered is 1"),
        (update(make_goods).values(status="proposed"), "status is proposed"),
        (update(make_goods).values(settled_by_document="CN-2"), "settled_by_document is CN-2"),
        (update(make_goods).values(settled_at=None), "settled_at is None"),
        (delete(make_goods), "of entry 9 is missing"),
        (update(play_imports).values(stored=7), "stored is 7"),
        (update(play_imports).values(id="x"), "import x has no entry"),
    ],
)
def test_a_row_that_bypassed_the_program_is_found(stored, statement, sentence):
    stored.execute(statement)
    found = find_differences(stored)
    assert any(sentence in one for one in found), found
