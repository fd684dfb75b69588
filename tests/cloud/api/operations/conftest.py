"""Fixtures of the API, and dead letters of two devices."""

import pytest

from cloud.app.context import AppContext
from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.memory import MemorySource
from wire.envelope import audience_event, encode_event

KX = "onlooker/v1/KX-01/kx-01-cam-1/audience"
LB = "onlooker/v1/LB-01/lb-01-cam-1/audience"
HOSTILE = b'{"<img src=x onerror=alert(1)>": "\xe2\x80\xae\x1b[31m\xff'


def consume(context: AppContext, topic: str, payload: bytes, *, known: bool = True) -> None:
    source = MemorySource([(topic, payload)])
    Consumer(source, context.engine, is_listed=lambda *_: known, clock=context.clock).step()


@pytest.fixture
def letters(context: AppContext, report, clock) -> AppContext:
    """Number 1 hostile and 2 too large from KX-01; 3 of LB-01, which was not listed."""
    consume(context, KX, HOSTILE)
    consume(context, KX, b"x" * 200_000)
    one = report(1, location="LB-01", device="lb-01-cam-1", starts_at=clock.now.replace(hour=11))
    consume(context, LB, encode_event(audience_event(one)), known=False)
    return context
