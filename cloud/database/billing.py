"""Tables of billing: invoices and credit notes, their numbers, the ledger, payments.

A final document, a posting and an entry are never changed. Amounts are whole minor units.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cloud.database.columns import NAME, NUMBER, Instant, metadata

ACCOUNT: Final = String(40)
CURRENCY: Final = String(3)
DOCUMENT_ID: Final = String(32)

billing_documents = Table(
    "billing_documents",  # invoices, and the credit notes that correct them
    metadata,
    Column("id", DOCUMENT_ID, primary_key=True),
    Column("kind", String(16), nullable=False),  # invoice or credit_note
    Column("status", String(16), nullable=False),  # tentative, requested, final or rejected
    Column("account", ACCOUNT, nullable=False),  # that orders
    Column("payer", ACCOUNT, nullable=False),  # that pays: the agency, or the account itself
    Column("order_id", NAME, nullable=False),
    Column("period_from", Date, nullable=False),  # first day of a month of the seller's clock
    Column("part", Integer, nullable=False),  # 1; 2, 3, ... bill what was added after it
    Column("supplied_until", Instant, nullable=False),  # end of the last slot of its lines
    Column("corrects", DOCUMENT_ID),  # the invoice of a credit note
    Column("series", String(16)),  # null until it is final
    Column("year", Integer),
    Column("sequence", Integer),
    Column("number", String(40)),
    Column("currency", CURRENCY, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("vat_minor", BigInteger, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("issued_on", Date),
    Column("due_on", Date),
    Column("body", Text, nullable=False),  # JSON: BillingDocument
    Column("reason", String(200)),  # of a credit note
    Column("requested_by", String(120), nullable=False),
    Column("decided_by", String(120)),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("series", "year", "sequence", name="uq_billing_documents_sequence"),
    Index("ix_billing_documents_order", "order_id", "period_from"),
    Index("ix_billing_documents_account", "account", "created_at"),
    Index("ix_billing_documents_corrects", "corrects"),
)
Index(
    "uq_billing_documents_invoice",  # one invoice of an order, a month and a part
    billing_documents.c.order_id,
    billing_documents.c.period_from,
    billing_documents.c.part,
    unique=True,
    sqlite_where=billing_documents.c.kind == "invoice",
    postgresql_where=billing_documents.c.kind == "invoice",
)

document_numbers = Table(
    "document_numbers",  # the last number of each series and year
    metadata,
    Column("series", String(16), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
    sqlite_with_rowid=False,
)

cpm_contracts = Table(
    "cpm_contracts",  # order lines that are paid by the thousand impressions
    metadata,
    Column("line_id", NAME, primary_key=True),
    Column("price_minor", BigInteger, nullable=False),  # of a thousand impressions
    Column("multiplier", String(24), nullable=False),  # booked impressions of a play, a decimal
    Column("most_impressions", String(24)),  # of the whole line, a decimal; null: no limit
    Column("created_by", String(120), nullable=False),
    Column("created_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

ledger_postings = Table(
    "ledger_postings",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("reference", String(120), nullable=False, unique=True),  # of what is posted, once
    Column("account", ACCOUNT, nullable=False),
    Column("currency", CURRENCY, nullable=False),
    Column("posted_at", Instant, nullable=False),
    Index("ix_ledger_postings_account", "account", "currency"),
    sqlite_autoincrement=True,  # a deleted number is not used again
)

ledger_entries = Table(
    "ledger_entries",  # the entries of a posting add up to zero
    metadata,
    Column("posting", NUMBER, ForeignKey("ledger_postings.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("book", String(16), nullable=False),  # receivable, revenue, commission, vat, cash
    Column("document", String(70), nullable=False),  # an invoice, or order:ID for a prepayment
    Column("amount_minor", BigInteger, nullable=False),  # debit above zero, credit below
    Index("ix_ledger_entries_document", "document"),
)

payments = Table(
    "payments",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account", ACCOUNT, nullable=False),  # that pays
    Column("document", String(70), nullable=False),  # an invoice, or order:ID
    Column("provider", String(16), nullable=False),
    Column("reference", String(120)),  # the provider's id; null until it has answered
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", CURRENCY, nullable=False),
    Column("vat_minor", BigInteger),  # part of the amount; null in payments before there was this
    Column("refunded_minor", BigInteger, nullable=False),
    Column("status", String(24), nullable=False),
    Column("failure", String(200)),  # of the last attempt
    Column("next_url", Text),  # where the payer completes the payment
    Column("created_by", String(120), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("provider", "reference", name="uq_payments_reference"),
    Index("ix_payments_account", "account", "created_at"),
    Index("ix_payments_document", "document"),
)

payment_calls = Table(
    "payment_calls",  # each call of a provider, stored before it is sent
    metadata,
    Column("payment", String(32), ForeignKey("payments.id"), primary_key=True),
    Column("action", String(16), primary_key=True),  # create, confirm, capture or refund
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("method", String(120)),  # the provider's id of a payment method
    Column("outcome", String(16)),  # done, refused or expired; null: open
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

provider_refunds = Table(
    "provider_refunds",
    metadata,
    Column("provider", String(16), primary_key=True),
    Column("reference", String(120), primary_key=True),  # the provider's id
    Column("payment", String(32), ForeignKey("payments.id"), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),  # pending, succeeded or failed
    Column("changed_at", Instant, nullable=False),
)

provider_events = Table(
    "provider_events",  # webhooks that were received, so that none is applied twice
    metadata,
    Column("provider", String(16), primary_key=True),
    Column("event_id", String(120), primary_key=True),
    Column("kind", String(60), nullable=False),
    Column("digest", String(64), nullable=False),  # of what is read of its content
    Column("outcome", String(40), nullable=False),
    Column("received_at", Instant, nullable=False),
    Index("ix_provider_events_received", "received_at"),
    sqlite_with_rowid=False,
)
