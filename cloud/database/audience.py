"""Tables of counted reports, their sums and the acknowledged sequence numbers."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, String, Table, Text, UniqueConstraint

from cloud.database.columns import NAME, NUMBER, Instant, metadata
from wire.audience import BlindCause
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS

DWELL: Final = tuple(f"dwell_{bucket:02}" for bucket in range(len(DWELL_EDGES_MS) + 1))
ATTENTION: Final = tuple(f"attention_{bucket:02}" for bucket in range(len(ATTENTION_EDGES_MS) + 1))
BLIND: Final = tuple(f"blind_{cause}_ms" for cause in BlindCause)
BANDS: Final = ("banded_reports", "band_high_ms", "band_medium_ms", "band_low_ms")
"""Time by probability of looking, and how many reports contained it: without any it is unknown."""
SUMS: Final = (
    "reports",
    "interval_ms",
    "observed_ms",
    *BLIND,
    "person_ms",
    "facing_ms",
    "looking_ms",
    "unsure_ms",
    "entries",
    "visits",
    "onlookers",
    "dwell_ms",
    "frames_captured",
    "frames_dropped",
    "frames_analysed",
    *DWELL,
    *ATTENTION,
    *BANDS,
)
"""Columns of a tally that add; `peak` alone merges by maximum."""

CREATIVE_SUMS: Final = (
    "plays",
    "observed_ms",
    "person_ms",
    "facing_ms",
    "looking_ms",
    "unsure_ms",
)
"""Columns of a creative; all of them add."""


def sum_columns(*names: str) -> list[Column[int]]:
    """Columns of whole numbers that begin at zero."""
    return [Column(name, BigInteger, nullable=False, server_default="0") for name in names]


minute_tallies = Table(
    "minute_tallies",
    metadata,
    Column("location", NAME, primary_key=True),
    Column("minute_at", BigInteger, primary_key=True),  # seconds since 1970, a multiple of 60
    Column("device", NAME, primary_key=True),
    *sum_columns(*SUMS, "peak"),
    Index("ix_minute_tallies_minute_at", "minute_at"),
    sqlite_with_rowid=False,
)

hour_tallies = Table(
    "hour_tallies",  # the same sums by clock hour (UTC), written with the minutes
    metadata,
    Column("location", NAME, primary_key=True),
    Column("hour_at", BigInteger, primary_key=True),  # seconds since 1970, a multiple of 3600
    Column("device", NAME, primary_key=True),
    *sum_columns(*SUMS, "peak"),
    Index("ix_hour_tallies_hour_at", "hour_at"),
    sqlite_with_rowid=False,
)

minute_demographics = Table(
    "minute_demographics",
    metadata,
    Column("location", NAME, primary_key=True),
    Column("minute_at", BigInteger, primary_key=True),
    Column("device", NAME, primary_key=True),
    Column("age", String(16), primary_key=True),
    Column("gender", String(16), primary_key=True),
    *sum_columns("visits", "onlookers"),
    Index("ix_minute_demographics_minute_at", "minute_at"),
    sqlite_with_rowid=False,
)

minute_sensors = Table(
    "minute_sensors",
    metadata,
    Column("location", NAME, primary_key=True),
    Column("minute_at", BigInteger, primary_key=True),
    Column("device", NAME, primary_key=True),
    Column("sensor", String(64), primary_key=True),
    *sum_columns("samples", "total_milli", "least_milli", "most_milli"),
    sqlite_with_rowid=False,
)

hour_creatives = Table(
    "hour_creatives",  # of the same hours, the part of each creative
    metadata,
    Column("location", NAME, primary_key=True),
    Column("hour_at", BigInteger, primary_key=True),
    Column("device", NAME, primary_key=True),
    Column("creative", String(64), primary_key=True),  # `unknown`: not known what was shown
    *sum_columns(*CREATIVE_SUMS),
    Index("ix_hour_creatives_hour_at", "hour_at"),
    sqlite_with_rowid=False,
)

location_venues = Table(
    "location_venues",  # the venue type of each location, from the sites file
    metadata,
    Column("location", NAME, primary_key=True),
    Column("venue_type", String(64), nullable=False),
    sqlite_with_rowid=False,
)

report_streams = Table(
    "report_streams",  # up to where the reports of each stream are acknowledged
    metadata,
    Column("device", NAME, primary_key=True),
    Column("stream_id", String(16), primary_key=True),
    Column("location", NAME, nullable=False),  # of its newest message
    Column(
        "through", BigInteger, nullable=False
    ),  # every sequence number up to here is acknowledged
    Column("received_ranges", Text, nullable=False),  # ranges beyond a gap: [[first, last], ...]
    Column("acknowledged_at", Instant, nullable=False),
    Column("through_at", Instant),  # when the report at `through` ended; null: not known
    sqlite_with_rowid=False,
)

reports = Table(
    "reports",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("device", NAME, nullable=False),
    Column("stream_id", String(16), nullable=False),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("location", NAME, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("body", Text, nullable=False),  # the report's own JSON, for the lake
    UniqueConstraint(
        "device", "stream_id", "first_sequence", name="uq_reports_identity"
    ),  # SQLite's
    Index("ix_reports_received_at", "received_at"),
    Index("ix_reports_identity", "device", "stream_id", "first_sequence").ddl_if(
        dialect="postgresql"  # whose partitions lack the unique constraint
    ),
)

lost_sequences = Table(
    "lost_sequences",  # acknowledged sequence numbers whose reports are not in this database
    metadata,
    Column("device", NAME, primary_key=True),
    Column("stream_id", String(16), primary_key=True),
    Column("first_sequence", BigInteger, primary_key=True),
    Column("last_sequence", BigInteger, nullable=False),
    Column("location", NAME, nullable=False),
    Column("noticed_at", Instant, nullable=False),
)

location_updates = Table(
    "location_updates",  # when reports were last counted at a location, and from which minute on
    metadata,
    Column("location", NAME, primary_key=True),
    Column("changed_at", Instant, nullable=False, index=True),
    Column("minute_at", BigInteger, nullable=False),  # earliest minute of the last batch
    sqlite_with_rowid=False,
)

stream_positions = Table(
    "stream_positions",  # up to where a Kinesis shard was read; losing it only repeats messages
    metadata,
    Column("stream", String(128), primary_key=True),
    Column("shard", String(128), primary_key=True),
    Column("sequence", String(128), nullable=False),
    sqlite_with_rowid=False,
)
