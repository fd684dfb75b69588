"""A creative or a test that was changed without the program differs from the audit log."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, update

from cloud.auth.audit_comparisons import compare_with_log
from cloud.campaigns.audit_log.creative_comparisons import (
    CreativeComparison,
    CreativeTestComparison,
)
from cloud.campaigns.creative_tests.store import NewCreativeTest, create_test, stop_test
from cloud.campaigns.creatives import CreativeStatus, create_creative, decide_creative
from cloud.campaigns.tables import creative_tests, creatives
from tests.cloud.campaigns.campaign_data import SEVEN, SITES
from tests.cloud.campaigns.test_creative_checks import NEW

LATER = SEVEN + timedelta(days=9)


def find_differences(connection: Connection) -> list[str]:
    return compare_with_log(connection, LATER, [CreativeComparison(), CreativeTestComparison()])


@pytest.fixture
def stored(connection: Connection) -> Connection:
    """A creative that was rejected, and a test that was stopped."""
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
    return connection


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
        (update(creative_tests).values(ends_at=LATER), "ends_at is"),
        (update(creative_tests).values(alpha_ppm=1), "alpha_ppm is 1"),
        (update(creative_tests).values(assignment_key="0"), "has another key"),
        (update(creative_tests).values(stopped_at=None), "stopped_at is None"),
    ],
)
def test_a_row_that_bypassed_the_program_is_found(stored, statement, sentence):
    stored.execute(statement)
    found = find_differences(stored)
    assert any(sentence in one for one in found), found
