"""One table of the catalogue as `/api/catalogue/{table}` writes it; loads the lake's libraries."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from cloud.lake.catalogue.facts import RuleFinding, TableFacts
from cloud.lake.catalogue.lineage import list_consumers, list_sources, list_targets
from cloud.lake.catalogue.quality_sections import COMMON_RULES
from cloud.lake.table_list import TYPE_NAMES
from cloud.lake.trusted.contract import NOT_PROMISED, Contract
from cloud.lake.trusted.results import PASSED

MOST_DAYS: Final = 90


def promised_s(promised: timedelta) -> float | None:
    """A promise in seconds; None for no promise (`NOT_PROMISED`, `NOT_DELETED`)."""
    return None if promised == NOT_PROMISED else promised.total_seconds()


def count_failed_rules(facts: TableFacts) -> int | None:
    """How many rules found bad rows on the newest day that was checked; None: not checked."""
    if not facts.results:
        return None
    return sum(one.outcome != PASSED for one in facts.results)


def describe_in_full(facts: TableFacts) -> dict[str, Any]:
    """The members that the list of tables does not have."""
    name = facts.table.full_name
    return {
        "columns": [
            {
                "name": one.name,
                "type": TYPE_NAMES[one.type],
                "nullable": one.nullable,
                "description": one.description,
            }
            for one in facts.table.columns
        ],
        "contract": None if facts.contract is None else _describe_contract(facts.contract),
        "checked_on": facts.results_on,
        "rules": list(_list_rules(facts)),
        "quarantine": [asdict(one) for one in facts.quarantine],
        "holds": [
            {"first_on": one.first_on, "last_on": one.last_on, "reason": one.reason}
            for one in facts.holds
        ],
        "sources": list_sources(name),
        "targets": list_targets(name),
        "consumers": list_consumers(name),
        "days": [{"day": one.day, "rows": one.rows} for one in facts.days[-MOST_DAYS:]],
    }


def _describe_contract(contract: Contract) -> dict[str, Any]:
    words = ("title", "version", "status", "owner", "purpose", "usage", "limitations", "identity")
    return {
        **{name: getattr(contract, name) for name in words},
        "retention_s": promised_s(contract.retention),
        "freshness_s": promised_s(contract.freshness),
    }


def _list_rules(facts: TableFacts) -> Iterator[dict[str, Any]]:
    """The rules with results, those that failed first; then the rules without results."""
    rules = facts.contract.rules if facts.contract is not None else ()
    described = COMMON_RULES | {rule.name: rule.description for rule in rules}
    for one in sorted(facts.results, key=lambda result: result.outcome == PASSED):
        yield {"name": one.rule, "description": described.get(one.rule, ""), **_outcome(one)}
    checked = {one.rule for one in facts.results}
    for rule in rules:
        if rule.name not in checked:
            nothing = dict.fromkeys(("outcome", "rows_checked", "rows_failed", "reason"))
            yield {"name": rule.name, "description": rule.description, **nothing}


def _outcome(result: RuleFinding) -> dict[str, Any]:
    names = ("outcome", "rows_checked", "rows_failed", "reason")
    return {name: getattr(result, name) for name in names}
