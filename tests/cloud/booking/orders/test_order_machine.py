"""Random orders, holds and times: what lines have in the ledger follows from their states."""

import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from cloud.booking.order_line import BookingStatus
from cloud.booking.order_store import digest_of_all
from cloud.booking.orders.approvals import approve_order, decline_order, give_discount
from cloud.booking.orders.change_requests import decide_change
from cloud.booking.orders.change_store import ChangeStatus, LineChange, list_changes
from cloud.booking.orders.credit import CreditLimitError
from cloud.booking.orders.due_changes import apply_due_changes
from cloud.booking.orders.lifecycle import PriceExpiredError
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_rows import read_all_lines
from cloud.booking.orders.order_work import NotAllowedError
from cloud.booking.orders.placing import OrderRefused
from cloud.booking.slots import DeliveryType, NotAvailableError
from cloud.booking.takes import NotHeldError
from cloud.booking.transitions import COMMITTED, HOLDING, ReasonRequiredError, TransitionError
from cloud.booking.version_digest import read_last_digest
from cloud.database import reading
from cloud.database.bookings import booking_ledger, booking_slots
from tests.cloud.booking.orders.order_steps import (
    FINANCE,
    MONDAY_SEVEN,
    SALES,
    Steps,
    priced_quote,
)
from tests.cloud.databases import new_engine

REFUSED = (
    TransitionError, ReasonRequiredError, NotAvailableError, NotHeldError, PriceExpiredError,
    CreditLimitError, NotAllowedError, OrderRefused,
)  # fmt: skip
HAVE = HOLDING | COMMITTED | {BookingStatus.FINISHED, BookingStatus.STOPPED}
DELIVERIES = [DeliveryType.GUARANTEED, DeliveryType.PREEMPTIBLE, DeliveryType.EXCLUSIVE]


class OrderMachine(RuleBasedStateMachine):
    """Orders of two hours of one screen, from four days before the first of them."""

    orders = Bundle("orders")

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.steps = Steps(new_engine(self.folder), credit=3_000).open_accounts()
        self.steps.now = MONDAY_SEVEN - timedelta(days=4)

    def teardown(self) -> None:
        self.steps.engine.dispose()
        shutil.rmtree(self.folder)

    def attempt(self, step: Any, *words: Any) -> None:
        with suppress(*REFUSED):
            step(*words)

    @rule(
        target=orders,
        positions=st.integers(1, 4),
        first=st.integers(0, 1),
        delivery=st.sampled_from(DELIVERIES),
    )
    def place(self, positions: int, first: int, delivery: DeliveryType) -> str:
        quote = priced_quote(
            (first, first + 1), positions=positions, delivery=delivery, prices=(61, 95)
        )
        return self.steps.place(quote, creatives=("a",))

    @rule(order_id=orders, action=st.sampled_from(["reserve", "book", "reset", "cancel"]))
    def act(self, order_id: str, action: str) -> None:
        self.attempt(getattr(self.steps, action), order_id)

    @rule(order_id=orders, bp=st.sampled_from([500, 2000]))
    def discount(self, order_id: str, bp: int) -> None:
        self.attempt(self.steps.run, lambda work: give_discount(work, order_id, bp, "ok"), SALES)

    @rule(order_id=orders, is_approved=st.booleans())
    def decide(self, order_id: str, is_approved: bool) -> None:
        def step(work: Any) -> object:
            if is_approved:
                return approve_order(work, order_id)
            return decline_order(work, order_id, "no")

        self.attempt(self.steps.run, step, FINANCE)

    @rule(order_id=orders, positions=st.integers(1, 6))
    def ask_for_change(self, order_id: str, positions: int) -> None:
        line = self.steps.lines(order_id)[0]
        self.attempt(self.steps.ask, line, LineChange(positions=positions))

    @rule(order_id=orders, status=st.sampled_from([ChangeStatus.APPROVED, ChangeStatus.REJECTED]))
    def decide_change(self, order_id: str, status: ChangeStatus) -> None:
        with reading(self.steps.engine) as connection:
            requests = list_changes(connection, order_id)
        if requests:
            newest = requests[-1].id
            self.attempt(
                self.steps.run, lambda work: decide_change(work, newest, status, "so"), SALES
            )

    @rule(hours=st.sampled_from([1, 30, 50]), is_swept=st.booleans())
    def wait(self, hours: int, is_swept: bool) -> None:
        self.steps.now += timedelta(hours=hours)
        if is_swept:
            self.steps.run(apply_due_changes)

    @invariant()
    def the_ledger_follows_from_the_states(self) -> None:
        with reading(self.steps.engine) as connection:
            ledger = connection.execute(select(booking_ledger)).all()
            slots = connection.execute(select(booking_slots)).all()
            lines = read_all_lines(connection)
            assert read_last_digest(connection) in (None, digest_of_all(connection))
        used: Counter[tuple[str, int]] = Counter()
        for row in ledger:
            used[row.location, row.hour_at] += row.positions
        for slot in slots:
            assert used[slot.location, slot.hour_at] == slot.used <= slot.capacity <= 6
        for line in lines:
            held = {row.hour_at: row.positions for row in ledger if row.line_id == line.line_id}
            if not self._is_due(line):
                assert held == self._expected(line), line

    def _is_due(self, line: BookedLine) -> bool:
        return line.expires_at is not None and line.expires_at <= self.steps.now

    def _expected(self, line: BookedLine) -> dict[int, int]:
        positions = 6 if line.delivery is DeliveryType.EXCLUSIVE else line.positions
        if line.booking_status not in HAVE:
            return {}
        return {slot.starts_at_s: positions for slot in line.slots}


TestOrderMachine = OrderMachine.TestCase
TestOrderMachine.settings = settings(
    max_examples=6, stateful_step_count=14, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
