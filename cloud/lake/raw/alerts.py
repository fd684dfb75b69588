"""Changes of alerts as typed columns: one row for each change of each alert."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final

import pyarrow as pa

from cloud.lake.landing.alerts import LANDED_ALERTS
from cloud.lake.quarantine import QuarantinedRow
from cloud.lake.raw.promotion import RawParts, RawSource
from cloud.lake.tables import DAY, TIMESTAMP, LakeColumn, LakeTable, Zone

NUMBER_READABLE: Final = "number_readable"
THOUSANDTH: Final = Decimal("0.001")
MOST_MILLI: Final = 2**63 - 1

RAW_ALERTS: Final = LakeTable(
    Zone.RAW,
    "alert_changes",
    (
        LakeColumn("location", pa.string(), "location at the time of the change"),
        LakeColumn("device", pa.string(), "camera; empty: the whole location"),
        LakeColumn("changed_at", TIMESTAMP, "when it changed; its UTC date is the day"),
        LakeColumn("alert", pa.int64(), "number of the alert"),
        LakeColumn("kind", pa.string(), "kind of the alert, such as camera.offline"),
        LakeColumn("change", pa.string(), "raised, acknowledged, cleared or closed"),
        LakeColumn("value_milli", pa.int64(), "thousandths of the measure, in the kind's unit"),
    ),
    sort_by=("location", "device", "changed_at", "alert", "change"),
)


def read_landed_alerts(landed: pa.Table) -> tuple[RawParts, list[QuarantinedRow]]:
    """The rows of the raw table, and the landed rows whose value is no number."""
    names = [DAY, *(name for name in RAW_ALERTS.schema.names if name != "value_milli")]
    rows: list[dict[str, Any]] = []
    quarantined = []
    for row in landed.to_pylist():
        value_milli = _read_milli(row["value"])
        if value_milli is None:
            reason = f"found value {row['value'][:100]}, expected a decimal number"
            quarantined.append(
                QuarantinedRow(RAW_ALERTS.full_name, row["id"], row[DAY], NUMBER_READABLE, reason,
                               row["value"])
            )  # fmt: skip
        else:
            rows.append({name: row[name] for name in names} | {"value_milli": value_milli})
    schema = RAW_ALERTS.schema.append(pa.field(DAY, pa.date32()))
    return [(RAW_ALERTS, pa.Table.from_pylist(rows, schema=schema))], quarantined


def _read_milli(value: str) -> int | None:
    try:
        thousandths = Decimal(value).quantize(THOUSANDTH, ROUND_HALF_EVEN).scaleb(3)
    except InvalidOperation:
        return None
    if not thousandths.is_finite() or abs(thousandths) > MOST_MILLI:
        return None
    return int(thousandths)


ALERT_SOURCE: Final = RawSource(LANDED_ALERTS, (RAW_ALERTS,), read_landed_alerts)
