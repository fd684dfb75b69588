"""Add the queue of recommended retail prices, approved prices and experiments on prices."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0056"
down_revision: Final = "0055"

ID: Final = sa.String(32)
NAME: Final = sa.String(63)
PERSON: Final = sa.String(120)
REASON: Final = sa.String(300)


def upgrade() -> None:
    _add_recommendations()
    _add_prices()
    _add_experiments()


def _add_recommendations() -> None:
    op.create_table(
        "retail_recommendations",
        sa.Column("id", ID, primary_key=True),
        sa.Column("batch", ID, nullable=False),
        sa.Column("product", NAME, nullable=False),
        sa.Column("store", NAME, nullable=False),
        sa.Column("region", NAME, nullable=False),
        sa.Column("category", sa.String(120), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("current_minor", sa.BigInteger, nullable=False),
        sa.Column("price_minor", sa.BigInteger, nullable=False),
        sa.Column("margin_change_minor", sa.BigInteger),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("proposed_by", PERSON, nullable=False),
        sa.Column("proposed_at", sa.BigInteger, nullable=False),
        sa.Column("valid_until", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("decided_by", PERSON),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decided_minor", sa.BigInteger),
        sa.Column("reason", REASON),
    )
    table = "retail_recommendations"
    op.create_index("ix_retail_recommendations_state", table, ["state", "proposed_at"])
    op.create_index("ix_retail_recommendations_batch", table, ["batch"])
    _add_partial("uq_retail_recommendations_proposed", table, ["product", "store"], "proposed")


def _add_prices() -> None:
    op.create_table(
        "retail_prices",
        sa.Column("id", ID, primary_key=True),
        sa.Column("product", NAME, nullable=False),
        sa.Column("store", NAME, nullable=False),
        sa.Column("price_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger),
        sa.Column("layer", sa.String(12), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("recommendation", ID),
        sa.Column("experiment", ID),
        sa.Column("batch", ID, nullable=False),
        sa.Column("rolls_back", ID),
        sa.Column("reason", REASON),
        sa.Column("approved_by", PERSON, nullable=False),
        sa.Column("approved_at", sa.BigInteger, nullable=False),
        sa.Column("activated_at", sa.BigInteger),
        sa.Column("state_reason", REASON),
    )
    table = "retail_prices"
    op.create_index("ix_retail_prices_path", table, ["product", "store", "starts_at"])
    op.create_index("ix_retail_prices_due", table, ["state", "starts_at"])
    op.create_index("ix_retail_prices_batch", table, ["batch"])
    op.create_index("ix_retail_prices_experiment", table, ["experiment"])
    _add_partial("uq_retail_prices_active", table, ["product", "store", "layer"], "active")


def _add_experiments() -> None:
    op.create_table(
        "retail_experiments",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", PERSON, nullable=False),
        sa.Column("products", sa.Text, nullable=False),
        sa.Column("change_bp", sa.Integer, nullable=False),
        sa.Column("assignment", sa.Text, nullable=False),
        sa.Column("stores", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("alpha_ppm", sa.Integer, nullable=False),
        sa.Column("harm_limit_bp", sa.Integer, nullable=False),
        sa.Column("pre_from_on", sa.Date, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("stopped_at", sa.BigInteger),
        sa.Column("stopped_by", PERSON),
        sa.Column("stop_reason", REASON),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", PERSON, nullable=False),
    )
    op.create_index("ix_retail_experiments_created_at", "retail_experiments", ["created_at", "id"])


def _add_partial(name: str, table: str, columns: list[str], state: str) -> None:
    where = sa.text(f"state = '{state}'")
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)
