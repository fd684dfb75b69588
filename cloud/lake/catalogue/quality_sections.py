"""The sections on the contract of a table, what its rules found, and its quarantine."""

from typing import Final

from cloud.lake.catalogue.facts import RuleFinding, TableFacts
from cloud.lake.catalogue.markup import Html, element, join, name
from cloud.lake.catalogue.words import (
    PageSection,
    definitions,
    grid,
    number,
    write_age,
    write_count,
)
from cloud.lake.trusted.contract import NOT_DELETED, NOT_PROMISED, Contract
from cloud.lake.trusted.results import PASSED
from cloud.lake.trusted.rules import DUPLICATE, REQUIRED, SUPERSEDED

COMMON_RULES: Final = {
    REQUIRED: "Every required column has a value.",
    DUPLICATE: "No good row that was received before has the same identity.",
    SUPERSEDED: "A row that breaks a rule has not been replaced by a good row of its identity.",
}
"""Rules of all contracts."""


def show_contract(facts: TableFacts) -> PageSection | None:
    """Owner, retention and rules, those that failed first."""
    contract = facts.contract
    return None if contract is None else PageSection("Contract", _show_terms(facts, contract))


def _show_terms(facts: TableFacts, contract: Contract) -> Html:
    return join(
        element("p", contract.purpose),
        element("p", contract.usage),
        element("p", f"Limitations: {contract.limitations}"),
        definitions(
            ("Owner", contract.owner),
            ("Version", f"{contract.version}, {contract.status}"),
            ("Retention", _describe_retention(contract)),
            ("Freshness", _describe_freshness(contract)),
            ("Identity", ", ".join(contract.identity) or "rows can be present twice"),
        ),
        _show_rules(facts),
    )


def _describe_retention(contract: Contract) -> str:
    if contract.retention == NOT_DELETED:
        return "days are not deleted"
    return write_age(contract.retention)


def _describe_freshness(contract: Contract) -> str:
    if contract.freshness == NOT_PROMISED:
        return "no commit is promised"
    return f"a commit within {write_age(contract.freshness)}"


def show_quarantine(facts: TableFacts) -> PageSection | None:
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
    return PageSection("Quarantine", join(note, grid("Quarantine", heads, rows, ("Rows",))))


def _show_rules(facts: TableFacts) -> Html | None:
    if facts.contract is None:
        return None
    if not facts.results:
        return _list_rules(facts.contract)
    described = COMMON_RULES | {rule.name: rule.description for rule in facts.contract.rules}
    ordered = sorted(facts.results, key=lambda result: result.outcome == PASSED)
    rows = [_show_rule(result, described.get(result.rule, "")) for result in ordered]
    return join(
        element("h3", f"Rules on {facts.results_on}, the newest day that was checked"),
        grid("Rules", ("Rule", "Description", "Outcome", "Pass", "Fail"), rows, ("Pass", "Fail")),
    )


def _list_rules(contract: Contract) -> Html | None:
    """The rules without results: those of curated tables are checked when they are published."""
    if not contract.rules:
        return None
    rows = [
        element("tr", element("th", name(rule.name), scope="row"),
                element("td", rule.description, class_="long"))
        for rule in contract.rules
    ]  # fmt: skip
    return join(element("h3", "Rules"), grid("Rules", ("Rule", "Description"), rows))


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
