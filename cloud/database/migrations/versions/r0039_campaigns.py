"""Add creatives, logged plays, guarantees, tests of creatives and make-goods."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0039"
down_revision: Final = "0038"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ID: Final = sa.String(32)
NAME: Final = sa.String(63)
TEXT: Final = sa.String(120)
CREATIVE: Final = sa.String(64)


def upgrade() -> None:
    _create_creatives()
    _create_plays()
    _create_tests()
    _create_make_goods()


def _create_creatives() -> None:
    op.create_table(
        "creatives",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("name", CREATIVE, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(500)),
        sa.Column("media_type", sa.String(80), nullable=False),
        sa.Column("width_px", sa.Integer, nullable=False),
        sa.Column("height_px", sa.Integer, nullable=False),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("categories", sa.Text, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(300)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decided_by", TEXT),
    )
    op.create_index("uq_creatives_name", "creatives", ["account", "name"], unique=True)
    op.create_index("ix_creatives_status", "creatives", ["status", "created_at", "id"])
    op.create_index("ix_creatives_created_at", "creatives", ["account", "created_at", "id"])


def _create_plays() -> None:
    op.create_table(
        "play_imports",
        sa.Column("id", ID, primary_key=True),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("imported_at", sa.BigInteger, nullable=False),
        sa.Column("imported_by", TEXT, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("rows", "stored", "duplicates", "refused")
        ),
        sa.Column("reasons", sa.Text, nullable=False),
    )
    op.create_table(
        "logged_plays",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("play_key", sa.String(64), nullable=False),
        sa.Column("play_ref", TEXT),
        sa.Column("location", NAME, nullable=False),
        sa.Column("creative", CREATIVE, nullable=False),
        sa.Column("line", NAME, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("offset_minutes", sa.Integer, nullable=False),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("import_id", ID, nullable=False),
    )
    op.create_index("uq_logged_plays_key", "logged_plays", ["play_key"], unique=True)
    op.create_index("uq_logged_plays_ref", "logged_plays", ["play_ref"], unique=True)
    op.create_index("ix_logged_plays_location", "logged_plays", ["location", "started_at"])
    op.create_table(
        "logged_hours",
        sa.Column("location", NAME, primary_key=True),
        sa.Column("hour_at", sa.BigInteger, primary_key=True),
        sa.Column("creative", CREATIVE, primary_key=True),
        sa.Column("line", NAME, primary_key=True),
        sa.Column("plays", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_logged_hours_hour_at", "logged_hours", ["hour_at"])


def _create_tests() -> None:
    op.create_table(
        "line_guarantees",
        sa.Column("line_id", NAME, primary_key=True),
        sa.Column("metric", sa.String(12), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("measured_only", sa.Boolean, nullable=False),
        sa.Column("set_at", sa.BigInteger, nullable=False),
        sa.Column("set_by", TEXT, nullable=False),
    )
    op.create_table(
        "creative_tests",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("creatives", sa.Text, nullable=False),
        sa.Column("locations", sa.Text, nullable=False),
        sa.Column("assignment_key", sa.String(64), nullable=False),
        sa.Column("alpha_ppm", sa.Integer, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("stopped_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
    )
    op.create_index(
        "ix_creative_tests_created_at", "creative_tests", ["account", "created_at", "id"]
    )


def _create_make_goods() -> None:
    op.create_table(
        "make_goods",
        sa.Column("id", ID, primary_key=True),
        sa.Column("line_id", NAME, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("metric", sa.String(12), nullable=False),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("booked", "delivered", "delivered_low", "delivered_high")
        ),
        sa.Column("remedy", sa.String(10), nullable=False),
        sa.Column("credit_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("proposed_at", sa.BigInteger, nullable=False),
        sa.Column("proposed_by", TEXT, nullable=False),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decided_by", TEXT),
        sa.Column("decision", sa.String(300)),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("settled_by_document", sa.String(64)),
    )
    op.create_index("ix_make_goods_status", "make_goods", ["status", "proposed_at", "id"])
    op.create_index("ix_make_goods_line", "make_goods", ["line_id"])
