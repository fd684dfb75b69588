"""Tables of campaigns: creatives, logged plays, guarantees, tests of creatives and make-goods."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from cloud.database.columns import (
    NAME,
    NUMBER,
    Instant,
    metadata,
)

ID: Final = String(32)
ACCOUNT: Final = String(120)
PERSON: Final = String(120)

creatives = Table(
    "creatives",
    metadata,
    Column("id", ID, primary_key=True),
    Column("account", ACCOUNT, nullable=False),
    Column("name", String(64), nullable=False),  # as the player reports it
    Column("sha256", String(64), nullable=False),  # of the file, or of its reference
    Column("reference", String(500)),  # where the file is; null: not stated
    Column("media_type", String(80), nullable=False),
    Column("width_px", Integer, nullable=False),
    Column("height_px", Integer, nullable=False),
    Column("duration_ms", Integer),  # null: a still picture
    Column("categories", Text, nullable=False),  # JSON: categories of content
    Column("status", String(10), nullable=False),
    Column("reason", String(300)),  # of a rejection
    Column("created_at", Instant, nullable=False),
    Column("created_by", PERSON, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", PERSON),
    Index("uq_creatives_name", "account", "name", unique=True),
    Index("ix_creatives_status", "status", "created_at", "id"),
    Index("ix_creatives_created_at", "account", "created_at", "id"),
)

play_imports = Table(
    "play_imports",  # each file or request of a play log
    metadata,
    Column("id", ID, primary_key=True),
    Column("source", String(16), nullable=False),
    Column("sha256", String(64), nullable=False),  # of the content
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", PERSON, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("stored", Integer, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("reasons", Text, nullable=False),  # JSON: reason -> rows
)

logged_plays = Table(
    "logged_plays",  # one play of one creative, by the log of a player
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("play_key", String(64), nullable=False),  # digest of screen, creative and start
    Column("play_ref", String(120)),  # of the player, unique for ever; null: it gives none
    Column("location", NAME, nullable=False),
    Column("creative", String(64), nullable=False),
    Column("line", NAME, nullable=False),  # empty: the log does not name it
    Column("started_at", Instant, nullable=False),
    Column("offset_minutes", Integer, nullable=False),  # of the log's clock from UTC
    Column("duration_ms", Integer),
    Column("source", String(16), nullable=False),
    Column("import_id", ID, nullable=False),
    Index("uq_logged_plays_key", "play_key", unique=True),
    Index("uq_logged_plays_ref", "play_ref", unique=True),
    Index("ix_logged_plays_location", "location", "started_at"),
)

logged_hours = Table(
    "logged_hours",  # the same by hour, written with the plays
    metadata,
    Column("location", NAME, primary_key=True),
    Column("hour_at", BigInteger, primary_key=True),  # seconds since 1970, a multiple of 3600
    Column("creative", String(64), primary_key=True),
    Column("line", NAME, primary_key=True),
    Column("plays", BigInteger, nullable=False),
    Index("ix_logged_hours_hour_at", "hour_at"),
    sqlite_with_rowid=False,
)

logged_periods = Table(
    "logged_periods",  # the time of which a log has every play of a screen
    metadata,
    Column("location", NAME, primary_key=True),
    Column("starts_at", Instant, primary_key=True),
    Column("ends_at", Instant, primary_key=True),
    Column("import_id", ID, nullable=False),
    sqlite_with_rowid=False,
)

line_guarantees = Table(
    "line_guarantees",  # what was promised for a line, beside its booked plays
    metadata,
    Column("line_id", NAME, primary_key=True),
    Column("metric", String(12), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("measured_only", Boolean, nullable=False),  # estimated audience does not count
    Column("set_at", Instant, nullable=False),
    Column("set_by", PERSON, nullable=False),
)

creative_tests = Table(
    "creative_tests",
    metadata,
    Column("id", ID, primary_key=True),
    Column("account", ACCOUNT, nullable=False),
    Column("name", String(120), nullable=False),
    Column("creatives", Text, nullable=False),  # JSON: names, the first is the control
    Column("locations", Text, nullable=False),  # JSON: ids
    Column("assignment_key", String(64), nullable=False),  # hexadecimal
    Column("alpha_ppm", Integer, nullable=False),  # probability of a false positive, in millionths
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("stopped_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("created_by", PERSON, nullable=False),
    Index("ix_creative_tests_created_at", "account", "created_at", "id"),
)

make_goods = Table(
    "make_goods",
    metadata,
    Column("id", ID, primary_key=True),
    Column("line_id", NAME, nullable=False),
    Column("account", ACCOUNT, nullable=False),
    Column("metric", String(12), nullable=False),
    Column("booked", BigInteger, nullable=False),
    Column("delivered", BigInteger, nullable=False),
    Column("delivered_low", BigInteger, nullable=False),  # P10
    Column("delivered_high", BigInteger, nullable=False),  # P90
    Column("remedy", String(10), nullable=False),  # credit or line
    Column("credit_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", String(10), nullable=False),
    Column("reason", Text, nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("proposed_by", PERSON, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", PERSON),
    Column("decision", String(300)),
    Column("settled_at", Instant),
    Column("settled_by_document", String(64)),  # the credit note or the new line
    Index("ix_make_goods_status", "status", "proposed_at", "id"),
    Index("ix_make_goods_line", "line_id"),
)
