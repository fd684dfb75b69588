"""`python -m cloud retail rules check|schema|put|list`: the rule set of retail prices.

`check` reads a file as the programs do and lists what it changes; names that no product and no
store has are warnings. Exit codes of `check`: 0 valid, 1 valid with warnings, 2 not valid.
"""

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from cloud import database
from cloud.cli.retail.rule_differences import list_differences
from cloud.database.retail import retail_products, retail_stores
from cloud.pricing.retail.rules import PriceRules, is_within, read_rules_file, rules_schema
from cloud.sales.retail.active_rules import read_reference_rules
from cloud.sales.retail.rule_sets import (
    StoredRuleSet,
    put_rule_set,
    read_rule_sets,
    refuse_version,
    rule_set_at,
)
from cloud.settings import Settings
from cloud.suggestions import unknown_word
from wire.clock import utc_now

VALID, WARNINGS = 0, 1
Found = TypeVar("Found")


def add_actions(actions: Any) -> None:
    """Add `rules`."""
    parser = actions.add_parser("rules", help="check a rule set, put it in force, list them")
    own = parser.add_subparsers(dest="rules_action", required=True, metavar="check|schema|put|list")
    check = own.add_parser("check", help="read a rule set and list what it changes")
    put = own.add_parser("put", help="put a rule set in force")
    for one in (check, put):
        one.add_argument("file", type=Path, help="rule set in YAML")
    put.add_argument(
        "--from", dest="from_at", type=_read_instant, metavar="INSTANT",
        help="such as 2030-03-01T00:00+00:00 (default: now)",
    )  # fmt: skip
    put.add_argument("--reason", metavar="TEXT", help="for the audit log")
    own.add_parser("list", help="show every stored rule set, and which one is in force")
    own.add_parser("schema", help="print the JSON Schema of the file")


def run(arguments: argparse.Namespace, chosen: Settings) -> int:
    """Run the action; raises RuleSetRefused."""
    if arguments.rules_action == "schema":
        sys.stdout.write(json.dumps(rules_schema(), indent=2) + "\n")
        return VALID
    url, now = chosen.database_url, utc_now()
    if arguments.rules_action == "list":
        _print(_format_list(_read_stored(url), now))
        return VALID
    rules = read_rules_file(arguments.file)
    if arguments.rules_action == "check":
        return _check(url, rules, now)
    _print([_put(url, rules, arguments, now)])
    return VALID


def _check(url: str, rules: PriceRules, now: datetime) -> int:
    stored = _read_stored(url)
    refuse_version(stored, rules, read_reference_rules())
    in_force = rule_set_at(stored, now)
    held = read_reference_rules() if in_force is None else in_force.rules
    changes = list_differences(held, rules)
    count = str(len(changes)) if changes else "only the version"
    _print(
        [
            f"{rules.version} ({rules.digest}) is a valid rule set",
            f"differences from {held.version} ({held.digest}): {count}",
            *(f"  {change}" for change in changes),
        ]
    )
    warnings = list(_find_unknown_names(rules, _read_names(url)))
    _print(f"warning: {one}" for one in warnings)
    return WARNINGS if warnings else VALID


def _put(url: str, rules: PriceRules, arguments: argparse.Namespace, now: datetime) -> str:
    engine = database.open_existing(url)
    try:
        with database.writing(engine) as connection:
            put = put_rule_set(
                connection, rules, arguments.from_at, reference=read_reference_rules(),
                by=getpass.getuser(), now=now, reason=arguments.reason,
            )  # fmt: skip
    finally:
        engine.dispose()
    if put is None:
        return f"{rules.version} ({rules.digest}) is already in force: nothing is changed"
    at = put.from_at.isoformat(timespec="seconds")
    return f"{rules.version} ({rules.digest}) is in force from {at}, in every process"


def _read_stored(url: str) -> list[StoredRuleSet]:
    """Every stored rule set; none without a database, which is not created."""
    return list(_read(url, read_rule_sets) or ())


def _read_names(url: str) -> Mapping[str, frozenset[str]]:
    """The known names of each kind of selector; empty without a database."""
    return _read(url, _select_names) or {}


def _read(url: str, read: Callable[[Connection], Found]) -> Found | None:
    """What `read` returns; None and a sentence without a database, which is not created."""
    try:
        engine = database.open_existing(url)
    except database.NoDatabaseError as missing:
        sys.stderr.write(f"only the reference rules are known, since {missing}\n")
        return None
    try:
        with database.reading(engine) as connection:
            return read(connection)
    finally:
        engine.dispose()


def _select_names(connection: Connection) -> Mapping[str, frozenset[str]]:
    stores, products = retail_stores.c, retail_products.c
    cells = {
        "store": stores.store, "region": stores.region,
        "product": products.product, "category": products.category,
    }  # fmt: skip
    return {
        kind: frozenset(connection.execute(select(cell).distinct()).scalars())
        for kind, cell in cells.items()
    }


def _find_unknown_names(rules: PriceRules, known: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """A sentence for each selector that matches nothing; none where nothing is loaded."""
    for kind, names in rules.named.items():
        listed = known.get(kind, frozenset())
        for name in sorted(names):
            matches = name in listed or (
                kind == "category" and any(is_within(one, name) for one in listed)
            )
            if listed and not matches:
                yield unknown_word(kind, name, sorted(listed)[:20])


def _format_list(stored: list[StoredRuleSet], now: datetime) -> Iterator[str]:
    in_force = rule_set_at(stored, now)
    if in_force is None:
        reference = read_reference_rules()
        yield f"{reference.version} ({reference.digest}), the reference rules, in force"
    for one in stored:
        state = "in force" if one is in_force else "over" if one.from_at <= now else "to come"
        yield (
            f"{one.number:>6}  {one.rules.version}  {one.rules.digest}  from "
            f"{one.from_at.isoformat(timespec='seconds')}  {state}  put by {one.put_by}"
        )


def _read_instant(written: str) -> datetime:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{written[:40]!r} is not an instant: write 2030-03-01T00:00+00:00, for example"
        ) from None
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{written} names no moment: add its offset, such as Z")
    return at


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
