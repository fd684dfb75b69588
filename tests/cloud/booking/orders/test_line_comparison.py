"""A line that was altered in the table differs from its newest version."""

import pytest
from sqlalchemy import update

from cloud.auth.audit_comparisons import compare_with_log
from cloud.booking.audit_log.order_comparison import OrderComparison
from cloud.booking.orders.line_comparison import BookedLineComparison
from cloud.booking.orders.tables import booked_lines
from cloud.database import reading, writing
from tests.cloud.booking.orders.order_steps import NOON, Steps


def findings(steps: Steps) -> list[str]:
    with reading(steps.engine) as connection:
        return compare_with_log(connection, NOON, [OrderComparison(), BookedLineComparison()])


@pytest.mark.parametrize(
    "change", [{"booking_status": "Draft"}, {"discount_bp": 9999}, {"positions": 2}]
)
def test_an_altered_line_is_found(steps: Steps, change: dict[str, object]) -> None:
    order_id = steps.place()
    steps.book(order_id)
    assert findings(steps) == []
    with writing(steps.engine) as connection:
        connection.execute(update(booked_lines).values(change))
    (found,) = findings(steps)
    assert "is not as its version 2 has it" in found
