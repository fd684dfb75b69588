"""Create the tables of the first version with migrations.

Before that, every program created the tables that it used. A database from that time has some of
these tables and no revision: existing tables are checked and left, missing ones are created.
"""

from typing import Any, Final

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Inspector,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    text,
)

from cloud.database.engine import DatabaseError

revision: Final = "0001"
down_revision: Final = None

INSTANT: Final = BigInteger
NAME: Final = String(63)
NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")
SUMS: Final = (
    "reports interval_ms observed_ms blind_offline_ms blind_dark_ms blind_overexposed_ms "
    "blind_blurred_ms blind_flat_ms blind_frozen_ms blind_obstructed_ms blind_moved_ms "
    "blind_paused_ms person_ms facing_ms looking_ms unsure_ms entries visits onlookers dwell_ms "
    "frames_captured frames_dropped frames_analysed dwell_00 dwell_01 dwell_02 dwell_03 dwell_04 "
    "dwell_05 dwell_06 dwell_07 dwell_08 dwell_09 dwell_10 dwell_11 dwell_12 dwell_13 dwell_14 "
    "attention_00 attention_01 attention_02 attention_03 attention_04 attention_05 attention_06 "
    "attention_07 attention_08 attention_09 attention_10 attention_11 attention_12 peak"
)

tables = MetaData()


def upgrade() -> None:
    """Make what is missing, once what is there proves to be ours."""
    connection = op.get_bind()
    found = inspect(connection)
    for strange in filter(None, (_strange(found, name) for name in found.get_table_names())):
        raise DatabaseError(strange)
    tables.create_all(connection)


def _strange(found: Inspector, name: str) -> str | None:
    if name not in tables.tables:
        return None
    wanted = {column.name for column in tables.tables[name].columns}
    there = {column["name"] for column in found.get_columns(name)}
    if wanted == there:
        return None
    return (
        f"the table {name} is not one of ours: missing {sorted(wanted - there)}, unknown "
        f"{sorted(there - wanted)}. Give a database of its own, or move that table away"
    )


def _sums(names: str) -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False, server_default="0") for name in names.split()]


def _required(kind: type[Any], names: str) -> list[Column[Any]]:
    return [Column(name, kind, nullable=False) for name in names.split()]


# what was counted

for period in ("minute", "hour"):
    Table(
        f"{period}_tallies",
        tables,
        Column("location", NAME, primary_key=True),
        Column(f"{period}_at", BigInteger, primary_key=True),
        Column("device", NAME, primary_key=True),
        *_sums(SUMS),
        Index(f"ix_{period}_tallies_{period}_at", f"{period}_at"),
        sqlite_with_rowid=False,
    )
Table(
    "minute_demographics",
    tables,
    Column("location", NAME, primary_key=True),
    Column("minute_at", BigInteger, primary_key=True),
    Column("device", NAME, primary_key=True),
    Column("age", String(16), primary_key=True),
    Column("gender", String(16), primary_key=True),
    *_sums("visits onlookers"),
    Index("ix_minute_demographics_minute_at", "minute_at"),
    sqlite_with_rowid=False,
)
Table(
    "minute_sensors",
    tables,
    Column("location", NAME, primary_key=True),
    Column("minute_at", BigInteger, primary_key=True),
    Column("device", NAME, primary_key=True),
    Column("sensor", String(64), primary_key=True),
    *_sums("samples total_milli least_milli most_milli"),
    sqlite_with_rowid=False,
)
Table(
    "places",
    tables,
    Column("location", NAME, primary_key=True),
    Column("venue_type", String(64), nullable=False),
    sqlite_with_rowid=False,
)
Table(
    "journals",
    tables,
    Column("device", NAME, primary_key=True),
    Column("journal", String(16), primary_key=True),
    Column("location", NAME, nullable=False),
    Column("through", BigInteger, nullable=False),
    Column("islands", Text, nullable=False),
    Column("settled_at", INSTANT, nullable=False),
    sqlite_with_rowid=False,
)
Table(
    "reports",
    tables,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("device", NAME, nullable=False),
    Column("journal", String(16), nullable=False),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("location", NAME, nullable=False),
    Column("starts_at", INSTANT, nullable=False),
    Column("received_at", INSTANT, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("device", "journal", "first_sequence", name="uq_reports_identity"),
    Index("ix_reports_received_at", "received_at"),
)
Table(
    "touched",
    tables,
    Column("location", NAME, primary_key=True),
    Column("changed_at", INSTANT, nullable=False, index=True),
    Column("minute_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Table(
    "checkpoints",
    tables,
    Column("stream", String(128), primary_key=True),
    Column("shard", String(128), primary_key=True),
    Column("sequence", String(128), nullable=False),
    sqlite_with_rowid=False,
)

# what went wrong, and who was told

Table(
    "dead_letters",
    tables,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("location", NAME),
    Column("device", NAME),
    Column("journal", String(16)),
    Column("first_sequence", BigInteger),
    Column("last_sequence", BigInteger),
    Column("claims", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    *_required(BigInteger, "payload_bytes times first_received_at last_received_at"),
    Column("replayed_at", INSTANT),
)
Table(
    "device_states",
    tables,
    Column("location", NAME, primary_key=True),
    Column("device", NAME, primary_key=True),
    Column("presence", String(16)),
    Column("presence_at", INSTANT),
    Column("heartbeat_at", INSTANT),
    Column("heartbeat_received_at", INSTANT),
    Column("heartbeat", Text),
    sqlite_with_rowid=False,
)
Table(
    "alarms",
    tables,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("location", NAME, nullable=False),
    Column("device", NAME, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("message", Text, nullable=False),
    Column("received_at", INSTANT, nullable=False),
    UniqueConstraint("location", "device", "kind", "state", "at", name="uq_alarms_identity"),
    Index("ix_alarms_at", "at"),
)
Table(
    "alerts",
    tables,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("kind", String(64), nullable=False),
    Column("location", NAME, nullable=False),
    Column("device", NAME, nullable=False),
    Column("raised_at", INSTANT, nullable=False),
    Column("cleared_at", INSTANT),
    Column("seen_at", INSTANT, nullable=False),
    Column("value", Float, nullable=False),
    Column("message", Text, nullable=False),
    Index("ix_alerts_raised_at", "raised_at"),
    Index(
        "uq_alerts_open",
        "kind",
        "location",
        "device",
        unique=True,
        sqlite_where=text("cleared_at IS NULL"),
        postgresql_where=text("cleared_at IS NULL"),
    ),
)
Table(
    "notices",
    tables,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("alert", BigInteger, nullable=False),
    Column("change", String(8), nullable=False),
    Column("recipient", String(64), nullable=False),
    Column("due_at", INSTANT, nullable=False),
    Column("told_at", INSTANT),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("failure", Text),
    UniqueConstraint("alert", "change", "recipient", name="uq_notices_identity"),
    Index("ix_notices_told_at", "told_at", "due_at"),
)

# the fleet

Table(
    "things",
    tables,
    Column("name", NAME, primary_key=True),
    Column("location", NAME, nullable=False),
    Column("kind", String(63), nullable=False),
    Column("serial", String(128), unique=True),
    Column("attributes", Text, nullable=False),
    Column("certificate", String(64)),
    Column("certificate_ends_at", INSTANT),
    Column("created_at", INSTANT, nullable=False),
    Column("retired_at", INSTANT),
    Index("ix_things_location", "location"),
)
Table(
    "thing_groups",
    tables,
    Column("name", NAME, primary_key=True),
    Column("thing", NAME, ForeignKey("things.name"), primary_key=True),
    Index("ix_thing_groups_thing", "thing"),
)
Table(
    "shadows",
    tables,
    Column("thing", NAME, primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("differs", Boolean, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    Column("deleted_at", INSTANT),
    Index("ix_shadows_drift", "name", "differs"),
)
Table(
    "jobs",
    tables,
    Column("id", String(64), primary_key=True),
    *_required(Text, "document rollout targets"),
    Column("told", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text),
    Column("created_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
)
Table(
    "job_executions",
    tables,
    Column("thing", NAME, primary_key=True),
    Column("job", String(64), ForeignKey("jobs.id"), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("times_out_at", BigInteger),
    Column("body", Text, nullable=False),
    Index("ix_job_executions_job", "job", "status"),
)
Table(
    "roster",
    tables,
    Column("serial", String(128), primary_key=True),
    Column("claim", NAME, nullable=False),
    Column("device", NAME, nullable=False, unique=True),
    Column("location", NAME, nullable=False),
    Column("groups", Text, nullable=False),
    Column("enrolled_at", INSTANT),
    Column("certificate", String(64)),
)
Table(
    "fleet_audit",
    tables,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("at", INSTANT, nullable=False),
    Column("who", String(128), nullable=False),
    Column("event", String(64), nullable=False),
    Column("thing", String(128)),
    Column("detail", Text, nullable=False),
    Index("ix_fleet_audit_thing", "thing", "id"),
)
Table(
    "fleet_outbox",
    tables,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    *_required(Text, "topic payload"),
)
Table(
    "enrolments",
    tables,
    Column("token_digest", String(64), primary_key=True),
    Column("device", NAME, nullable=False),
    Column("holder", String(128), nullable=False),
    Column("certificate", String(64), nullable=False),
    Column("certificate_ends_at", INSTANT, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("settled_at", INSTANT),
    Index("ix_enrolments_open", "settled_at", "created_at"),
)

# forecasts, keys and the log of changes

Table(
    "forecast_weeks",
    tables,
    Column("location", NAME, primary_key=True),
    Column("first_on", Date, primary_key=True),
    Column("model", String(40), nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("cutoff_at", INSTANT, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
Table(
    "forecast_scores",
    tables,
    Column("location", NAME, primary_key=True),
    Column("first_on", Date, primary_key=True),
    Column("measure", String(20), primary_key=True),
    Column("model", String(40), nullable=False),
    *_required(Float, "pinball absolute truth scaled inside below hours"),
)
Table(
    "forecast_models",
    tables,
    Column("network", NAME, primary_key=True),
    Column("trained_at", INSTANT, nullable=False),
    Column("body", Text, nullable=False),
)
Table(
    "api_keys",
    tables,
    Column("id", String(12), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("owner", String(80), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT),
    Column("revoked_at", INSTANT),
)
Table(
    "audit_log",
    tables,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", INSTANT, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("action", String(60), nullable=False),
    Column("object", String(120), nullable=False),
    Column("details", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
)
