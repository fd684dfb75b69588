"""The ledger: postings whose entries add up to zero, appended and never changed.

A posting belongs to one payer and one currency. Its reference names what is posted, such as
`final:INVOICE`, and is unique: nothing is posted twice. Debits are above zero, credits below. The
entries of the book `receivable` that name a document add up to what is still to be paid for it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Connection, case, func, select

from cloud import database
from cloud.database.billing import ledger_entries, ledger_postings

PREPAYMENT: Final = "order:"
"""Before the id of an order: the document of what is paid before there is an invoice."""


class Book(StrEnum):
    """The books of the ledger."""

    RECEIVABLE = "receivable"
    REVENUE = "revenue"
    COMMISSION = "commission"
    VAT = "vat"
    CASH = "cash"


class LedgerError(ValueError):
    """A posting that is not balanced, or that was posted before."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An amount in a book: a debit above zero, a credit below."""

    book: Book
    document: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Posting:
    """Entries that add up to zero."""

    reference: str
    account: str
    currency: str
    entries: tuple[LedgerEntry, ...]

    @property
    def digest(self) -> str:
        """Of all its values, for the audit log."""
        rows = [(one.book, one.document, one.amount_minor) for one in self.entries]
        words = (self.reference, self.account, self.currency, rows)
        return hashlib.sha256(msgspec.json.encode(words)).hexdigest()


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account still has to pay in a currency; below zero where it has paid too much."""

    account: str
    currency: str
    amount_minor: int


def add_posting(connection: Connection, posting: Posting, *, at: datetime) -> None:
    """Append a posting; raises LedgerError."""
    total = sum(one.amount_minor for one in posting.entries)
    if total or not posting.entries:
        raise LedgerError(
            f"the entries of {posting.reference} add up to {total}, expected 0: correct them"
        )
    row = {
        "reference": posting.reference, "account": posting.account,
        "currency": posting.currency, "posted_at": at,
    }  # fmt: skip
    insert = database.insert(connection.dialect.name, ledger_postings).values(row)
    new = connection.execute(
        insert.on_conflict_do_nothing(index_elements=["reference"]).returning(ledger_postings.c.id)
    ).scalar()
    if new is None:
        raise LedgerError(f"{posting.reference} is posted already: correct it with a new posting")
    rows = [
        {"posting": new, "position": place, "book": one.book.value,
         "document": one.document, "amount_minor": one.amount_minor}
        for place, one in enumerate(posting.entries)
    ]  # fmt: skip
    connection.execute(ledger_entries.insert(), rows)


def is_posted(connection: Connection, reference: str) -> bool:
    """Whether there is a posting with a reference."""
    wanted = select(ledger_postings.c.id).where(ledger_postings.c.reference == reference)
    return connection.execute(wanted).first() is not None


def read_open_minor(connection: Connection, document: str) -> int:
    """What is still to be paid for a document; below zero where more is paid than was billed."""
    columns = ledger_entries.c
    wanted = select(database.total(columns.amount_minor)).where(
        columns.document == document, columns.book == Book.RECEIVABLE.value
    )
    return int(connection.execute(wanted).scalar() or 0)


def read_balances(connection: Connection, account: str | None = None) -> Sequence[Balance]:
    """The balance of each account and currency, of one account or of all."""
    posting, entry = ledger_postings.c, ledger_entries.c
    wanted = (
        select(posting.account, posting.currency, database.total(entry.amount_minor))
        .join(ledger_entries, entry.posting == posting.id)
        .where(entry.book == Book.RECEIVABLE.value)
        .group_by(posting.account, posting.currency)
        .order_by(posting.account, posting.currency)
    )
    if account is not None:
        wanted = wanted.where(posting.account == account)
    return [Balance(*row) for row in connection.execute(wanted)]


def find_unbalanced(connection: Connection) -> Sequence[str]:
    """The references of postings whose entries do not add up to zero, or that have none."""
    posting, entry = ledger_postings.c, ledger_entries.c
    total = func.coalesce(database.total(entry.amount_minor), 0)
    wanted = (
        select(posting.reference)
        .join(ledger_entries, entry.posting == posting.id, isouter=True)
        .group_by(posting.id, posting.reference)
        .having(case((func.count(entry.posting) == 0, 1), else_=total) != 0)
        .order_by(posting.id)
    )
    return list(connection.execute(wanted).scalars())


def iterate_postings(connection: Connection) -> Iterator[Posting]:
    """Every posting, in the order in which they were appended."""
    posting, entry = ledger_postings.c, ledger_entries.c
    wanted = (
        select(posting.id, posting.reference, posting.account, posting.currency,
               entry.book, entry.document, entry.amount_minor)
        .join(ledger_entries, entry.posting == posting.id, isouter=True)
        .order_by(posting.id, entry.position)
    )  # fmt: skip
    entries: dict[int, list[LedgerEntry]] = {}
    heads = {}
    for row in connection.execute(wanted):
        heads[row.id] = row.reference, row.account, row.currency
        found = entries.setdefault(row.id, [])
        if row.book is not None:
            found.append(LedgerEntry(Book(row.book), row.document, row.amount_minor))
    for number, head in heads.items():
        yield Posting(*head, tuple(entries[number]))
