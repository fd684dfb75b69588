"""The sections on the contract of a table, what its rules found, and its quarantine."""

from typing import Final

from cloud.lake.catalogue.facts import RuleFinding, TableFacts
from cloud.lake.catalogue.markup import Html, element, join, name
from cloud.lake.catalogue.words import Section, definitions, grid, number, write_age, write_count
from cloud.lake.trusted.contract import Contract
from cloud.lake.trusted.results import PASSED
from cloud.lake.trusted.rules import DUPLICATE, REQUIRED, SUPERSEDED

COMMON_RULES: Final = {
    REQUIRED: "Every required column has a value.",
    DUPLICATE: "No good row that was received before has the same identity.",
    SUPERSEDED: "A row that breaks a rule has not been replaced by a good row of its identity.",
}
"""Rules of all contracts."""


def show_contract(facts: TableFacts) -> Section | None:
    """Owner, retention and rules, those that failed first; of a raw table only the retention."""
    contract, retention = facts.contract, facts.retention
    if contract is None:
        if retention is None:
            return None
        kept = write_age(retention.retention)
        sentence = f"Days are deleted after {kept}, by the contract of {retention.table_name}."
        return Section("Retention", element("p", sentence))
    return Section("Contract", _show_terms(facts, contract))


def _show_terms(facts: TableFacts, contract: Contract) -> Html:
    return join(
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


def show_quarantine(facts: TableFacts) -> Section | None:
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
    total = write_count(sum(one.rows for one in facts.quarantine), "row")
    heads = ("Rule", "Rows", "First day", "Last day", "Reason of one of them")
    note = element("p", f"Not promoted to this table: {total}.", class_="quiet")
    return Section("Quarantine", join(note, grid("Quarantine", heads, rows, ("Rows",))))


def _show_rules(facts: TableFacts) -> Html | None:
    if not facts.results or facts.contract is None:
        return None
    described = COMMON_RULES | {rule.name: rule.description for rule in facts.contract.rules}
    ordered = sorted(facts.results, key=lambda result: result.outcome == PASSED)
    rows = [_show_rule(result, described.get(result.rule, "")) for result in ordered]
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
        number(result.rows_failed, "" if result.rows_failed == 0 else "bad"),
    )
