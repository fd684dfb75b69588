"""Add notifications: events, what users receive of them, preferences, and saved briefs."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0047"
down_revision: Final = "0049"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ID: Final = sa.String(32)
ACCOUNT: Final = sa.String(40)


def upgrade() -> None:
    _create_events()
    _create_notices()
    _create_settings()
    _create_briefs()


def _create_events() -> None:
    op.create_table(
        "notice_events",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key", sa.String(160), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("account", ACCOUNT),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("stale_at", sa.BigInteger),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("found_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("kind", "key", name="uq_notice_events_key"),
    )
    op.create_index("ix_notice_events_subject", "notice_events", ["subject", "kind"])


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("event", NUMBER, sa.ForeignKey("notice_events.id"), nullable=False),
        sa.Column("user", ID, nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("leased_until_at", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("batch", ID),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("failure", sa.String(200)),
        sa.UniqueConstraint("event", "user", "channel", name="uq_notices_recipient"),
    )
    op.create_index("ix_notices_waiting", "notices", ["state", "next_at"])
    op.create_index("ix_notices_user", "notices", ["user", "channel", "sent_at"])


def _create_settings() -> None:
    op.create_table(
        "notice_settings",
        sa.Column("user", ID, primary_key=True),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("quiet_from", sa.String(5)),
        sa.Column("quiet_until", sa.String(5)),
        sa.Column("digest_at", sa.String(5), nullable=False),
        sa.Column("phone", sa.String(16)),
        sa.Column("webhook", sa.String(500)),
        sa.Column("webhook_secret", sa.String(64)),
        sa.Column("webhook_disabled_at", sa.BigInteger),
        sa.Column("choices", sa.Text, nullable=False),
        sa.Column("unsubscribe_secret", sa.String(64), nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )


def _create_briefs() -> None:
    op.create_table(
        "saved_briefs",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account", ACCOUNT, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("plan", ID),
        sa.Column("planned_at", sa.BigInteger),
        sa.Column("judged_plan", ID),
        sa.Column("best_value", sa.Float),
    )
    op.create_index("ix_saved_briefs_account", "saved_briefs", ["account", "created_at"])
