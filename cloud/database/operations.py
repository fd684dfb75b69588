"""Tables of dead letters, device status, alerts and notifications."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cloud.database.columns import NAME, NUMBER, Instant, metadata

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("digest", String(64), nullable=False, unique=True),  # of topic, kind and payload
    Column("kind", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("location", NAME),
    Column("device", NAME),
    Column("stream_id", String(16)),
    Column("first_sequence", BigInteger),
    Column("last_sequence", BigInteger),
    Column("claims", Integer, nullable=False),  # 1: it alone acknowledges its sequence numbers
    Column("payload", LargeBinary, nullable=False),
    Column("payload_bytes", BigInteger, nullable=False),  # before it was cut to a sample
    Column("times", BigInteger, nullable=False),
    Column("first_received_at", Instant, nullable=False),
    Column("last_received_at", Instant, nullable=False),
    Column("replayed_at", Instant),
    Index("ix_dead_letters_device", "device"),
)

quarantined_devices = Table(
    "quarantined_devices",  # devices whose failing messages are counted and no longer stored
    metadata,
    Column("location", NAME, primary_key=True),
    Column("device", NAME, primary_key=True),
    Column("since_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),  # its latest message that failed validation
    Column("messages", BigInteger, nullable=False),  # failed since then and not stored
    Column("reason", Text, nullable=False),  # why it was quarantined, with the latest failure
    Column("ended_at", Instant),  # null: in quarantine now
    sqlite_with_rowid=False,
)

device_status = Table(
    "device_status",
    metadata,
    Column("location", NAME, primary_key=True),
    Column("device", NAME, primary_key=True),
    Column("presence", String(16)),
    Column("presence_at", Instant),
    Column("heartbeat_at", Instant),  # as the device's clock says
    Column("heartbeat_received_at", Instant),
    Column("heartbeat", Text),
    sqlite_with_rowid=False,
)

device_alarms = Table(
    "device_alarms",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("location", NAME, nullable=False),
    Column("device", NAME, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("message", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("location", "device", "kind", "state", "at", name="uq_alarms_identity"),
    Index("ix_alarms_at", "at"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("kind", String(64), nullable=False),
    Column("location", NAME, nullable=False),
    Column("device", NAME, nullable=False),  # empty: the whole location
    Column("raised_at", Instant, nullable=False),
    Column("cleared_at", Instant),
    Column("last_held_at", Instant, nullable=False),  # when it last held
    Column("value", Float, nullable=False),
    Column("message", Text, nullable=False),
    Column("clearing_since_at", Instant),  # below its lower threshold without a break since then
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", String(120)),
    Column("acknowledged_note", Text),
    Column("closed_by", String(120)),  # null while open, and when the measure cleared it
    Column("close_reason", Text),
    Index("ix_alerts_raised_at", "raised_at"),
)
Index(
    "uq_alerts_open",  # one open alert of a kind for each location and camera
    alerts.c.kind,
    alerts.c.location,
    alerts.c.device,
    unique=True,
    sqlite_where=alerts.c.cleared_at.is_(None),
    postgresql_where=alerts.c.cleared_at.is_(None),
)

alert_changes = Table(
    "alert_changes",  # each change of an alert, as it happened; for the lake
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("alert", BigInteger, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("location", NAME, nullable=False),
    Column("device", NAME, nullable=False),  # empty: the whole location
    Column("change", String(16), nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("value", Float, nullable=False),  # of the measure, in the unit of the kind
    UniqueConstraint("alert", "change", name="uq_alert_changes_identity"),
    Index("ix_alert_changes_changed_at", "changed_at"),
    sqlite_autoincrement=True,  # a deleted number is not used again
)

alert_holds = Table(
    "alert_holds",  # conditions without an open alert that the next evaluation reads
    metadata,
    Column("kind", String(64), primary_key=True),
    Column("location", NAME, primary_key=True),
    Column("device", NAME, primary_key=True),
    Column("state", String(16), nullable=False),  # pending: not held long enough yet; closed: by
    Column("since_at", Instant, nullable=False),  # hand, not to be raised again before it ends
    sqlite_with_rowid=False,
)

alert_evaluations = Table(
    "alert_evaluations",  # when all cameras and locations were last evaluated; one row
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("evaluated_at", Instant, nullable=False),
)

alert_notifications = Table(
    "alert_notifications",  # one change of one alert for one recipient
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("alert", BigInteger, nullable=False),
    Column("change", String(8), nullable=False),  # raised or cleared
    Column("recipient", String(64), nullable=False),
    Column("due_at", Instant, nullable=False),  # of the next attempt
    Column("sent_at", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("failure", Text),
    Column("state", String(16), nullable=False, server_default="pending"),
    Column("batch", String(32)),  # notices of one message; fixed at its first attempt
    Column("leased_until_at", Instant),  # a process is delivering it until then
    UniqueConstraint("alert", "change", "recipient", name="uq_notices_identity"),
    Index("ix_notices_state", "state", "due_at"),
)

alert_mutes = Table(
    "alert_mutes",  # alerts that match are recorded, and notified when the mute ends
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("kind", String(64), nullable=False),  # a kind or the beginning of one; empty: all
    Column("location", NAME, nullable=False),  # empty: all
    Column("device", NAME, nullable=False),  # empty: all, and alerts of whole locations
    Column("reason", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("until_at", Instant, nullable=False),
    Column("ended_at", Instant),  # by hand, before `until_at`
    Column("ended_by", String(120)),
    Index("ix_alert_mutes_until_at", "until_at"),
)

recipient_status = Table(
    "recipient_status",  # recipients whose last delivery failed, and when the next one is tried
    metadata,
    Column("recipient", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),  # in a row
    Column("next_at", Instant, nullable=False),
    Column("failure", Text, nullable=False),
    Column("failed_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
