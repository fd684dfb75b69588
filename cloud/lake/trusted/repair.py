"""Add a corrected row to a raw table, in place of a quarantined one.

Raw files are immutable: the corrected row is added beside the one that breaks a rule, and the next
promotion takes the good one.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import pyarrow as pa

from cloud.lake.lake import Lake
from cloud.lake.raw.replay import RepairError
from cloud.lake.reader import read_table
from cloud.lake.tables import DAY, TIMESTAMP, LakeTable
from cloud.lake.trusted.contracted_tables import ContractedTable
from cloud.lake.trusted.rules import SUPERSEDED
from cloud.lake.trusted.tables import ROW_QUARANTINE
from cloud.lake.writer import append


def repair_row(lake: Lake, one: ContractedTable, content: str, *, now: datetime) -> date:
    """Add a corrected row, written as the quarantine lists it; returns its day.

    Raises:
        RepairError: the content is not a row of the table, or no quarantined row has its identity.
    """
    row = _read_row(one, content)
    day, rows = _to_day(one, row)
    identity = " ".join(_as_text(row[name]) for name in one.contract.identity)
    if not _is_quarantined(lake, one, day, identity):
        raise RepairError(
            f"{one.source.full_name} has no quarantined row of identity {identity!r} on {day}: "
            "see `python -m cloud lake quarantine`"
        )
    append(lake, one.source, rows, now=now)
    return day


def read_correction(one: ContractedTable, content: str) -> tuple[date, pa.Table]:
    """The day and the row of a correction that `repair_row` has accepted."""
    return _to_day(one, _read_row(one, content))


def _to_day(one: ContractedTable, row: Mapping[str, Any]) -> tuple[date, pa.Table]:
    day: date = row[one.dated_by].astimezone(UTC).date()
    return day, _to_arrow(one.source, [{**row, DAY: day}])


def _is_quarantined(lake: Lake, one: ContractedTable, day: date, identity: str) -> bool:
    return any(
        row["table_name"] == one.target.full_name
        and row["identity"] == identity
        and row["rule"] != SUPERSEDED
        for row in read_table(lake, ROW_QUARANTINE, days=[day]).to_pylist()
    )


def _read_row(one: ContractedTable, content: str) -> dict[str, Any]:
    table = one.source
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RepairError(
            f"the correction is not JSON: {error}: expected one JSON object, as "
            "`python -m cloud lake quarantine --content` shows it in the column content"
        ) from error
    names = table.schema.names
    if not isinstance(found, dict) or set(found) != set(names):
        raise RepairError(
            f"the correction is not a row of {table.full_name}: expected an object with "
            f"{', '.join(names)}"
        )
    try:
        row = {name: _read_value(table.schema.field(name).type, found[name]) for name in names}
        _to_arrow(table, [row | {DAY: row[one.dated_by].date()}])
    except (TypeError, ValueError, AttributeError, OverflowError, pa.ArrowException) as error:
        raise RepairError(f"the correction is not a row of {table.full_name}: {error}") from error
    return row


def _as_text(value: Any) -> str:
    """As DuckDB writes a value: it omits zeros at the end of a second, and minutes of UTC."""
    if not isinstance(value, datetime):
        return str(value)
    instant = value.astimezone(UTC)
    fraction = f".{instant.microsecond:06}".rstrip("0").rstrip(".")
    return f"{instant:%Y-%m-%d %H:%M:%S}{fraction}+00"


def _read_value(kind: pa.DataType, value: Any) -> Any:
    if value is None:
        return None
    parse = _PARSERS.get(kind)
    return value if parse is None else parse(value)


_PARSERS: Final = {TIMESTAMP: datetime.fromisoformat, pa.date32(): date.fromisoformat}
"""Of types that JSON does not have."""


def _to_arrow(table: LakeTable, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    schema = table.schema.append(pa.field(DAY, pa.date32()))
    found = pa.Table.from_pylist(list(rows), schema=schema)
    table.conform(found.drop_columns([DAY]))
    return found
