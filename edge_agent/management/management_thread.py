"""Dispatches messages from the cloud to their handlers, in a thread beside measurement.

A download or a slow broker never delays a frame. An exception in a handler is logged; the other
handlers and the measurement continue.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

from edge_agent.management.mqtt_rpc import RpcLink, parse_body
from wire.fleet.device_config import PRIVACY_SHADOW, jobs_topic, shadow_topic
from wire.scalars import DeviceId

log = logging.getLogger(__name__)

STEP_S: Final = 0.2


class MessageHandler(Protocol):
    """Handles messages of one topic prefix, and periodic work."""

    def handle_message(self, topic: str, body: Mapping[str, Any], now_s: float) -> None: ...

    def pump(self, now_s: float) -> None: ...


class ManagementThread:
    """Runs from enter to exit. `shadow`, `jobs` and `manifest` receive messages, `others` none."""

    def __init__(
        self,
        device: DeviceId,
        line: RpcLink,
        *,
        shadow: MessageHandler,
        jobs: MessageHandler | None = None,
        manifest: MessageHandler | None = None,
        others: Sequence[MessageHandler] = (),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line = line
        self._handlers = {shadow_topic(device, ""): shadow}
        if jobs is not None:
            self._handlers[jobs_topic(device, "")] = jobs
        if manifest is not None:
            self._handlers[shadow_topic(device, "", shadow=PRIVACY_SHADOW)] = manifest
        for number, handler in enumerate(others):
            self._handlers[f"(no topic {number})"] = handler
        self._steady = steady
        self._failing: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{device}.management", daemon=True)

    def __enter__(self) -> "ManagementThread":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping.set()
        self._thread.join()

    def step(self) -> None:
        """Dispatch received messages, then run periodic work."""
        now_s = self._steady()
        for topic, payload in self._line.take_messages():
            for prefix, handler in self._handlers.items():
                if topic.startswith(prefix):
                    self._call(
                        prefix, partial(handler.handle_message, topic, parse_body(payload), now_s)
                    )
        for prefix, handler in self._handlers.items():
            self._call(prefix, partial(handler.pump, now_s))

    def _call(self, prefix: str, call: Callable[[], None]) -> None:
        """Call a handler; log the first of repeated exceptions."""
        try:
            call()
        except Exception:
            if prefix not in self._failing:
                log.exception("management.handler_failed", extra={"topic": prefix})
            self._failing.add(prefix)
        else:
            self._failing.discard(prefix)

    def _run(self) -> None:
        while not self._stopping.wait(STEP_S):
            self.step()
