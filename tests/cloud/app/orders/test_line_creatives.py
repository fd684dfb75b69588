"""A line is in flight only with approved creatives, and has none that its screen may not show."""

from dataclasses import replace

import pytest

from cloud.app.orders.line_creatives import ready_finder, require_usable_creatives
from cloud.booking.orders.assignments import assign_creatives
from cloud.booking.orders.due_changes import apply_due_changes
from cloud.booking.orders.order_work import OrderWork
from cloud.campaigns.creative_checks import CreativeRefusedError
from cloud.campaigns.creatives import (
    CreativeStatus,
    NewCreative,
    create_creative,
    decide_creative,
)
from cloud.database import writing
from tests.cloud.app_context import ManualClock, open_app_context
from tests.cloud.booking.orders.order_steps import MONDAY_SEVEN, NOON, Steps
from tests.cloud.rates import sites


def test_a_booked_line_starts_when_its_creatives_are_approved(tmp_path) -> None:
    screen = sites().location("KX-01").screen
    new = NewCreative(
        account="acme", name="a", sha256="0" * 64, reference=None, media_type="image/png",
        width_px=screen.width_px, height_px=screen.height_px, duration=None, categories=(),
    )  # fmt: skip
    with open_app_context(tmp_path, ManualClock(NOON)) as context:
        steps = Steps(context.engine).open_accounts()
        steps.options = {"find_ready": ready_finder(context.sites)}
        order_id = steps.place(creatives=("a",))
        with pytest.raises(CreativeRefusedError, match="a is no creative of acme"):
            steps.run(lambda work: require_usable_creatives(work, order_id))
        with writing(context.engine) as connection:
            stored = create_creative(connection, new, by="ann", now=NOON)
        steps.run(lambda work: require_usable_creatives(work, order_id))
        steps.book(order_id)
        steps.now = MONDAY_SEVEN
        steps.run(apply_due_changes)
        assert steps.statuses(order_id) == ["Booked"]
        with writing(context.engine) as connection:
            approved = CreativeStatus.APPROVED
            decide_creative(connection, stored.id, approved, reason=None, by="ann", now=NOON)
        steps.run(apply_due_changes)
        assert steps.statuses(order_id) == ["InFlight"]

        (line,) = steps.lines(order_id)
        with writing(context.engine) as connection:
            other = replace(new, name="b", sha256="1" * 64)
            create_creative(connection, other, by="ann", now=NOON)

        def assign(work: OrderWork, *names: str) -> None:
            assign_creatives(work, order_id, line.line_id, names)
            require_usable_creatives(work, order_id)

        with pytest.raises(CreativeRefusedError, match="is in flight"):
            steps.run(lambda work: assign(work, "a", "b"))
        steps.run(lambda work: assign(work, "a"))
