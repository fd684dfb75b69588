"""The credit limit of who pays: what is sold to it and not yet paid may not exceed the limit.

The agency of an order pays for it; without one, the account itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.auth.accounts.account_store import require_account
from cloud.booking.order_line import SOLD
from cloud.booking.orders.order import BookedLine, Order, compute_commission
from cloud.booking.orders.order_rows import read_lines, sum_orders_of_payer
from cloud.booking.orders.order_work import OrderWork
from cloud.money import written


class CreditLimitError(Exception):
    """A booking with which an account would exceed its credit limit."""


@dataclass(frozen=True, slots=True)
class Credit:
    """The limit of who pays, and what would be sold to it and not paid yet."""

    payer: str
    limit_minor: int
    used_minor: int

    @property
    def excess_minor(self) -> int:
        """What would be above the limit; zero or less: nothing."""
        return self.used_minor - self.limit_minor


def require_credit(work: OrderWork, order: Order, lines: Sequence[BookedLine]) -> None:
    """Raise CreditLimitError where the lines do not fit into the limit of who pays.

    Sold lines count from their booking until they are paid, net of the agency's commission. The
    account that pays is locked, so two bookings cannot use the same credit. Only staff and
    who pays see the amounts.
    """
    credit = read_credit(work, order, lines, lock=True)
    if credit.excess_minor > 0:
        accounts = work.actor.accounts
        if accounts is not None and credit.payer not in accounts:
            raise CreditLimitError(
                f"the order exceeds the credit of account {credit.payer}, which pays for it: ask "
                "that account to pay in advance"
            )
        limit = written(credit.limit_minor, order.currency)
        raise CreditLimitError(
            f"account {credit.payer} would exceed its credit limit of {limit} {order.currency} by "
            f"{written(credit.excess_minor, order.currency)}: pay in advance, or ask finance for a "
            "higher limit"
        )


def read_credit(
    work: OrderWork, order: Order, lines: Sequence[BookedLine], *, lock: bool = False
) -> Credit:
    """The credit of who pays, were the lines of the order as they are given."""
    payer = order.agency or order.account
    limit = require_account(work.connection, payer, lock=lock).credit_limit_minor
    paid = work.read_paid(work.connection, payer, order.currency)
    return Credit(payer, limit, _sum_orders(work, order, lines) - paid)


def due_of(line: BookedLine) -> int:
    """What is due for a line: its price where it is sold, and for hours that were released."""
    return line.cancellation_minor + (line.cost_minor if line.booking_status in SOLD else 0)


def _sum_orders(work: OrderWork, order: Order, lines: Sequence[BookedLine]) -> int:
    """What all orders of a payer cost, net of commission, with these lines as they would be."""
    payer = order.agency or order.account
    others = sum_orders_of_payer(work.connection, payer, order.currency, but=order.id)
    present = {line.line_id: line for line in read_lines(work.connection, [order.id])}
    changed = present | {line.line_id: line for line in lines}
    amount = sum(map(due_of, changed.values()))
    return others + amount - compute_commission(amount, order.commission_bp)
