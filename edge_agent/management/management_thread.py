"""One camera's steward: hears what the fleet says, answers, and works beside the measuring.

It has a thread of its own, so that neither a download nor a slow broker ever holds up a picture,
and it must not fall: what goes wrong in it is told of, and the camera measures on.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

from edge_agent.management.mqtt_rpc import RpcLink, parse_body
from wire.device_config import PRIVACY_SHADOW, jobs_topic, shadow_topic
from wire.scalars import DeviceId

log = logging.getLogger(__name__)

STEP_S: Final = 0.2


class MessageHandler(Protocol):
    """What takes care of one kind of message."""

    def handle_message(self, topic: str, body: Mapping[str, Any], now_s: float) -> None: ...

    def pump(self, now_s: float) -> None: ...


class ManagementThread:
    """Enter to begin, leave to end. `shadow`, `jobs` and `declaration` hear the fleet."""

    def __init__(
        self,
        device: DeviceId,
        line: RpcLink,
        *,
        shadow: MessageHandler,
        jobs: MessageHandler | None = None,
        declaration: MessageHandler | None = None,
        others: Sequence[MessageHandler] = (),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line = line
        self._offices = {shadow_topic(device, ""): shadow}
        if jobs is not None:
            self._offices[jobs_topic(device, "")] = jobs
        if declaration is not None:
            self._offices[shadow_topic(device, "", shadow=PRIVACY_SHADOW)] = declaration
        for number, office in enumerate(others):
            self._offices[f"(no topic {number})"] = office
        self._steady = steady
        self._fallen: set[str] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"{device}.steward", daemon=True)

    def __enter__(self) -> "ManagementThread":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def step(self) -> None:
        """Hear what has come, then do what is due."""
        now_s = self._steady()
        for topic, payload in self._line.take_messages():
            for root, office in self._offices.items():
                if topic.startswith(root):
                    self._safely(
                        root, partial(office.handle_message, topic, parse_body(payload), now_s)
                    )
        for root, office in self._offices.items():
            self._safely(root, partial(office.pump, now_s))

    def _safely(self, root: str, act: Callable[[], None]) -> None:
        """One office's fall ends neither the other nor the measuring; it is told of once."""
        try:
            act()
        except Exception:
            if root not in self._fallen:
                log.exception("steward.fell", extra={"office": root})
            self._fallen.add(root)
        else:
            self._fallen.discard(root)

    def _serve(self) -> None:
        while not self._ended.wait(STEP_S):
            self.step()
