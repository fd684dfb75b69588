"""What an account has settled of its orders: payments less VAT, and credits."""

from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from cloud import database
from cloud.billing.ledger import PREPAYMENT, Book
from cloud.billing.payments.provider import PaymentStatus
from cloud.database.billing import ledger_entries, ledger_postings, payments


def read_paid(connection: Connection, account: str, currency: str) -> int:
    """Cash that was received, less VAT, and revenue that was credited.

    VAT is that of final invoices, and that of amounts paid in advance which no invoice has used
    yet. The price of what is sold, less this, is the amount that the account has to pay without
    commission and with the VAT of its invoices.
    """
    entry = ledger_entries.c
    is_credit = and_(entry.book == Book.REVENUE.value, entry.amount_minor > 0)
    is_settled = or_(entry.book.in_([Book.CASH.value, Book.VAT.value]), is_credit)
    wanted = _within(select(database.total(entry.amount_minor)), account, currency)
    settled = int(connection.execute(wanted.where(is_settled)).scalar() or 0)
    return settled - _sum_prepaid_vat(connection, account, currency)


def _sum_prepaid_vat(connection: Connection, account: str, currency: str) -> int:
    """The VAT in what is paid in advance and not used by an invoice, rounded up for each order."""
    entry, paid = ledger_entries.c, payments.c
    of_orders = select(entry.document, database.total(entry.amount_minor).label("open_minor"))
    unused = (
        _within(of_orders, account, currency)
        .where(entry.book == Book.RECEIVABLE.value, entry.document.startswith(PREPAYMENT))
        .group_by(entry.document)
        .having(func.sum(entry.amount_minor) < 0)
        .subquery()
    )
    wanted = (
        select(unused.c.open_minor, database.total(paid.vat_minor),
               database.total(paid.amount_minor))
        .join(payments, paid.document == unused.c.document)
        .where(paid.status == PaymentStatus.SUCCEEDED.value, paid.vat_minor.is_not(None))
        .group_by(unused.c.document, unused.c.open_minor)
    )  # fmt: skip
    found = connection.execute(wanted)
    return sum(-(int(open_minor) * int(vat) // int(amount)) for open_minor, vat, amount in found)


def _within(wanted: Select[Any], account: str, currency: str) -> Select[Any]:
    """Entries of the postings of an account in a currency."""
    posting = ledger_postings.c
    return wanted.join(ledger_postings, ledger_entries.c.posting == posting.id).where(
        posting.account == account, posting.currency == currency
    )
