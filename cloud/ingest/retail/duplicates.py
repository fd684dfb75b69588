"""Which points of a batch are stored already, by event and by business key.

The same event, or the same store, SKU and time, with the same content is ignored and counted. With
other content it is a conflict: the stored point stays as it is.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from cloud.database.retail import retail_price_points
from cloud.ingest.retail.batch_lookup import find_by_columns
from cloud.ingest.retail.price_error import PriceRefusal
from cloud.ingest.retail.validate import ValidPoint
from cloud.retail_wire import PriceErrorReason

Key = tuple[str, str, int]
"""Store, SKU and time of observation in microseconds."""


class StoredPoints:
    """The digests of stored points, by event and by key."""

    def __init__(self, connection: Connection, source: str, points: Sequence[ValidPoint]) -> None:
        events = sorted({(source, one.point.event_id) for one in points})
        keys = sorted({key_of(one) for one in points})
        self._events: dict[str, str] = dict(
            tuple(row)
            for row in find_by_columns(
                connection, retail_price_points, ("source", "event_id"), events,
                ("event_id", "digest"),
            )
        )  # fmt: skip
        self._keys: dict[Key, str] = {
            (store, sku, at): digest
            for store, sku, at, digest in find_by_columns(
                connection, retail_price_points, ("store", "sku", "observed_at"), keys,
                ("store", "sku", "observed_at", "digest"),
            )
        }  # fmt: skip

    def is_stored(self, one: ValidPoint) -> bool:
        """Whether this point is stored; raises PriceRefusal for one with other content."""
        point = one.point
        for what, digest in (
            (f"event {point.event_id}", self._events.get(point.event_id)),
            (f"{point.store}, {point.sku} at this time", self._keys.get(key_of(one))),
        ):
            if digest is not None and digest != one.digest:
                raise PriceRefusal(
                    PriceErrorReason.CONFLICTING_DUPLICATE,
                    "event_id" if what.startswith("event ") else "observed_at",
                    f"{what} again with other content",
                    "the content that is stored, or another event and time",
                )
            if digest is not None:
                return True
        return False

    def add(self, one: ValidPoint) -> None:
        """Count a point of the batch among those stored."""
        self._events[one.point.event_id] = self._keys[key_of(one)] = one.digest


def key_of(one: ValidPoint) -> Key:
    """The business key of a point."""
    return one.point.store, one.point.sku, one.observed_us
