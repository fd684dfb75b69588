"""Commit a batch of price points in one transaction: each once, and what is refused beside it.

A refused point changes nothing else: the others of its batch are committed. Duplicates are found
before outliers are, because a repeated point is no news about prices.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, text
from sqlalchemy import insert as plain_insert
from sqlalchemy.exc import IntegrityError, OperationalError

from cloud.database import microseconds, run_many, writing
from cloud.database.retail import retail_price_points
from cloud.ingest.retail.decode import ReceivedPoint
from cloud.ingest.retail.duplicates import StoredPoints
from cloud.ingest.retail.error_store import ErrorLimits, store_errors
from cloud.ingest.retail.master_data import MasterData
from cloud.ingest.retail.outliers import UsualPrices, judge
from cloud.ingest.retail.price_error import PriceError, PriceRefusal, describe_refusal
from cloud.ingest.retail.recent_prices import RecentPriceTable
from cloud.ingest.retail.rules import IngestRules
from cloud.ingest.retail.validate import ValidPoint, validate_message
from cloud.money import written
from cloud.retail_wire import PriceErrorReason

TRIES: Final = 5
"""Two writers that commit the same event at the same time: one of them tries again."""
COMMIT_LOCK: Final = 7_305_822
"""First key of PostgreSQL's advisory locks; the second is of the source. Arbitrary."""
RETRIED_STATES: Final = frozenset({"23505", "40001", "40P01"})
"""PostgreSQL: unique violation, serialization failure, deadlock."""
COLUMNS: Final = tuple(column.name for column in retail_price_points.columns if column.name != "id")
Result = TypeVar("Result")
_INSERT: Final = plain_insert(retail_price_points)


@dataclass(frozen=True, slots=True)
class PriceBatch:
    """The points of one transaction. `confirms_outliers`: a person has checked the prices."""

    source: str
    points: Sequence[ReceivedPoint]
    received_at: datetime
    confirms_outliers: bool = False


@dataclass(slots=True)
class BatchResult:
    """What became of the points of a batch."""

    committed: int = 0
    duplicates: int = 0
    flagged: int = 0  # committed promotions whose price is an outlier
    left_out: int = 0  # errors that are only counted
    errors: list[PriceError] = field(default_factory=list)

    def absorb(self, other: "BatchResult") -> None:
        """Add the result of another batch, without its errors."""
        self.committed += other.committed
        self.duplicates += other.duplicates
        self.flagged += other.flagged
        self.left_out += other.left_out


@dataclass(frozen=True, slots=True)
class IngestContext:
    """What a batch is checked against."""

    known: MasterData
    rules: IngestRules = field(default_factory=IngestRules)
    limits: ErrorLimits = field(default_factory=ErrorLimits)


def commit_batch(engine: Engine, batch: PriceBatch, context: IngestContext) -> BatchResult:
    """Commit in a transaction of its own."""
    return retry_conflicts(engine, lambda connection: commit_points(connection, batch, context))


def retry_conflicts(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    """The result of `work` in a transaction; again when another writer was faster."""
    for _ in range(TRIES - 1):
        try:
            with writing(engine) as connection:
                return work(connection)
        except (IntegrityError, OperationalError) as error:
            if getattr(error.orig, "sqlstate", None) not in RETRIED_STATES:
                raise
    with writing(engine) as connection:
        return work(connection)


def commit_points(connection: Connection, batch: PriceBatch, context: IngestContext) -> BatchResult:
    """Commit within a transaction, and store what is refused."""
    result = commit_valid(connection, batch, context)
    result.left_out = store_errors(
        connection, batch.source, result.errors, batch.received_at, context.limits
    )
    return result


def commit_valid(connection: Connection, batch: PriceBatch, context: IngestContext) -> BatchResult:
    """Commit within a transaction; what is refused is only in the result."""
    _lock_source(connection, batch.source)
    result = BatchResult()
    valid = _validate(batch, context, result)
    points = [one for _, one in valid]
    stored = StoredPoints(connection, batch.source, points)
    recent = RecentPriceTable(connection, ((one.point.store, one.point.sku) for one in points))
    rows, received_us = [], microseconds(batch.received_at)
    for received, one in valid:
        try:
            if stored.is_stored(one):
                result.duplicates += 1
                continue
            is_outlier = _judge(one, recent, batch, context.rules)
        except PriceRefusal as refusal:
            result.errors.append(_describe(refusal, received))
            continue
        stored.add(one)
        result.flagged += is_outlier
        rows.append(_to_row(one, batch, received_us, is_outlier=is_outlier))
    run_many(connection, _INSERT, COLUMNS, rows)
    recent.save()
    result.committed = len(rows)
    return result


def _lock_source(connection: Connection, source: str) -> None:
    """Writers of one source wait for each other; SQLite has a single writer."""
    if connection.dialect.name == "postgresql":
        statement = text("SELECT pg_advisory_xact_lock(:key, hashtext(:source))")
        connection.execute(statement, {"key": COMMIT_LOCK, "source": source})


def _validate(
    batch: PriceBatch, context: IngestContext, result: BatchResult
) -> list[tuple[ReceivedPoint, ValidPoint]]:
    valid = []
    for received in batch.points:
        if isinstance(received.read, PriceError):
            result.errors.append(received.read)
            continue
        try:
            one = validate_message(received.read, context.known, context.rules, batch.received_at)
        except PriceRefusal as refusal:
            result.errors.append(_describe(refusal, received))
        else:
            valid.append((received, one))
    return valid


def _describe(refusal: PriceRefusal, received: ReceivedPoint) -> PriceError:
    return describe_refusal(refusal, received.position, msgspec.json.encode(received.read))


def _judge(
    one: ValidPoint, recent: RecentPriceTable, batch: PriceBatch, rules: IngestRules
) -> bool:
    """Whether to flag the price; raises PriceRefusal for an outlier without promotion."""
    point, rule, price = one.point, rules.outliers, one.base_price_minor
    held = recent.get((point.store, point.sku))
    is_promoted = point.promotion is not None
    unusual = judge(price, held, is_promoted=is_promoted, rule=rule)
    if unusual is None:
        held.add(price, is_promoted=is_promoted, rule=rule)
        return False
    if batch.confirms_outliers:
        held.restart(price, is_promoted=is_promoted)
    elif is_promoted:
        held.add(price, is_promoted=True, rule=rule)
    else:
        raise _outlier(one, unusual)
    return True


def _outlier(one: ValidPoint, usual: UsualPrices) -> PriceRefusal:
    base = one.base_currency
    limits = " to ".join(written(amount, base) for amount in (usual.least_minor, usual.most_minor))
    return PriceRefusal(
        PriceErrorReason.OUTLIER, "price", f"{written(one.base_price_minor, base)} {base}",
        f"{limits} {base} by the recent prices of {one.point.sku} in {one.point.store}; "
        "confirm it with `retail errors replay --confirm-outlier`",
    )  # fmt: skip


def _to_row(
    one: ValidPoint, batch: PriceBatch, received_us: int, *, is_outlier: bool
) -> tuple[Any, ...]:
    """The values of `COLUMNS` as the driver takes them."""
    point = one.point
    return (
        batch.source, point.event_id, one.digest, point.product, point.sku, point.category,
        point.store, point.region, point.city, point.postcode, one.observed_us,
        point.price_minor, point.cost_minor, point.list_price_minor, point.discount_bp,
        point.currency, point.holiday, point.promotion, point.units, point.revenue_minor,
        point.inventory, point.competitor_price_minor, one.base_price_minor, one.base_cost_minor,
        one.base_revenue_minor, one.base_competitor_minor, one.base_currency,
        one.rated_on and one.rated_on.isoformat(), is_outlier, received_us,
    )  # fmt: skip
