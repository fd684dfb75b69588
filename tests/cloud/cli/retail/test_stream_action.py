"""`retail stream` processes batches until it is stopped, and counts what became of them."""

import threading
from pathlib import Path

from prometheus_client import REGISTRY

from cloud.cli.retail.stream_action import stream
from cloud.ingest.retail.master_data import MasterDataCache
from cloud.ingest.retail.price_consumer import PriceConsumer
from cloud.ingest.retail.rules import IngestRules
from cloud.ingest.sources.memory import MemorySource
from tests.cloud.databases import new_engine
from tests.cloud.ingest.retail.price_messages import (
    NOW,
    message_of,
    read_points,
    store_master_data,
)

TOPIC = "onlooker/v1/retail/till-7/price-points"


class LastSource(MemorySource):
    """Sets the event when its last messages are acknowledged."""

    def __init__(self, stopping: threading.Event, *payloads: bytes) -> None:
        super().__init__((TOPIC, payload) for payload in payloads)
        self._stopping = stopping
        self.is_closed = False

    def acknowledge(self, deliveries: object) -> None:
        self._stopping.set()

    def close(self) -> None:
        self.is_closed = True


def _read(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


def test_batches_are_counted_until_the_signal(tmp_path: Path) -> None:
    engine, stopping = new_engine(tmp_path), threading.Event()
    store_master_data(engine)
    before = _read("onlooker_retail_refused_points_total", reason="negative_units")
    committed = _read("onlooker_retail_points_total")
    source = LastSource(stopping, message_of(), message_of(event_id="e2", units=-1))
    known = MasterDataCache(engine, IngestRules(), lambda: NOW)
    stream(PriceConsumer(source, engine, known, clock=lambda: NOW), stopping)
    assert source.is_closed
    assert len(read_points(engine)) == 1
    assert _read("onlooker_retail_points_total") == committed + 1
    assert _read("onlooker_retail_refused_points_total", reason="negative_units") == before + 1
    engine.dispose()
