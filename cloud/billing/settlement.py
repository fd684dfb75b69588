"""What an account has settled of its orders: payments less VAT, and credits."""

from sqlalchemy import Connection, and_, or_, select

from cloud import database
from cloud.billing.ledger import Book
from cloud.database.billing import ledger_entries, ledger_postings


def read_paid(connection: Connection, account: str, currency: str) -> int:
    """Cash that was received, less the VAT that was billed, and revenue that was credited.

    The price of what is sold, less this, is what the account owes without commission and with the
    VAT of its invoices.
    """
    posting, entry = ledger_postings.c, ledger_entries.c
    is_credit = and_(entry.book == Book.REVENUE.value, entry.amount_minor > 0)
    is_settled = or_(entry.book.in_([Book.CASH.value, Book.VAT.value]), is_credit)
    wanted = (
        select(database.total(entry.amount_minor))
        .join(ledger_postings, entry.posting == posting.id)
        .where(posting.account == account, posting.currency == currency, is_settled)
    )
    return int(connection.execute(wanted).scalar() or 0)
