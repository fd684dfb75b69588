"""Whether an account may pay later: its credit limit, less what it has to pay already.

It is read under the lock of the audit log: of two transactions that use the same credit the second
one finds what the first one has stored.
"""

from sqlalchemy import BigInteger, Connection, case, func, select, type_coerce

from cloud import database
from cloud.auth.accounts.account import Account
from cloud.billing.document_store import IS_FINAL_INVOICE, DocumentStateError
from cloud.billing.ledger import PREPAYMENT, read_balances
from cloud.billing.payments.account_provider import AccountProvider
from cloud.billing.payments.amounts_due import OPEN_STATES, AmountDue
from cloud.database.billing import billing_documents, payments


class OverCreditError(DocumentStateError):
    """The amount is above the credit of the account."""


def require_credit(connection: Connection, due: AmountDue) -> None:
    """Raise OverCreditError where the amount exceeds the limit of the account.

    Counted are what the account has to pay and the orders that it may pay on account and that are
    not invoiced yet, in the currency of the account.
    """
    payer = due.payer
    if due.currency != payer.currency:
        raise OverCreditError(
            f"the credit of {payer.id} is in {payer.currency}: an amount in {due.currency} is paid "
            "in advance"
        )
    used = read_exposure(connection, payer)
    if used + due.amount_minor > payer.credit_limit_minor:
        raise OverCreditError(
            f"account {payer.id} has a credit of {payer.credit_limit_minor} minor units of "
            f"{payer.currency}, and {used} are used: {due.amount_minor} more are paid in advance"
        )


def read_exposure(connection: Connection, payer: Account) -> int:
    """What an account has to pay, with orders on account that are not invoiced yet."""
    balances = read_balances(connection, payer.id)
    invoiced = sum(one.amount_minor for one in balances if one.currency == payer.currency)
    return invoiced + _sum_open_orders(connection, payer.id)


def _sum_open_orders(connection: Connection, payer: str) -> int:
    """Open payments of orders on account, each less the final invoices of its order."""
    document, payment = billing_documents.c, payments.c
    order_id = func.substr(payment.document, len(PREPAYMENT) + 1)
    billed = func.coalesce(
        select(database.total(document.total_minor))
        .where(IS_FINAL_INVOICE, document.order_id == order_id)
        .scalar_subquery(),
        0,
    )
    rest = case((payment.amount_minor > billed, payment.amount_minor - billed), else_=0)
    wanted = select(database.total(type_coerce(rest, BigInteger))).where(
        payment.account == payer,
        payment.provider == AccountProvider.name,
        payment.status.in_(OPEN_STATES),
        payment.document.startswith(PREPAYMENT),
    )
    return int(connection.execute(wanted).scalar() or 0)
