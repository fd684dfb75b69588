"""A saved brief that was changed, removed or added outside the program is found."""

import pytest

from cloud.auth.audit import audit_log, record_change
from cloud.auth.audit_comparisons import compare_with_log
from cloud.sales.brief_comparison import BriefComparison, digest_question
from cloud.sales.saved_briefs import DELETE, SAVE, insert_brief, saved_briefs
from tests.cloud.memory_database import in_memory
from tests.cloud.sales.test_saved_briefs import NOON, TEA


def record(connection, action: str, brief=TEA) -> None:
    details = {
        "account": brief.account, "name": brief.name, "question": digest_question(brief.question),
    }  # fmt: skip
    record_change(connection, at=NOON, actor="ann", action=action, about=brief.id, details=details)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("SELECT 1", None),
        ("UPDATE saved_briefs SET account = 'bolt'", "account"),
        ("UPDATE saved_briefs SET question = '{ }'", "another digest"),
        ("DELETE FROM saved_briefs", "missing"),
        ("UPDATE saved_briefs SET id = 'b'", "no entry"),
        ("UPDATE saved_briefs SET best_value = 3", None),
    ],
)
def test_a_difference_is_found(statement: str, sentence: str | None) -> None:
    with in_memory(saved_briefs, audit_log) as connection:
        insert_brief(connection, TEA)
        record(connection, SAVE)
        connection.exec_driver_sql(statement)
        found = compare_with_log(connection, NOON, [BriefComparison()])
    assert (sentence is None) == (found == [])
    assert sentence is None or sentence in "; ".join(found)


def test_a_deleted_brief_is_not_expected() -> None:
    with in_memory(saved_briefs, audit_log) as connection:
        record(connection, SAVE)
        record(connection, DELETE)
        assert compare_with_log(connection, NOON, [BriefComparison()]) == []
