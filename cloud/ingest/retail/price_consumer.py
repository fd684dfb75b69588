"""The consumer loop of price points: receive a batch, commit it, acknowledge it to the broker.

A message is one point or an array of points. Its topic names the sender:
`onlooker/v1/retail/SENDER/price-points`. A batch is one transaction; while the database is not
available it is tried again, and the broker keeps what is not acknowledged. A point whose values the
database refuses becomes an entry of the error queue by itself.
"""

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError

from cloud.database.failures import failure_of, is_passing
from cloud.ingest.retail.commit import (
    BatchResult,
    IngestContext,
    PriceBatch,
    commit_points,
    retry_conflicts,
)
from cloud.ingest.retail.decode import ReceivedPoint, decode_points
from cloud.ingest.retail.master_data import MasterDataCache
from cloud.ingest.retail.price_error import PriceError, PriceRefusal, describe_refusal
from cloud.ingest.sources.kinesis_record import UNREADABLE_TOPIC
from cloud.ingest.sources.message_source import BatchLimits, Delivery, MessageSource
from cloud.retail_wire import PriceErrorReason
from wire.topics import RETAIL_FILTER

log = logging.getLogger(__name__)

TOPIC: Final = re.compile(RETAIL_FILTER.replace("+", "(?P<sender>[^/]{1,63})"))
DIRECT_SOURCE: Final = "kinesis"
"""Records that no IoT rule wrote: their producers share the event ids."""
LONGEST_SOURCE: Final = 63
RETRY_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
DATA_ERRORS: Final = (DataError, OverflowError, UnicodeError)


class PriceConsumer:
    """Moves price points from a source into the database."""

    def __init__(
        self,
        source: MessageSource,
        engine: Engine,
        known: MasterDataCache,
        *,
        clock: Callable[[], datetime],
        limits: BatchLimits = BatchLimits(),  # noqa: B008  frozen
        stopping: threading.Event | None = None,
    ) -> None:
        self._source = source
        self._engine = engine
        self._known = known
        self._clock = clock
        self._limits = limits
        self._stopping = stopping or threading.Event()

    def step(self) -> BatchResult | None:
        """Process one batch; None when there was none or the database stayed unavailable."""
        deliveries = self._source.receive(self._limits)
        if not deliveries:
            return None
        batches = group_by_source(deliveries, self._clock())
        result = self._retry(batches)
        if result is not None:
            self._source.acknowledge(deliveries)
        return result

    def finish(self) -> None:
        """Close the source."""
        self._source.close()

    def _retry(self, batches: Sequence[PriceBatch]) -> BatchResult | None:
        for attempt in count():
            try:
                return self._commit(batches)
            except DATA_ERRORS:
                return self._commit_singly(batches)
            except DBAPIError as error:
                if not is_passing(error):
                    raise
                level = logging.WARNING if attempt == 3 else logging.DEBUG
                log.log(level, "database.unavailable", extra={"reason": failure_of(error)})
            if self._stopping.wait(RETRY_S[min(attempt, len(RETRY_S) - 1)]):
                return None
        raise AssertionError("count() has no end")

    def _commit(self, batches: Sequence[PriceBatch]) -> BatchResult:
        context = IngestContext(self._known.get(), self._known.rules)

        def commit(connection: Connection) -> BatchResult:
            whole = BatchResult()
            for batch in batches:
                result = commit_points(connection, batch, context)
                whole.absorb(result)
                whole.errors.extend(result.errors)
            return whole

        return retry_conflicts(self._engine, commit)

    def _commit_singly(self, batches: Sequence[PriceBatch]) -> BatchResult:
        """Each point by itself; one that the database refuses is queued."""
        whole = BatchResult()
        for batch in batches:
            for point in batch.points:
                try:
                    result = self._commit([replace(batch, points=[point])])
                except DATA_ERRORS as error:
                    result = self._commit([replace(batch, points=[_refuse(point, error)])])
                whole.absorb(result)
                whole.errors.extend(result.errors)
        return whole


def group_by_source(deliveries: Sequence[Delivery], now: datetime) -> list[PriceBatch]:
    """One batch for each sender, by name, so that two consumers lock them in the same order."""
    points: dict[str, list[ReceivedPoint]] = {}
    for delivery in deliveries:
        source = name_source(delivery.topic)
        points.setdefault(source, []).extend(decode_points(delivery.payload, delivery.topic[:150]))
    return [PriceBatch(source, some, now) for source, some in sorted(points.items())]


def name_source(topic: str) -> str:
    """Who sent a message, by its topic."""
    if topic == UNREADABLE_TOPIC:
        return DIRECT_SOURCE
    found = TOPIC.fullmatch(topic)
    name = found["sender"] if found else topic
    return name.replace("\0", "?")[:LONGEST_SOURCE]


def _refuse(point: ReceivedPoint, error: Exception) -> ReceivedPoint:
    reason = failure_of(error) if isinstance(error, DBAPIError) else type(error).__name__
    refusal = PriceRefusal(
        PriceErrorReason.UNREADABLE, None, f"values that the database refuses ({reason})",
        "values that it can store",
    )  # fmt: skip
    read = point.read
    payload = read.payload if isinstance(read, PriceError) else msgspec.json.encode(read)
    return ReceivedPoint(point.position, describe_refusal(refusal, point.position, payload))
