"""What each rule found on one day of one table, as `RULE_RESULTS` takes it."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import Final

import pyarrow as pa

from cloud.lake.trusted.contract import Contract
from cloud.lake.trusted.rules import DUPLICATE, REQUIRED, SUPERSEDED
from cloud.lake.trusted.split import SplitDay
from cloud.lake.trusted.tables import RULE_RESULTS

PASSED: Final = "passed"
FAILED: Final = "failed"
STOPPED: Final = "stopped"
"""The greatest outcome in the order of texts: the bounds of a file tell whether it has it."""


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """The result of one rule; the fields are the columns of `RULE_RESULTS`."""

    outcome: str
    table_name: str
    rule: str
    rows_checked: int
    rows_failed: int
    reason: str | None = None


def list_results(contract: Contract, split: SplitDay) -> list[RuleOutcome]:
    """The result of every rule of the contract."""
    failed = split.failed
    return [
        RuleOutcome(
            FAILED if failed.get(rule) else PASSED,
            contract.table_name,
            rule,
            split.rows,
            failed.get(rule, 0),
        )
        for rule in list_rules(contract)
    ]


def list_rules(contract: Contract) -> Iterator[str]:
    """The names of all rules, in the order in which they are checked."""
    yield REQUIRED
    yield from (rule.name for rule in contract.rules)
    yield DUPLICATE
    yield SUPERSEDED


def to_rows(results: Sequence[RuleOutcome]) -> pa.Table:
    """The results as rows."""
    columns = zip(*map(astuple, results), strict=True) if results else [[]] * 6
    arrays = [
        pa.array(values, column.type)
        for values, column in zip(map(list, columns), RULE_RESULTS.columns, strict=True)
    ]
    return pa.table(arrays, schema=RULE_RESULTS.schema)
