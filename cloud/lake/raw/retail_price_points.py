"""Price points of shops as typed columns: the landed rows without their number."""

from typing import Final

import pyarrow as pa

from cloud.lake.landing.retail_price_points import (
    LANDED_PRICE_POINTS,
    PRICE_POINT_COLUMNS,
    SORT_BY,
)
from cloud.lake.quarantine import QuarantinedRow
from cloud.lake.raw.promotion import RawParts, RawSource
from cloud.lake.tables import LakeTable, Zone

RAW_PRICE_POINTS: Final = LakeTable(
    Zone.RAW, "retail_price_points", PRICE_POINT_COLUMNS, sort_by=SORT_BY
)


def read_landed_points(landed: pa.Table) -> tuple[RawParts, list[QuarantinedRow]]:
    """The same rows: they are typed already, so none is quarantined here."""
    return [(RAW_PRICE_POINTS, landed.drop_columns(["id"]))], []


PRICE_POINT_SOURCE: Final = RawSource(LANDED_PRICE_POINTS, (RAW_PRICE_POINTS,), read_landed_points)
