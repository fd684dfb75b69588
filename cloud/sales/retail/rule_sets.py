"""Stored rule sets of retail prices: which one is in force when.

A rule set takes effect at an instant that is not in the past when it is stored. Every request reads
which one is in force, so all processes change at the same instant. No row is rewritten: an earlier
rule set takes effect again by being stored again. Of two from the same instant the later one holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    insert,
    select,
)

from cloud import database
from cloud.auth import audit
from cloud.database.bookings import PERSON
from cloud.pricing.retail.rules import PriceRules

PUT: Final = "retail_rules.put"
LONGEST_REASON: Final = 200

retail_rule_sets = Table(
    "retail_rule_sets",
    database.metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # of its audit entry
    Column("version", String(40), nullable=False),
    Column("digest", String(12), nullable=False),
    Column("from_at", database.Instant, nullable=False),
    Column("put_at", database.Instant, nullable=False),
    Column("put_by", PERSON, nullable=False),
    Column("reason", String(LONGEST_REASON)),
    Column("body", Text, nullable=False),  # JSON
)


_IN_FORCE: Final = (
    select(retail_rule_sets.c.number, retail_rule_sets.c.digest)
    .where(retail_rule_sets.c.from_at <= bindparam("at", type_=retail_rule_sets.c.from_at.type))
    .order_by(retail_rule_sets.c.from_at.desc(), retail_rule_sets.c.number.desc())
    .limit(1)
)


class RuleSetRefused(ValueError):  # noqa: N818 - reads as what happened
    """A rule set that cannot be put."""


@dataclass(frozen=True, slots=True)
class RuleSetRef:
    """A stored rule set without its content."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class StoredRuleSet:
    """A rule set, and the instant from which it is in force."""

    number: int
    from_at: datetime
    put_at: datetime
    put_by: str
    reason: str | None
    rules: PriceRules


def put_rule_set(
    connection: Connection,
    rules: PriceRules,
    from_at: datetime | None,
    *,
    reference: PriceRules,
    by: str,
    now: datetime,
    reason: str | None = None,
) -> StoredRuleSet | None:
    """Put a rule set in force from an instant on; None when it is already in force then.

    `reference` is the rule set without any stored one. Raises RuleSetRefused.
    """
    audit.lock_log(connection)
    from_at = _require_ahead(from_at, now)
    stored = read_rule_sets(connection)
    refuse_version(stored, rules, reference)
    before = rule_set_at(stored, from_at)
    if before is not None and before.rules.digest == rules.digest:
        return None
    details: dict[str, Any] = {
        "version": rules.version, "digest": rules.digest, "from": from_at, "reason": reason,
    }  # fmt: skip
    number = audit.record_change(
        connection, at=now, actor=by, action=PUT, about=rules.version, details=details
    )
    new = StoredRuleSet(number, from_at, now, by, reason, rules)
    connection.execute(insert(retail_rule_sets).values(_to_row(new)))
    return new


def refuse_version(
    stored: Sequence[StoredRuleSet], rules: PriceRules, reference: PriceRules
) -> None:
    """Raise RuleSetRefused where another rule set has the version."""
    known = {reference.version: reference, **{one.rules.version: one.rules for one in stored}}
    same = known.get(rules.version)
    if same is not None and same.digest != rules.digest:
        raise RuleSetRefused(
            f"there is another rule set of the version {rules.version!r} ({same.digest}): change "
            f"the version of this one ({rules.digest})"
        )


def read_rule_sets(connection: Connection) -> Sequence[StoredRuleSet]:
    """Every stored rule set, in the order in which they take effect."""
    columns = retail_rule_sets.c
    rows = connection.execute(select(retail_rule_sets).order_by(columns.from_at, columns.number))
    return [_rule_set(row) for row in rows.mappings()]


def rule_set_at(stored: Sequence[StoredRuleSet], at: datetime) -> StoredRuleSet | None:
    """The rule set in force at an instant; None before the first."""
    return next((one for one in reversed(stored) if one.from_at <= at), None)


def read_ref_in_force(connection: Connection, at: datetime) -> RuleSetRef | None:
    """Which rule set is in force; None where none is stored. One row is read."""
    row = connection.execute(_IN_FORCE, {"at": at}).one_or_none()
    return None if row is None else RuleSetRef(*row)


def read_rule_set(connection: Connection, number: int) -> StoredRuleSet:
    """One stored rule set."""
    wanted = select(retail_rule_sets).where(retail_rule_sets.c.number == number)
    return _rule_set(connection.execute(wanted).mappings().one())


def digest_of_body(body: str) -> str:
    """The digest of a stored rule set, from its content."""
    return _decoder.decode(body).digest


def _require_ahead(from_at: datetime | None, now: datetime) -> datetime:
    if from_at is None:
        return now
    if from_at < now:
        raise RuleSetRefused(
            f"{from_at.isoformat()} is past: give an instant from "
            f"{now.isoformat(timespec='seconds')} on, or none for now"
        )
    return from_at.astimezone(UTC)


_decoder: Final = msgspec.json.Decoder(PriceRules)


def _to_row(one: StoredRuleSet) -> dict[str, Any]:
    return {
        "number": one.number, "version": one.rules.version, "digest": one.rules.digest,
        "from_at": one.from_at, "put_at": one.put_at, "put_by": one.put_by, "reason": one.reason,
        "body": msgspec.json.encode(one.rules, order="sorted").decode(),
    }  # fmt: skip


def _rule_set(row: Any) -> StoredRuleSet:
    rules = _decoder.decode(row["body"])
    return StoredRuleSet(
        row["number"], row["from_at"], row["put_at"], row["put_by"], row["reason"], rules
    )
