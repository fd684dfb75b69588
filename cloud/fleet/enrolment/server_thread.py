"""Runs the enrolment service on a thread with its own event loop, and reports its failure.

The program must not run without a server that cannot start: `start` waits until the service listens
or has failed, and `check` raises the error that ended it later.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Final

from cloud.fleet.enrolment.server import EnrolmentServerError

READY_TIMEOUT_S: Final = 30.0

Serve = Callable[[Callable[[int], None]], Coroutine[Any, Any, None]]


class ServerThread:
    """`serve` takes a function that receives its port, and runs until it is cancelled."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._port: Future[int] = Future()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="enrolment")

    def start(self) -> int:
        """The port, once the service listens; raises its error."""
        self._thread.start()
        try:
            return self._port.result(READY_TIMEOUT_S)
        except BaseException:
            self.stop()
            raise

    def check(self) -> None:
        """Raise EnrolmentServerError when the service has ended by itself."""
        if not self._thread.is_alive():
            raise EnrolmentServerError(
                f"the enrolment service has ended: {self._failure or 'no reason given'}"
            )

    def stop(self) -> None:
        """Stop the service; stopping it twice changes nothing."""
        with suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        try:
            self._task = self._loop.create_task(self._serve(self._set_port))
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised on the thread that waits
            self._failure = error
            if not self._port.done():
                self._port.set_exception(error)
        finally:
            self._loop.close()

    def _set_port(self, port: int) -> None:
        self._port.set_result(port)
