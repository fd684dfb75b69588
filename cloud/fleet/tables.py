"""The fleet's tables, in the database of the cloud. JSON is stored as text."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from cloud.database import Instant, metadata

_name: Final = String(63)
_number: Final = BigInteger().with_variant(Integer, "sqlite")

device_table = Table(
    "devices",
    metadata,
    Column("name", _name, primary_key=True),
    Column("location", _name, nullable=False),
    Column("kind", String(63), nullable=False),  # "camera", "simulator"
    Column("serial", String(128), unique=True),  # the factory's, when it enrolled by claim
    Column("attributes", Text, nullable=False),
    Column("certificate", String(64)),  # serial number of the newest one
    Column("certificate_ends_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
    Index("ix_devices_location", "location"),
)

device_groups = Table(
    "device_groups",
    metadata,
    Column("name", _name, primary_key=True),
    Column("device", _name, ForeignKey("devices.name"), primary_key=True),
    Index("ix_device_groups_device", "device"),
)

shadows = Table(
    "shadows",
    metadata,
    Column("device", _name, primary_key=True),
    Column("name", String(64), primary_key=True),  # "" is the classic shadow
    Column("version", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("differs", Boolean, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    Index("ix_shadows_drift", "name", "differs"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("document", Text, nullable=False),
    Column("rollout", Text, nullable=False),
    Column("targets", Text, nullable=False),  # devices not yet notified, in order
    Column("notified", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

executions = Table(
    "job_executions",
    metadata,
    Column("device", _name, primary_key=True),
    Column("job", String(64), ForeignKey("jobs.id"), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("times_out_at", BigInteger),
    Column("body", Text, nullable=False),
    Index("ix_job_executions_job", "job", "status"),
)

allow_list_table = Table(
    "enrolment_allow_list",
    metadata,
    Column("serial", String(128), primary_key=True),
    Column("claim", _name, nullable=False),  # which claim may enrol it
    Column("device", _name, nullable=False, unique=True),
    Column("location", _name, nullable=False),
    Column("groups", Text, nullable=False),
    Column("enrolled_at", Instant),
    Column("certificate", String(64)),
)

fleet_audit = Table(
    "fleet_audit",
    metadata,
    Column("id", _number, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("who", String(128), nullable=False),
    Column("event", String(64), nullable=False),
    Column("device", String(128)),
    Column("detail", Text, nullable=False),
    Index("ix_fleet_audit_device", "device", "id"),
)

fleet_outbox = Table(
    "fleet_outbox",
    metadata,
    Column("id", _number, primary_key=True, autoincrement=True),
    Column("topic", Text, nullable=False),
    Column("payload", Text, nullable=False),
)
"""Messages of commands, written in the transaction of the change; the service publishes them."""

enrolments = Table(
    "enrolments",
    metadata,
    Column("token_digest", String(64), primary_key=True),  # SHA-256; the token itself is not stored
    Column("device", _name, nullable=False),
    Column("holder", String(128), nullable=False),  # the certificate that asked
    Column("certificate", String(64), nullable=False),
    Column("certificate_ends_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),  # registered, or withdrawn
    Index("ix_enrolments_open", "closed_at", "created_at"),
)
