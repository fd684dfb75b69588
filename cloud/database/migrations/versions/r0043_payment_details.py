"""Add the VAT of a payment, addresses of any length, and an index to delete old webhooks by."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0043"
down_revision: Final = "0041"


def upgrade() -> None:
    op.add_column("payments", sa.Column("vat_minor", sa.BigInteger))
    _widen_next_url()
    op.create_index("ix_provider_events_received", "provider_events", ["received_at"])


def _widen_next_url() -> None:
    """Other tables refer to `payments`, so SQLite gets another column in place of the table."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("payments", "next_url", type_=sa.Text)
        return
    op.execute("ALTER TABLE payments RENAME COLUMN next_url TO next_url_before")
    op.add_column("payments", sa.Column("next_url", sa.Text))
    op.execute("UPDATE payments SET next_url = next_url_before")
    op.execute("ALTER TABLE payments DROP COLUMN next_url_before")
