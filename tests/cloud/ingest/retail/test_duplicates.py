"""Stored points are found by event and by store, SKU and time."""

from pathlib import Path

import msgspec
import pytest

from cloud.database import reading
from cloud.ingest.retail.duplicates import StoredPoints, key_of
from cloud.ingest.retail.price_error import PriceRefusal
from cloud.ingest.retail.rules import IngestRules
from cloud.ingest.retail.validate import ValidPoint, validate_message
from cloud.retail_wire import PriceMessage
from tests.cloud.databases import new_engine
from tests.cloud.ingest.retail.price_messages import KNOWN, NOW, SOURCE, message_of, send


def _valid(**changes: object) -> ValidPoint:
    message = msgspec.json.decode(message_of(**changes), type=PriceMessage)
    return validate_message(message, KNOWN, IngestRules(), NOW)


def test_points_are_stored_once_they_are_committed_or_added(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    send(engine, message_of())
    first, other = _valid(), _valid(event_id="e2", observed_at="2026-03-09T22:00:00Z")
    with reading(engine) as connection:
        stored = StoredPoints(connection, SOURCE, [first, other])
        assert stored.is_stored(first)
        assert not stored.is_stored(other)
        stored.add(other)
        assert stored.is_stored(other)
        with pytest.raises(PriceRefusal, match="event S001-1 again"):
            stored.is_stored(_valid(units=11))
        with pytest.raises(PriceRefusal, match="S001, SKU-1 at this time"):
            stored.is_stored(_valid(event_id="e3", units=11))
    engine.dispose()


def test_the_key_is_the_instant_whatever_its_offset() -> None:
    assert key_of(_valid()) == key_of(_valid(observed_at="2026-03-09T22:00:00+01:00"))
