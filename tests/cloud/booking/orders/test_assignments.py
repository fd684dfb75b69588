"""Creatives can be set until the flight of a line has ended."""

import pytest

from cloud.booking.order_store import read_newest
from cloud.booking.orders.assignments import assign_creatives
from cloud.booking.transitions import TransitionError
from cloud.database import reading
from tests.cloud.booking.orders.order_steps import Steps


def test_creatives_are_sorted_stored_as_a_version_and_refused_after_the_end(steps: Steps) -> None:
    order_id = steps.place()
    (line,) = steps.book(order_id)

    def assign(*names: str) -> tuple[str, ...]:
        return steps.run(
            lambda work: assign_creatives(work, order_id, line.line_id, names)
        ).creatives

    assert assign("b", "a", "b") == ("a", "b")
    with reading(steps.engine) as connection:
        assert read_newest(connection)[line.line_id].creatives == '["a","b"]'
    steps.cancel(order_id)
    with pytest.raises(TransitionError, match="shows nothing more"):
        assign("c")
