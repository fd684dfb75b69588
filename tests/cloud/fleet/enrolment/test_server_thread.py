"""A server on a thread reports its port, why it could not start, and that it has ended."""

import asyncio
import threading

import pytest

from cloud.fleet.enrolment.server import EnrolmentServerError
from cloud.fleet.enrolment.server_thread import ServerThread

PATIENCE_S = 10.0


def test_a_service_that_ends_later_is_noticed():
    async def serve(ready):
        ready(1)
        raise OSError("the network went")

    thread = ServerThread(serve)
    assert thread.start() == 1
    thread._thread.join(PATIENCE_S)
    with pytest.raises(EnrolmentServerError, match="has ended: the network went"):
        thread.check()
    thread.stop()


def test_a_service_that_listens_runs_until_it_is_stopped():
    cancelled = threading.Event()

    async def serve(ready):
        ready(8_883)
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    thread = ServerThread(serve)
    assert thread.start() == 8_883
    thread.check()
    thread.stop()
    assert cancelled.is_set()
    thread.stop()
    with pytest.raises(EnrolmentServerError, match="has ended: no reason given"):
        thread.check()


def test_a_service_that_cannot_start_raises_its_reason():
    async def serve(ready):
        raise OSError("address in use")

    with pytest.raises(OSError, match="address in use"):
        ServerThread(serve).start()
