"""Orders for tests: an account, quotes of slots from Monday 07:00 on, and steps of an order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Engine

from cloud.auth.accounts.account import AccountKind, AccountProfile
from cloud.auth.accounts.account_store import create_account
from cloud.auth.keys import Role
from cloud.booking.orders import placing
from cloud.booking.orders.change_requests import list_added, request_change
from cloud.booking.orders.change_store import ChangeRequest, LineChange
from cloud.booking.orders.lifecycle import book_lines, cancel_lines, reserve_lines, reset_lines
from cloud.booking.orders.order import BookedLine, Order
from cloud.booking.orders.order_rows import read_lines
from cloud.booking.orders.order_work import Actor, OrderWork
from cloud.booking.orders.placing import NewOrder
from cloud.booking.orders.policy import BookingPolicy, load_booking_policy
from cloud.booking.quote_locks import LockedQuote, LockedSlot, new_id, store_quote
from cloud.booking.slots import DeliveryType
from cloud.booking.transactions import run_booking
from cloud.database import reading, writing
from tests.cloud.rates import sites

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
MONDAY_SEVEN = datetime(2026, 11, 23, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
BUYER = Actor("Ann of Acme", frozenset({"acme"}), frozenset({Role.ADVERTISER}))
SALES = Actor("Mary of sales", None, frozenset({Role.SALES}))
FINANCE = Actor("Frank of finance", None, frozenset({Role.FINANCE}))
POLICY = load_booking_policy()
Result = TypeVar("Result")


def priced_quote(
    hours: Iterable[float] = (0, 1, 2),
    *,
    location: str = "KX-01",
    positions: int = 1,
    prices: Iterable[int] = (60, 60, 90),
    **fields: Any,
) -> LockedQuote:
    slots = tuple(
        LockedSlot(location, int((MONDAY_SEVEN + hour * HOUR).timestamp()), positions, price, ())
        for hour, price in zip(hours, prices, strict=False)
    )
    plain = {
        "id": new_id(), "account": "acme", "currency": "GBP", "slots": slots,
        "valid_until": NOON + timedelta(days=400), "created_by": "Ann", "created_at": NOON,
        "delivery": DeliveryType.GUARANTEED, "versions": {},
    }  # fmt: skip
    return LockedQuote(**{**plain, **fields})


def quote_added(line: BookedLine, change: LineChange, **fields: Any) -> LockedQuote | None:
    """A quote of the positions that a change adds, at the prices of the line; None: it adds none"""
    prices = {slot.starts_at_s: slot.price_minor for slot in line.slots}
    slots = tuple(
        LockedSlot(line.location, one.starts_at_s, one.positions, prices[one.starts_at_s], ())
        for one in list_added(line, change)
    )
    quote = replace(priced_quote(delivery=line.delivery), slots=slots)
    return replace(quote, **fields) if slots else None


@dataclass
class Steps:
    """Runs steps of orders, each in a transaction of its own."""

    engine: Engine
    now: datetime = NOON
    policy: BookingPolicy = POLICY
    credit: int = 10**6
    agency: str | None = None
    agency_credit: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def open_accounts(self) -> "Steps":
        with writing(self.engine) as connection:
            profiles = [
                AccountProfile(
                    id="best", name="Best", kind=AccountKind.AGENCY, commission_bp=1500,
                    credit_limit_minor=self.agency_credit,
                ),
                *(
                    AccountProfile(
                        id=name, name=name.title(), kind=AccountKind.ADVERTISER, agency=self.agency,
                        credit_limit_minor=self.credit,
                    )
                    for name in ("acme", "bolt")
                ),
            ]  # fmt: skip
            for profile in profiles:
                create_account(connection, profile, by="me", now=NOON)
        return self

    def run(self, step: Callable[[OrderWork], Result], actor: Actor = BUYER) -> Result:
        return run_booking(
            self.engine,
            lambda connection: step(
                OrderWork(
                    connection=connection, sites=sites(), policy=self.policy, actor=actor,
                    now=self.now, **self.options,
                )
            ),
        )  # fmt: skip

    def place(self, quote: LockedQuote | None = None, actor: Actor = BUYER, **fields: Any) -> str:
        """An order with the drafts of a quote; its id."""
        found = quote or priced_quote()
        new = NewOrder(account=found.account or "acme", name="Winter")
        order = self.run(lambda work: placing.place_order(work, new), actor)
        self.run(lambda work: placing.add_lines(work, order.id, found, **fields), actor)
        return order.id

    def ask(
        self, line: BookedLine, change: LineChange, quote: LockedQuote | None = None
    ) -> ChangeRequest:
        """A request of the buyer; without a quote, at the prices of the line."""

        def step(work: OrderWork) -> ChangeRequest:
            found = quote or quote_added(line, change)
            if found is not None:
                store_quote(work.connection, found)
            return request_change(work, line.order_id, line.line_id, change, "sorry", found)

        return self.run(step)

    def change(
        self, do: Callable[..., Any], order_id: str, actor: Actor = BUYER, *words: Any
    ) -> tuple[BookedLine, ...]:
        def step(work: OrderWork) -> tuple[BookedLine, ...]:
            order = work.lock_order(order_id)
            moved: tuple[BookedLine, ...] = do(work, order, work.choose_lines(order), *words)
            return moved

        return self.run(step, actor)

    def reserve(self, order_id: str, actor: Actor = BUYER) -> tuple[BookedLine, ...]:
        return self.change(reserve_lines, order_id, actor)

    def book(self, order_id: str, actor: Actor = BUYER) -> tuple[BookedLine, ...]:
        return self.change(book_lines, order_id, actor)

    def reset(self, order_id: str) -> tuple[BookedLine, ...]:
        return self.change(reset_lines, order_id)

    def cancel(self, order_id: str, reason: str = "no budget") -> tuple[BookedLine, ...]:
        return self.change(cancel_lines, order_id, BUYER, reason)

    def order(self, order_id: str) -> Order:
        return self.run(lambda work: work.lock_order(order_id), SALES)

    def lines(self, order_id: str) -> tuple[BookedLine, ...]:
        with reading(self.engine) as connection:
            return read_lines(connection, [order_id])

    def statuses(self, order_id: str) -> list[str]:
        return [line.booking_status.value for line in self.lines(order_id)]

    def at(self, now: datetime) -> "Steps":
        return replace(self, now=now)
