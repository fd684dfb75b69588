"""Check rows of a mart by the contract of its table, before they are copied to the database."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from cloud.lake.engine import open_duckdb
from cloud.lake.manifest import DataFile
from cloud.lake.reader import create_view
from cloud.lake.storage import Storage
from cloud.lake.tables import DAY, LakeTable
from cloud.lake.trusted.contract import Contract, read_contract
from cloud.lake.trusted.rules import DUPLICATE, condition_of, identity_of

VIEW: Final = "checked"
_read_contract = cache(read_contract)


def find_broken_rule(storage: Storage, mart: LakeTable, files: Sequence[DataFile]) -> str | None:
    """The first rule of the contract that rows of these files break, and how many of them."""
    if not files:
        return None
    contract = _read_contract(mart.full_name)
    with open_duckdb() as connection:
        create_view(connection, storage, mart, files, name=VIEW)
        rows, distinct, *broken = connection.execute(_write_query(contract)).fetchall()[0]
    descriptions = {rule.name: rule.description for rule in contract.rules}
    descriptions[DUPLICATE] = f"One row for each {', '.join(contract.identity)} and day."
    for (rule, description), count in zip(
        descriptions.items(), [*broken, rows - distinct], strict=True
    ):
        if count:
            return (
                f"{count} of {rows} rows break the rule {rule}: {description} Repair the cause, "
                f"then run `python -m cloud marts build` with --since {files[0].day}"
            )
    return None


def _write_query(contract: Contract) -> str:
    """Rows, distinct identities, and for each rule the rows that do not meet it."""
    counts = "".join(
        f", count(*) FILTER ({condition_of(rule)} IS NOT TRUE)" for rule in contract.rules
    )
    identities = f"count(DISTINCT ({identity_of(contract)}, {DAY}))"
    return f"SELECT count(*), {identities}{counts} FROM {VIEW}"  # noqa: S608
