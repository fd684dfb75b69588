"""Read landed audience reports into the raw tables; what cannot be read is quarantined."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

import msgspec
import pyarrow as pa

from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS
from cloud.lake.quarantine import QuarantinedRow
from cloud.lake.raw.audience import AUDIENCE_TABLES, RAW_REPORTS, flatten
from cloud.lake.raw.promotion import Promotion, RawParts, RawSource, promote_landed
from cloud.lake.tables import DAY, LakeTable
from wire.audience import AudienceReport

READABLE: Final = "readable"
SAME_IDENTITY: Final = "same identity as its row"

_decoder = msgspec.json.Decoder(AudienceReport)


def promote_reports(lake: Lake, *, now: datetime) -> Iterator[Promotion]:
    """Promote every landed snapshot of reports that is not promoted yet; see `promote_landed`."""
    return promote_landed(lake, REPORT_SOURCE, now=now)


def read_landed_reports(landed: pa.Table) -> tuple[RawParts, list[QuarantinedRow]]:
    """The rows of the raw tables, with `day`, and the landed rows that cannot be read."""
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    quarantined: list[QuarantinedRow] = []
    for row in landed.to_pylist():
        found = _read_report(row)
        if isinstance(found, QuarantinedRow):
            quarantined.append(found)
            continue
        for name, rows in flatten(found, row["received_at"]).items():
            parts[name] += [one | {DAY: row[DAY]} for one in rows]
    return [(table, _to_arrow(table, parts[table.name])) for table in AUDIENCE_TABLES], quarantined


def _read_report(row: dict[str, Any]) -> AudienceReport | QuarantinedRow:
    try:
        report = _decoder.decode(row["body"])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return _quarantine(row, READABLE, str(error))
    found = (report.device, report.journal, report.sequence.first, report.starts_at)
    expected = (row["device"], row["stream_id"], row["first_sequence"], row["starts_at"])
    if found != expected:
        return _quarantine(row, SAME_IDENTITY, f"found {found}, expected {expected}")
    return report


def _quarantine(row: dict[str, Any], rule: str, reason: str) -> QuarantinedRow:
    day: date = row[DAY]
    return QuarantinedRow(RAW_REPORTS.full_name, row["id"], day, rule, reason, row["body"])


def _to_arrow(table: LakeTable, rows: list[dict[str, Any]]) -> pa.Table:
    schema = table.schema.append(pa.field(DAY, pa.date32()))
    return pa.Table.from_pylist(rows, schema=schema)


REPORT_SOURCE: Final = RawSource(LANDED_REPORTS, AUDIENCE_TABLES, read_landed_reports)
