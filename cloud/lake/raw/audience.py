"""Audience reports as typed columns: one row for each report, and one for each of its parts.

Figures that a report does not contain are null: unknown, not zero.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from cloud.database import ATTENTION, DWELL
from cloud.lake.tables import TIMESTAMP, LakeColumn, LakeTable, Zone
from wire.audience import (
    FORMER_UNKNOWN_CREATIVE,
    UNKNOWN_CREATIVE,
    AudienceReport,
    BlindCause,
)

INT64: Final = pa.int64()
KEY: Final = (
    LakeColumn("location", pa.string(), "location of the device"),
    LakeColumn("device", pa.string(), "device that sent the report"),
    LakeColumn("stream_id", pa.string(), "report stream of the device"),
    LakeColumn("first_sequence", INT64, "first sequence number that the report covers"),
    LakeColumn("starts_at", TIMESTAMP, "start of the interval"),
)
REPORT_RECEIVED_AT: Final = LakeColumn(
    "received_at", TIMESTAMP, "when its report was committed", nullable=True, since=2
)
"""Tells the parts of a report from those of the same report received again."""
SORT_BY: Final = ("location", "device", "starts_at", "stream_id", "first_sequence")

REPORT_COUNTS: Final = {
    "observed_ms": "time that the camera measured",
    "person_ms": "time of all people in view",
    "facing_ms": "of it, with the face towards the camera",
    "looking_ms": "of it, with the head pointing at the screen",
    "unsure_ms": "time of people whose head could not be measured",
    "entries": "people who came into view",
    "visits": "visits that ended",
    "onlookers": "of them, engaged: people who looked for a second or more",
    "peak": "most people in view at once",
    "dwell_ms": "time in view of all visits that ended",
}
BLIND_COLUMNS: Final = {cause: f"blind_{cause}_ms" for cause in BlindCause}
FRAME_COLUMNS: Final = ("frames_captured", "frames_dropped", "frames_analysed")
BAND_COLUMNS: Final = {
    "band_high_ms": "person time with a probability of looking above 0.90",
    "band_medium_ms": "from 0.70 to 0.90",
    "band_low_ms": "below 0.70",
}

RAW_REPORTS: Final = LakeTable(
    Zone.RAW,
    "audience_reports",
    (
        *KEY,
        LakeColumn("last_sequence", INT64, "last sequence number that the report covers"),
        LakeColumn("ends_at", TIMESTAMP, "end of the interval, not included"),
        LakeColumn("received_at", TIMESTAMP, "when the report was committed"),
        *(LakeColumn(name, INT64, description) for name, description in REPORT_COUNTS.items()),
        *(
            LakeColumn(name, INT64, f"time not measured: {cause}")
            for cause, name in BLIND_COLUMNS.items()
        ),
        *(LakeColumn(name, INT64, "frames of the camera") for name in FRAME_COLUMNS),
        *(LakeColumn(name, INT64, "visits by dwell, bucket of wire.histogram") for name in DWELL),
        *(
            LakeColumn(name, INT64, "visits by attention, bucket of wire.histogram")
            for name in ATTENTION
        ),
        *(
            LakeColumn(name, INT64, description, nullable=True)
            for name, description in BAND_COLUMNS.items()
        ),
        LakeColumn("attention_basis", pa.string(), "what attention was computed from"),
        LakeColumn("agent_version", pa.string(), "version of the agent"),
        LakeColumn("detector_version", pa.string(), "version of the detector"),
        LakeColumn("attention_version", pa.string(), "version of the attention network"),
        LakeColumn("config_digest", pa.string(), "digest of the active settings"),
    ),
    SORT_BY,
)
RAW_DEMOGRAPHICS: Final = LakeTable(
    Zone.RAW,
    "audience_demographics",
    (
        *KEY,
        LakeColumn("age", pa.string(), "age group, an estimate"),
        LakeColumn("gender", pa.string(), "gender, an estimate"),
        LakeColumn("visits", INT64, "visits of this cell that ended"),
        LakeColumn("onlookers", INT64, "of them, engaged"),
        REPORT_RECEIVED_AT,
    ),
    (*SORT_BY, "age", "gender"),
)
RAW_CREATIVES: Final = LakeTable(
    Zone.RAW,
    "audience_creatives",
    (
        *KEY,
        LakeColumn("creative", pa.string(), "what the screen showed, or 'unknown'"),
        LakeColumn("plays", INT64, "starts of the creative in the interval"),
        LakeColumn("observed_ms", INT64, "time measured during it"),
        LakeColumn("person_ms", INT64, "time of people in view"),
        LakeColumn("facing_ms", INT64, "of it, with the face towards the camera"),
        LakeColumn("looking_ms", INT64, "of it, with the head pointing at the screen"),
        LakeColumn("unsure_ms", INT64, "time of people whose head could not be measured"),
        REPORT_RECEIVED_AT,
    ),
    (*SORT_BY, "creative"),
)
RAW_SENSORS: Final = LakeTable(
    Zone.RAW,
    "audience_sensors",
    (
        *KEY,
        LakeColumn("sensor", pa.string(), "name with the unit, such as lux"),
        LakeColumn("samples", INT64, "readings"),
        LakeColumn("total_milli", INT64, "their sum in thousandths"),
        LakeColumn("least_milli", INT64, "the least"),
        LakeColumn("most_milli", INT64, "the greatest"),
        REPORT_RECEIVED_AT,
    ),
    (*SORT_BY, "sensor"),
)
AUDIENCE_TABLES: Final = (RAW_REPORTS, RAW_DEMOGRAPHICS, RAW_CREATIVES, RAW_SENSORS)

Rows = dict[str, Any]


def flatten(report: AudienceReport, received_at: datetime) -> dict[str, list[Rows]]:
    """The rows of one report, by table."""
    key = {
        "location": report.location,
        "device": report.device,
        "stream_id": report.journal,
        "first_sequence": report.sequence.first,
        "starts_at": report.starts_at,
        "received_at": received_at,
    }
    return {
        RAW_REPORTS.name: [key | _flatten_sums(report)],
        RAW_DEMOGRAPHICS.name: [
            key
            | {
                "age": cell.age.value,
                "gender": cell.gender.value,
                "visits": cell.visits,
                "onlookers": cell.onlookers,
            }
            for cell in report.demographics
        ],
        RAW_CREATIVES.name: [*_flatten_creatives(key, report)],
        RAW_SENSORS.name: [*_flatten_parts(key, "sensor", report.sensors)],
    }


def _flatten_sums(report: AudienceReport) -> Rows:
    bands = report.bands or None
    versions = report.versions
    return {
        "last_sequence": report.sequence.last,
        "ends_at": report.ends_at,
        **{name: getattr(report, name) for name in REPORT_COUNTS},
        **{name: report.blind_ms.get(cause, 0) for cause, name in BLIND_COLUMNS.items()},
        "frames_captured": report.frames.captured,
        "frames_dropped": report.frames.dropped,
        "frames_analysed": report.frames.analysed,
        **dict(zip(DWELL, report.dwell_histogram, strict=True)),
        **dict(zip(ATTENTION, report.attention_histogram, strict=True)),
        "band_high_ms": bands.high_ms if bands else None,
        "band_medium_ms": bands.medium_ms if bands else None,
        "band_low_ms": bands.low_ms if bands else None,
        "attention_basis": report.attention_basis.value,
        "agent_version": versions.agent,
        "detector_version": versions.detector,
        "attention_version": versions.attention,
        "config_digest": versions.config,
    }


def _flatten_creatives(key: Rows, report: AudienceReport) -> Iterable[Rows]:
    """Rows by creative; the time that earlier agents reported as `-` is `unknown`."""
    for row in _flatten_parts(key, "creative", report.creatives or {}):
        is_former = row["creative"] == FORMER_UNKNOWN_CREATIVE
        yield row | {"creative": UNKNOWN_CREATIVE} if is_former else row


def _flatten_parts(key: Rows, name: str, parts: Mapping[str, Any]) -> Iterable[Rows]:
    for part, sums in parts.items():
        fields = sums.__struct_fields__
        yield key | {name: part} | {field: getattr(sums, field) for field in fields}
