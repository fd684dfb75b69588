"""The tables that are promoted from the raw to the trusted zone, each with its contract."""

from dataclasses import dataclass
from functools import cache

from cloud.lake.raw.audience import AUDIENCE_TABLES
from cloud.lake.tables import LakeTable
from cloud.lake.trusted.contract import Contract, read_contract
from cloud.lake.trusted.tables import TRUSTED_TABLES


@dataclass(frozen=True, slots=True)
class ContractedTable:
    """A trusted table, the raw table that it is promoted from, and its contract.

    `parent` names a table before it whose rows its rules refer to: without a promotion of the
    parent on the same day there is none of this table.
    """

    source: LakeTable
    target: LakeTable
    contract: Contract
    parent: str | None = None


@cache
def contracted_tables() -> tuple[ContractedTable, ...]:
    """The audience tables with their contracts, the reports before their parts."""
    reports, *parts = zip(AUDIENCE_TABLES, TRUSTED_TABLES, strict=True)
    name = reports[1].full_name
    return (
        ContractedTable(*reports, read_contract(name)),
        *(
            ContractedTable(source, target, read_contract(target.full_name), name)
            for source, target in parts
        ),
    )
