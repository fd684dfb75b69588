"""The credit limit of an account: what is sold to it and not yet paid may not exceed the limit."""

from collections.abc import Sequence

from sqlalchemy import select

from cloud.auth.accounts.account_store import accounts, require_account
from cloud.booking.order_line import SOLD
from cloud.booking.orders.order import BookedLine, Order, compute_commission
from cloud.booking.orders.order_rows import read_account_lines
from cloud.booking.orders.order_work import OrderWork
from cloud.money import written


class CreditLimitError(Exception):
    """A booking with which an account would owe more than its credit limit."""


def require_credit(work: OrderWork, order: Order, lines: Sequence[BookedLine]) -> None:
    """Raise CreditLimitError where the lines do not fit into the account's limit.

    Sold lines count from their booking until they are paid, net of the agency's commission. The
    account is locked, so two bookings cannot use the same credit.
    """
    locked = select(accounts.c.id).where(accounts.c.id == order.account).with_for_update()
    work.connection.execute(locked)
    account = require_account(work.connection, order.account)
    given = {line.line_id for line in lines}
    stored = read_account_lines(work.connection, order.account)
    every = (*lines, *(line for line in stored if line.line_id not in given))
    amount = sum(due_of(line) for line in every if line.currency == order.currency)
    paid = work.read_paid(work.connection, order.account, order.currency)
    owed = amount - compute_commission(amount, order.commission_bp) - paid
    if owed > account.credit_limit_minor:
        over = written(owed - account.credit_limit_minor, order.currency)
        raise CreditLimitError(
            f"account {order.account} would exceed its credit limit of "
            f"{written(account.credit_limit_minor, order.currency)} {order.currency} by {over}: "
            "pay in advance, or ask finance for a higher limit"
        )


def due_of(line: BookedLine) -> int:
    """What is due for a line: its price where it is sold, and for hours that were released."""
    return line.cancellation_minor + (line.cost_minor if line.booking_status in SOLD else 0)
