"""Add users, their sessions and their single-use tokens."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0037"
down_revision: Final = "0036"

ID: Final = sa.String(32)
DIGEST: Final = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", ID, primary_key=True),
        sa.Column("email", sa.String(254), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("roles", sa.String(120), nullable=False),
        sa.Column("manages_users", sa.Boolean, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("openid_subject", DIGEST, unique=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
    )
    op.create_index("ix_users_account", "users", ["account"])
    op.create_table(
        "user_sessions",
        sa.Column("digest", DIGEST, primary_key=True),
        sa.Column("user", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_user_sessions_user", "user_sessions", ["user"])
    op.create_index("ix_user_sessions_expires_at", "user_sessions", ["expires_at"])
    op.create_table(
        "user_tokens",
        sa.Column("digest", DIGEST, primary_key=True),
        sa.Column("user", ID, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_user_tokens_user", "user_tokens", ["user"])
