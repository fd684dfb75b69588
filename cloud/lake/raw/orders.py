"""Order lines as typed columns: one row for each version, and its hours by creative.

The hours of a version are UTC hours, on the day that they are about. A version also has the hours
that the version before booked and it does not, with no booked time: on each day the newest version
of a line is complete. Booked time and price of an hour are divided evenly between the creatives of
the line; the parts add up to the whole.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec
import pyarrow as pa

from cloud.database.order_hours import divide_evenly, sum_booked_hours
from cloud.database.orders import decode_runs
from cloud.lake.landing.orders import LANDED_ORDER_LINES
from cloud.lake.quarantine import QuarantinedRow
from cloud.lake.raw.promotion import RawParts, RawSource
from cloud.lake.tables import DAY, TIMESTAMP, LakeColumn, LakeTable, Zone

INT64: Final = pa.int64()
SLOTS_READABLE: Final = "slots_readable"
MOST_ROWS: Final = 400_000
"""Raw rows in memory at a time, of 500 bytes each."""
MOST_HOURS: Final = 20_000
"""A version books hours of 400 days at most, and releases as many."""
UNREADABLE: Final = (msgspec.MsgspecError, ValueError, OverflowError)
LINE: Final = (
    LakeColumn("location", pa.string(), "location of the screen"),
    LakeColumn("order_id", pa.string(), "order that the line is part of"),
    LakeColumn("line_id", pa.string(), "line"),
    LakeColumn("version", INT64, "version of the line: 1, 2, 3"),
    LakeColumn("account", pa.string(), "account that ordered"),
    LakeColumn("advertiser", pa.string(), "advertiser"),
    LakeColumn("campaign", pa.string(), "campaign"),
    LakeColumn("booking_status", pa.string(), "state of the line as OpenDirect names it"),
    LakeColumn("currency", pa.string(), "currency of the price, ISO 4217"),
)

RAW_ORDER_LINES: Final = LakeTable(
    Zone.RAW,
    "order_lines",
    (
        *LINE,
        LakeColumn("starts_at", TIMESTAMP, "start of the flight"),
        LakeColumn("ends_at", TIMESTAMP, "end of the flight, not included"),
        LakeColumn("hours", pa.string(), "local hours of each day; empty: all"),
        LakeColumn("positions", INT64, "loop positions"),
        LakeColumn("price_minor", INT64, "price of one position for one hour"),
        LakeColumn("booked_hours", INT64, "slots of the flight in these hours"),
        LakeColumn("creatives", pa.string(), "creatives, with ; between them; empty: none"),
        LakeColumn("changed_at", TIMESTAMP, "when it was stored; its UTC date is the day"),
    ),
    sort_by=("location", "line_id", "version"),
)
RAW_ORDER_LINE_HOURS: Final = LakeTable(
    Zone.RAW,
    "order_line_hours",
    (
        *LINE,
        LakeColumn("starts_at", TIMESTAMP, "start of the UTC hour"),
        LakeColumn("creative_number", INT64, "1, 2, 3 of the creatives of the line"),
        LakeColumn("creative", pa.string(), "as the player names it; null: none", nullable=True),
        LakeColumn("positions", INT64, "loop positions; 0: no longer booked"),
        LakeColumn("booked_s", INT64, "booked time of loop positions, the creative's part"),
        LakeColumn("price_minor", INT64, "its price"),
        LakeColumn("changed_at", TIMESTAMP, "when the version was stored"),
    ),
    sort_by=("location", "starts_at", "line_id", "version", "creative_number"),
)


def read_landed_orders(landed: pa.Table) -> tuple[RawParts, list[QuarantinedRow]]:
    """The rows of the raw tables, and the landed versions whose slots cannot be read."""
    lines: list[dict[str, Any]] = []
    hours: dict[str, list[Any]] = {name: [] for name in (*RAW_ORDER_LINE_HOURS.schema.names, DAY)}
    quarantined = []
    for row in landed.to_pylist():
        try:
            _count_hours(row["slots"])
            booked = list_booked_hours(row)
            creatives = msgspec.json.decode(row["creatives"], type=list[str])
            count = sum(run.hours for run in decode_runs(row["slots"]) if run.positions)
        except UNREADABLE as error:
            quarantined.append(
                QuarantinedRow(
                    RAW_ORDER_LINES.full_name, row["id"], row[DAY], SLOTS_READABLE, str(error),
                    row["slots"],
                )
            )  # fmt: skip
            continue
        lines.append(row | {"creatives": ";".join(creatives), "booked_hours": count})
        for part in booked:
            for name, values in hours.items():
                values.append(part[name] if name in part else row[name])
    names = [*RAW_ORDER_LINES.schema.names, DAY]
    return [
        (
            RAW_ORDER_LINES,
            pa.Table.from_pylist(
                [{name: line[name] for name in names} for line in lines], _with_day(RAW_ORDER_LINES)
            ),
        ),
        (RAW_ORDER_LINE_HOURS, pa.table(hours, schema=_with_day(RAW_ORDER_LINE_HOURS))),
    ], quarantined


def divide_landed_orders(landed: pa.Table) -> Iterator[pa.Table]:
    """Parts of the landed versions, each with at most `MOST_ROWS` raw rows, or of one version."""
    first, rows = 0, 0
    columns = (landed.column(name).to_pylist() for name in ("slots", "creatives"))
    for number, (slots, creatives) in enumerate(zip(*columns, strict=True)):
        try:
            of_version = _count_hours(slots) * (creatives.count(",") + 1)
        except UNREADABLE:
            of_version = 0
        if first < number and rows + of_version > MOST_ROWS:
            yield landed.slice(first, number - first)
            first, rows = number, 0
        rows += of_version
    yield landed.slice(first)


def _count_hours(slots: str) -> int:
    """The booked and released hours of a version; raises one of `UNREADABLE`."""
    hours = sum(run.hours for run in decode_runs(slots))
    if hours > MOST_HOURS:
        raise ValueError(f"found {hours} hours, expected at most {MOST_HOURS}")
    return hours


def list_booked_hours(row: dict[str, Any]) -> list[dict[str, Any]]:
    """What differs between the rows of a version: hour, creative, booked time and price.

    A slot that does not begin with a UTC hour is divided between the two hours that it is part of.
    """
    named = msgspec.json.decode(row["creatives"], type=list[str])
    creatives: list[str | None] = [*named] or [None]
    found = []
    hours = sum_booked_hours(row["slots"], row["price_minor"])
    for starts_at, positions, booked_s, price_minor in hours:
        at = datetime.fromtimestamp(starts_at, UTC)
        day: date = at.date()
        times = divide_evenly(booked_s, len(creatives))
        prices = divide_evenly(price_minor, len(creatives))
        for number, creative in enumerate(creatives):
            found.append(
                {
                    DAY: day,
                    "starts_at": at,
                    "creative_number": number + 1,
                    "creative": creative,
                    "positions": positions,
                    "booked_s": times[number],
                    "price_minor": prices[number],
                }
            )
    return found


def _with_day(table: LakeTable) -> pa.Schema:
    return table.schema.append(pa.field(DAY, pa.date32()))


ORDER_SOURCE: Final = RawSource(
    LANDED_ORDER_LINES,
    (RAW_ORDER_LINES, RAW_ORDER_LINE_HOURS),
    read_landed_orders,
    spans_days=True,
    divide=divide_landed_orders,
)
