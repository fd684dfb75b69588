"""Heartbeats by device and hour as typed columns: every landed version of an hour.

The trusted zone has the version with the most heartbeats.
"""

from dataclasses import replace
from typing import Final

import pyarrow as pa

from cloud.lake.landing.device_hours import LANDED_HOURS
from cloud.lake.quarantine import QuarantinedRow
from cloud.lake.raw.promotion import RawParts, RawSource
from cloud.lake.tables import Zone

RAW_HOURS: Final = replace(LANDED_HOURS, zone=Zone.RAW)


def read_landed_hours(landed: pa.Table) -> tuple[RawParts, list[QuarantinedRow]]:
    """The same rows: they are typed already, so none is quarantined here."""
    return [(RAW_HOURS, landed)], []


HOUR_SOURCE: Final = RawSource(LANDED_HOURS, (RAW_HOURS,), read_landed_hours)
