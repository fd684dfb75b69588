"""Published prices as typed columns: one row for each hour of each sheet."""

import zlib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cloud.lake.landing.prices import LANDED_PRICES
from cloud.lake.quarantine import QuarantinedRow
from cloud.lake.raw.promotion import RawParts, RawSource
from cloud.lake.tables import DAY, TIMESTAMP, LakeColumn, LakeTable, Zone

READABLE: Final = "readable"
HOUR_US: Final = timedelta(hours=1) // timedelta(microseconds=1)
MOST_HOURS: Final = 10_000
"""More than a year: a body that inflates to more is not a sheet."""

RAW_PRICES: Final = LakeTable(
    Zone.RAW,
    "published_prices",
    (
        LakeColumn("location", pa.string(), "location whose price it is"),
        LakeColumn("published_on", pa.date32(), "local day of the publication"),
        LakeColumn("hour_at", TIMESTAMP, "start of the hour that is priced"),
        LakeColumn("published_at", TIMESTAMP, "when it was published; its UTC date is the day"),
        LakeColumn("price_minor", pa.int64(), "price of a loop position for the hour, minor units"),
        LakeColumn("currency", pa.string(), "currency, ISO 4217; null: not recorded", True),
        LakeColumn("versions", pa.string(), "versions of the rate card and the forecast"),
    ),
    sort_by=("location", "published_on", "hour_at"),
)
REPEATED: Final = (DAY, "location", "published_on", "published_at", "currency", "versions")


def read_landed_prices(landed: pa.Table) -> tuple[RawParts, list[QuarantinedRow]]:
    """The rows of the raw table, and the landed sheets whose prices cannot be read."""
    sheets: list[tuple[int, NDArray[np.int64]]] = []
    quarantined = []
    bodies, first_at = landed.column("body").to_pylist(), landed.column("first_at")
    for number, body in enumerate(bodies):
        try:
            sheets.append((number, read_prices(body)))
        except ValueError as error:
            quarantined.append(_quarantine(landed.slice(number, 1).to_pylist()[0], str(error)))
    return [(RAW_PRICES, _to_rows(landed, first_at.cast(pa.int64()), sheets))], quarantined


def read_prices(body: str) -> NDArray[np.int64]:
    """The prices of a landed sheet, in the order of its hours.

    Raises:
        ValueError: what was found and what was expected.
    """
    inflating = zlib.decompressobj()
    try:
        plain = inflating.decompress(b64decode(body, validate=True), MOST_HOURS * 8)
    except (Base64Error, zlib.error) as error:
        raise ValueError(f"found {error}, expected deflated numbers in base64") from error
    if not inflating.eof or not plain or len(plain) % 8:
        raise ValueError(
            f"found {len(plain)} bytes, expected complete numbers of 8 bytes, 1 to {MOST_HOURS}"
        )
    return np.frombuffer(plain, "<i8").astype(np.int64)


def _to_rows(
    landed: pa.Table, first_us: pa.ChunkedArray, sheets: Sequence[tuple[int, NDArray[np.int64]]]
) -> pa.Table:
    lengths = [len(prices) for _, prices in sheets]
    numbers = pa.array(np.repeat(np.array([one for one, _ in sheets], dtype=np.int64), lengths))
    hours = np.concatenate([np.arange(length) for length in lengths] or [np.empty(0, np.int64)])
    prices = np.concatenate([one for _, one in sheets] or [np.empty(0, np.int64)])
    hour_us = first_us.take(numbers).to_numpy() + hours * HOUR_US
    return pa.table(
        {name: landed.column(name).take(numbers) for name in REPEATED}
        | {
            "hour_at": pa.array(hour_us.astype(np.int64)).cast(pa.timestamp("us")).cast(TIMESTAMP),
            "price_minor": pa.array(prices),
        }
    )


def _quarantine(row: dict[str, Any], reason: str) -> QuarantinedRow:
    name = RAW_PRICES.full_name
    return QuarantinedRow(name, row["id"], row[DAY], READABLE, reason, row["body"])


PRICE_SOURCE: Final = RawSource(LANDED_PRICES, (RAW_PRICES,), read_landed_prices)
