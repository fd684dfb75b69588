"""Rules of a contract as SQL: the first rule that a row breaks, and the reason.

A condition is wrapped in TRY, because a sum of very large values overflows: that row breaks the
rule, and the other rows of the day are not affected. DuckDB does not accept TRY around a subquery.
"""

import re
from typing import Final

from cloud.lake.trusted.contract import Contract, QualityRule

REQUIRED: Final = "required_values"
DUPLICATE: Final = "unique_identity"
SUPERSEDED: Final = "superseded"
MAX_VALUE: Final = 100
"""Characters of a value in a reason."""


def first_broken_rule(contract: Contract) -> str:
    """An expression with the name of the first rule that a row breaks; null for a good row."""
    required = " AND ".join(
        f"{column.name} IS NOT NULL" for column in contract.columns if column.required
    )
    checks = [
        (REQUIRED, f"({required})"),
        *((rule.name, condition_of(rule)) for rule in contract.rules),
    ]
    branches = " ".join(f"WHEN {test} IS NOT TRUE THEN {quote(name)}" for name, test in checks)
    return f"CASE {branches} END"


def reason_of(contract: Contract, broken_rule: str) -> str:
    """An expression with what was found and what was expected, for the rule in a column."""
    missing = ", ".join(
        f"CASE WHEN {column.name} IS NULL THEN {quote(column.name)} END"
        for column in contract.columns
        if column.required
    )
    branches = [
        f"WHEN {quote(REQUIRED)} THEN concat('found no value of ', concat_ws(', ', {missing}), "
        "'; expected one in every row')",
        f"WHEN {quote(DUPLICATE)} THEN concat('found identity ', {identity_of(contract)}, "
        "' more than once; expected one row: the first received stays')",
        *(
            f"WHEN {quote(rule.name)} THEN concat('found ', {_found(contract, rule)}, "
            f"{quote(f'; expected: {rule.description}')})"
            for rule in contract.rules
        ),
    ]
    return f"CASE {broken_rule} {' '.join(branches)} END"


def identity_of(contract: Contract) -> str:
    """An expression with the values of the identity columns as one text."""
    return f"concat_ws(' ', {', '.join(map(_as_text, contract.identity))})"


def quote(text: str) -> str:
    """A text literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def condition_of(rule: QualityRule) -> str:
    """The condition of a rule; null where it overflows."""
    has_subquery = re.search(r"\bSELECT\b", rule.condition)
    return f"({rule.condition})" if has_subquery else f"TRY({rule.condition})"


def _found(contract: Contract, rule: QualityRule) -> str:
    """The values of the columns that the condition names."""
    words = re.findall(r"\w+", rule.condition)
    named = [column.name for column in contract.columns if column.name in words]
    values = ", ".join(f"{quote(f'{name} ')} || {_as_text(name)}" for name in named)
    return f"concat_ws(', ', {values})"


def _as_text(name: str) -> str:
    return f"coalesce(left(CAST({name} AS VARCHAR), {MAX_VALUE}), 'null')"
