"""A row that bypassed the program differs from the audit log."""

from datetime import UTC, datetime

from sqlalchemy import Engine, update

from cloud.auth.audit import record_change
from cloud.auth.audit_comparisons import compare_with_log
from cloud.booking.audit_log.order_comparison import OrderComparison
from cloud.booking.order_store import add_versions
from cloud.booking.version_digest import FILE_ACTION
from cloud.database import reading, writing
from cloud.database.orders import order_line_versions
from tests.cloud.booking.order_lines import MONDAY, order_line

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def findings(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return compare_with_log(connection, NOW, [OrderComparison()])


def test_a_price_that_was_altered_in_the_table_is_found(engine: Engine) -> None:
    with writing(engine) as connection:
        loaded = add_versions(connection, [order_line()], at=MONDAY, before=None)
    assert "no entry that any were loaded" in findings(engine)[0]
    with writing(engine) as connection:
        record_change(
            connection, at=MONDAY, actor="x", action=FILE_ACTION, about="orders.csv",
            details={"versions": 1, "rows": loaded.rows},
        )  # fmt: skip
    assert findings(engine) == []
    with writing(engine) as connection:
        connection.execute(update(order_line_versions).values(price_minor=1))
    assert "not those that entry 1 left" in findings(engine)[0]
