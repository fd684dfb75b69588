"""Remove days that are older than the retention of the contracts, from landing to trusted."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from cloud.lake.lake import Lake
from cloud.lake.lifecycle import drop_days
from cloud.lake.manifest import Snapshot
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.raw.feeds import FEEDS
from cloud.lake.trusted.contract import read_contract
from cloud.lake.trusted.contracted_tables import ContractedTable
from cloud.lake.trusted.tables import ROW_QUARANTINE, RULE_RESULTS

COMMON: Final = (
    *(feed.raw.landed for feed in FEEDS), QUARANTINE, ROW_QUARANTINE, RULE_RESULTS,
)  # fmt: skip
"""Tables that are not promoted by a contract: the retention of their own contract applies."""


def drop_expired_days(
    lake: Lake, tables: Sequence[ContractedTable], *, now: datetime
) -> Iterator[Snapshot]:
    """Remove expired days from each table, unless a hold covers them; one snapshot for each.

    The files are deleted by `lifecycle.delete_expired`, when no snapshot that can be read has them.
    """
    expiries = [(table, read_contract(table.full_name).retention) for table in COMMON] + [
        (table, one.contract.retention) for one in tables for table in (one.source, one.target)
    ]
    for table, retention in expiries:
        snapshot = drop_days(lake, table, before=(now - retention).date(), now=now)
        if snapshot is not None:
            yield snapshot
