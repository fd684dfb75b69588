"""Tables of notifications: events, what each user receives of them, and preferences.

The unique keys make every event one event, and every event one notification of a user and channel,
however many processes find it.
"""

from typing import Final

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cloud.auth.keys import MAX_ACCOUNT
from cloud.database.columns import NUMBER, Instant, metadata

USER: Final = String(32)
KIND: Final = String(20)
CHANNEL: Final = String(8)
STATE: Final = String(10)
CLOCK: Final = String(5)

notice_events = Table(
    "notice_events",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("kind", KIND, nullable=False),
    Column("key", String(160), nullable=False),
    Column("subject", String(64), nullable=False),  # id of the object
    Column("account", String(MAX_ACCOUNT)),  # null: of no single account
    Column("at", Instant, nullable=False),
    Column("stale_at", Instant),  # null: never
    Column("title", String(160), nullable=False),
    Column("facts", Text, nullable=False),  # JSON: Fact
    Column("path", String(200), nullable=False),  # of the API
    Column("found_at", Instant, nullable=False),
    UniqueConstraint("kind", "key", name="uq_notice_events_key"),
    Index("ix_notice_events_subject", "subject", "kind"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("event", NUMBER, ForeignKey("notice_events.id"), nullable=False),
    Column("user", USER, nullable=False),
    Column("channel", CHANNEL, nullable=False),
    Column("mode", String(10), nullable=False),  # immediate, digest
    Column("state", STATE, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("next_at", Instant, nullable=False),  # of the next attempt
    Column("leased_until_at", Instant),  # a process is sending it
    Column("attempts", Integer, nullable=False),
    Column("batch", String(32)),  # what is sent as one message
    Column("sent_at", Instant),
    Column("failure", String(200)),
    UniqueConstraint("event", "user", "channel", name="uq_notices_recipient"),
    Index("ix_notices_waiting", "state", "next_at"),
    Index("ix_notices_user", "user", "channel", "sent_at"),
)

notice_settings = Table(
    "notice_settings",
    metadata,
    Column("user", USER, primary_key=True),
    Column("time_zone", String(64), nullable=False),
    Column("quiet_from", CLOCK),  # null: no quiet hours
    Column("quiet_until", CLOCK),
    Column("digest_at", CLOCK, nullable=False),
    Column("phone", String(16)),
    Column("webhook", String(500)),
    Column("webhook_secret", String(64)),
    Column("webhook_disabled_at", Instant),
    Column("choices", Text, nullable=False),  # JSON: kind -> channel -> mode
    Column("unsubscribe_secret", String(64), nullable=False),
    Column("changed_at", Instant, nullable=False),
)
