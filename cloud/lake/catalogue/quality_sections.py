"""The sections on the contract of a table, what its rules found, and its quarantine."""

from typing import Final

from cloud.lake.catalogue.facts import RuleFinding, TableFacts
from cloud.lake.catalogue.markup import Html, element, join, name
from cloud.lake.catalogue.words import definitions, grid, number, write_age
from cloud.lake.trusted.results import PASSED
from cloud.lake.trusted.rules import DUPLICATE, REQUIRED, SUPERSEDED

COMMON_RULES: Final = {
    REQUIRED: "Every required column has a value.",
    DUPLICATE: "No good row that was received before has the same identity.",
    SUPERSEDED: "A row that breaks a rule has not been replaced by a good row of its identity.",
}
"""Rules of all contracts."""


def show_contract(facts: TableFacts) -> Html | None:
    """Owner, retention and rules; of a raw table only the retention."""
    contract, retention = facts.contract, facts.retention
    if contract is None:
        if retention is None:
            return None
        return element(
            "p",
            f"Days are deleted after {write_age(retention.retention)}, by the contract of "
            f"{retention.table_name}.",
        )
    return join(
        element("h2", "Contract"),
        element("p", contract.purpose),
        element("p", contract.usage),
        element("p", f"Limitations: {contract.limitations}"),
        definitions(
            ("Owner", contract.owner),
            ("Version", f"{contract.version}, {contract.status}"),
            ("Retention", write_age(contract.retention)),
            ("Freshness", f"a commit within {write_age(contract.freshness)}"),
            ("Identity", ", ".join(contract.identity)),
        ),
        _show_rules(facts),
    )


def show_quarantine(facts: TableFacts) -> Html | None:
    """Rows that were not promoted to this table, by rule."""
    if not facts.quarantine:
        return None
    rows = [
        element(
            "tr",
            element("th", name(one.rule), scope="row"),
            number(one.rows),
            element("td", str(one.first_on)),
            element("td", str(one.last_on)),
            element("td", one.sample, class_="long"),
        )
        for one in facts.quarantine
    ]
    total = sum(one.rows for one in facts.quarantine)
    return join(
        element("h2", "Quarantine"),
        element("p", f"{total:,} rows were not promoted to this table.", class_="quiet"),
        grid("Quarantine", ("Rule", "Rows", "First day", "Last day", "Reason of one of them"), rows,
             ("Rows",)),
    )  # fmt: skip


def _show_rules(facts: TableFacts) -> Html | None:
    if not facts.results or facts.contract is None:
        return None
    described = COMMON_RULES | {rule.name: rule.description for rule in facts.contract.rules}
    rows = [_show_rule(result, described.get(result.rule, "")) for result in facts.results]
    return join(
        element("h3", f"Rules on {facts.results_on}, the newest day that was checked"),
        grid("Rules", ("Rule", "Description", "Outcome", "Pass", "Fail"), rows, ("Pass", "Fail")),
    )


def _show_rule(result: RuleFinding, description: str) -> Html:
    good = result.outcome == PASSED
    return element(
        "tr",
        element("th", name(result.rule), scope="row"),
        element("td", result.reason or description, class_="long"),
        element("td", result.outcome, class_="good" if good else "bad"),
        number(result.rows_checked - result.rows_failed),
        number(result.rows_failed),
    )
