"""Compare the tables of retail prices with the audit log.

Each price is as it was approved and as its last entry of a state left it; each batch of
recommendations is as it was proposed, and each decision as it was made. What became of a decided
recommendation (active, superseded, rolled back) follows from its price.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, parse_instant, read_rows
from cloud.sales.retail.decisions import DECIDE, EXPIRE, PROPOSE, digest_of
from cloud.sales.retail.experiment_steps import LOGGED, START, STOP
from cloud.sales.retail.price_steps import APPROVE, APPROVED_FIELDS, SET_STATE, STATE_FIELDS
from cloud.sales.retail.prices import PriceState
from cloud.sales.retail.recommendation_store import RecommendationState
from cloud.sales.retail.tables import (
    retail_experiments,
    retail_prices,
    retail_recommendations,
)

INSTANTS: Final = ("starts_at", "ends_at", "activated_at")
UNDECIDED: Final = (RecommendationState.PROPOSED.value, RecommendationState.EXPIRED.value)


class RetailPriceComparison:
    """`retail_prices`: no row is deleted."""

    def __init__(self) -> None:
        self._approved: dict[str, tuple[AuditEntry, Details]] = {}
        self._state: dict[str, tuple[AuditEntry, Details]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        """Take an entry of the log into account."""
        if entry.action == APPROVE:
            self._approved[entry.object] = entry, details
        elif entry.action == SET_STATE:
            self._state[entry.object] = entry, details

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each difference."""
        rows = {row["id"]: row for row in read_rows(connection, retail_prices)}
        for name in sorted(rows.keys() | self._approved.keys()):
            what = f"retail_prices: price {name}"
            if name not in self._approved:
                yield f"{what} has no entry that it was approved"
                continue
            entry, details = self._approved[name]
            wanted = _values(details, APPROVED_FIELDS)
            if name in self._state:
                del wanted["ends_at"]
            yield from describe_differences(
                what, entry, rows.get(name), approved_by=entry.actor, approved_at=entry.at, **wanted
            )
            if name in rows:
                yield from self._compare_state(what, entry, rows[name])

    def _compare_state(self, what: str, approved: AuditEntry, row: Any) -> Iterator[str]:
        if approved.object not in self._state:
            scheduled = PriceState.SCHEDULED.value
            yield from describe_differences(what, approved, row, state=scheduled, activated_at=None)
            return
        entry, details = self._state[approved.object]
        yield from describe_differences(what, entry, row, **_values(details, STATE_FIELDS))


class RecommendationComparison:
    """`retail_recommendations`: batches as they were proposed, rows as they were decided on."""

    def __init__(self) -> None:
        self._proposed: dict[str, tuple[AuditEntry, Details]] = {}
        self._decided: dict[str, tuple[AuditEntry, Details]] = {}
        self._expired: dict[str, AuditEntry] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        """Take an entry of the log into account."""
        if entry.action == PROPOSE:
            self._proposed[entry.object] = entry, details
        elif entry.action == DECIDE:
            self._decided[entry.object] = entry, details
        elif entry.action == EXPIRE:
            self._expired[entry.object] = entry

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each difference."""
        batches: dict[str, list[Mapping[str, Any]]] = {}
        for row in read_rows(connection, retail_recommendations):
            batches.setdefault(row["batch"], []).append(row)
        for batch in sorted(batches.keys() | self._proposed.keys()):
            yield from self._compare_batch(batch, batches.get(batch, []))
            for row in batches.get(batch, []):
                yield from self._compare_decision(row)

    def _compare_batch(self, batch: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        what = f"retail_recommendations: batch {batch}"
        if batch not in self._proposed:
            yield f"{what} has no entry that it was proposed"
            return
        entry, details = self._proposed[batch]
        count = details["count"]
        if len(rows) != count:
            yield f"{what} has {len(rows)} rows, and entry {entry.number} records {count}"
        elif digest_of(rows) != details["digest"]:
            yield f"{what} is not the one of entry {entry.number}: its digest is another"

    def _compare_decision(self, row: Mapping[str, Any]) -> Iterator[str]:
        what = f"retail_recommendations: recommendation {row['id']}"
        if row["id"] in self._decided:
            entry, details = self._decided[row["id"]]
            yield from describe_differences(
                what, entry, row, decided_minor=details["price_minor"], reason=details["reason"],
                decided_by=entry.actor, decided_at=entry.at,
            )  # fmt: skip
            if row["state"] in UNDECIDED:
                yield f"{what} is {row['state']}, and entry {entry.number} records a decision"
        elif row["state"] not in UNDECIDED or row["decided_minor"] is not None:
            yield f"{what} is {row['state']} without an entry of a decision"
        elif row["state"] == UNDECIDED[1] and row["id"] not in self._expired:
            yield f"{what} is expired without an entry"


class ExperimentComparison:
    """`retail_experiments`: as they were started, and when they were stopped."""

    def __init__(self) -> None:
        self._started: dict[str, tuple[AuditEntry, Details]] = {}
        self._stopped: dict[str, tuple[AuditEntry, Details]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        """Take an entry of the log into account."""
        if entry.action == START:
            self._started[entry.object] = entry, details
        elif entry.action == STOP:
            self._stopped[entry.object] = entry, details

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each difference."""
        rows = {row["id"]: row for row in read_rows(connection, retail_experiments)}
        for name in sorted(rows.keys() | self._started.keys()):
            what = f"retail_experiments: experiment {name}"
            if name not in self._started:
                yield f"{what} has no entry that it was started"
                continue
            entry, details = self._started[name]
            stop, why = self._stopped.get(name, (None, {"reason": None}))
            yield from describe_differences(
                what, entry, rows.get(name), created_at=entry.at, created_by=entry.actor,
                stopped_at=stop.at if stop else None, stopped_by=stop.actor if stop else None,
                stop_reason=why["reason"], **_values(details, (*LOGGED, "starts_at", "ends_at")),
            )  # fmt: skip


def _values(details: Details, names: Sequence[str]) -> Details:
    """The recorded values as the table has them."""
    return {
        name: parse_instant(details[name]) if name in INSTANTS else details[name] for name in names
    }
