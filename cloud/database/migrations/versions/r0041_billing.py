"""Add billing: documents, their numbers, the ledger, and payments."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0041"
down_revision: Final = "0040"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NAME: Final = sa.String(63)
ACCOUNT: Final = sa.String(40)
CURRENCY: Final = sa.String(3)
DOCUMENT_ID: Final = sa.String(32)


def upgrade() -> None:
    _create_documents()
    _create_ledger()
    _create_payments()


def _create_documents() -> None:
    op.create_table(
        "billing_documents",
        sa.Column("id", DOCUMENT_ID, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("account", ACCOUNT, nullable=False),
        sa.Column("payer", ACCOUNT, nullable=False),
        sa.Column("order_id", NAME, nullable=False),
        sa.Column("period_from", sa.Date, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("supplied_until", sa.BigInteger, nullable=False),
        sa.Column("corrects", DOCUMENT_ID),
        sa.Column("series", sa.String(16)),
        sa.Column("year", sa.Integer),
        sa.Column("sequence", sa.Integer),
        sa.Column("number", sa.String(40)),
        sa.Column("currency", CURRENCY, nullable=False),
        sa.Column("net_minor", sa.BigInteger, nullable=False),
        sa.Column("vat_minor", sa.BigInteger, nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("issued_on", sa.Date),
        sa.Column("due_on", sa.Date),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("reason", sa.String(200)),
        sa.Column("requested_by", sa.String(120), nullable=False),
        sa.Column("decided_by", sa.String(120)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("series", "year", "sequence", name="uq_billing_documents_sequence"),
    )
    op.create_index("ix_billing_documents_order", "billing_documents", ["order_id", "period_from"])
    op.create_index("ix_billing_documents_account", "billing_documents", ["account", "created_at"])
    op.create_index("ix_billing_documents_corrects", "billing_documents", ["corrects"])
    op.create_table(
        "document_numbers",
        sa.Column("series", sa.String(16), primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cpm_contracts",
        sa.Column("line_id", NAME, primary_key=True),
        sa.Column("price_minor", sa.BigInteger, nullable=False),
        sa.Column("multiplier", sa.String(24), nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    invoice = sa.text("kind = 'invoice'")
    op.create_index(
        "uq_billing_documents_invoice",
        "billing_documents",
        ["order_id", "period_from", "part"],
        unique=True,
        sqlite_where=invoice,
        postgresql_where=invoice,
    )


def _create_ledger() -> None:
    op.create_table(
        "ledger_postings",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("reference", sa.String(120), nullable=False, unique=True),
        sa.Column("account", ACCOUNT, nullable=False),
        sa.Column("currency", CURRENCY, nullable=False),
        sa.Column("posted_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ledger_postings_account", "ledger_postings", ["account", "currency"])
    op.create_table(
        "ledger_entries",
        sa.Column("posting", NUMBER, sa.ForeignKey("ledger_postings.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("book", sa.String(16), nullable=False),
        sa.Column("document", sa.String(70), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_ledger_entries_document", "ledger_entries", ["document"])


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account", ACCOUNT, nullable=False),
        sa.Column("document", sa.String(70), nullable=False),
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("reference", sa.String(120)),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", CURRENCY, nullable=False),
        sa.Column("refunded_minor", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("failure", sa.String(200)),
        sa.Column("next_url", sa.String(500)),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("provider", "reference", name="uq_payments_reference"),
    )
    op.create_index("ix_payments_account", "payments", ["account", "created_at"])
    op.create_index("ix_payments_document", "payments", ["document"])
    op.create_table(
        "payment_calls",
        sa.Column("payment", sa.String(32), sa.ForeignKey("payments.id"), primary_key=True),
        sa.Column("action", sa.String(16), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("method", sa.String(120)),
        sa.Column("outcome", sa.String(16)),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_table(
        "provider_refunds",
        sa.Column("provider", sa.String(16), primary_key=True),
        sa.Column("reference", sa.String(120), primary_key=True),
        sa.Column("payment", sa.String(32), sa.ForeignKey("payments.id"), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "provider_events",
        sa.Column("provider", sa.String(16), primary_key=True),
        sa.Column("event_id", sa.String(120), primary_key=True),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
