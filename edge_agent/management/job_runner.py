"""What jobs have in common: the means they may use, how they end, and work done beside the rest."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from edge_agent.identity.folder import IdentityFolder
from edge_agent.management.config_shadow import ConfigKeeper, Measuring
from edge_agent.management.mqtt_rpc import Line, tellable
from edge_agent.settings.camera_settings import Settings
from edge_agent.updates.model_store import ModelStore
from wire.jobs import JobResult
from wire.scalars import DeviceId

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Means:
    """What a job may lay its hands on. `restart` ends this process in order and begins anew, as
    another version if its slot is given;
    `boot` tells one process from the next; `report` gathers what a diagnosis sends.
    """

    device: DeviceId
    own: Settings
    camera: Measuring
    shadow: ConfigKeeper
    models: ModelStore
    identity: IdentityFolder
    line: Line
    clock: Callable[[], datetime]
    boot: str
    restart: Callable[[Path | None], None]
    report: Callable[[], bytes]


class Undertaking(Protocol):
    """A job at work. `pump` is called often, from one thread; what it raises fails the job."""

    def pump(self, now_s: float) -> JobResult | None: ...

    def abandon(self) -> None:
        """The fleet has changed its mind: leave things as they were."""
        ...


class Apart(Generic[T]):
    """Something that takes its time, in a thread of its own."""

    def __init__(self, act: Callable[[], T]) -> None:
        self._act = act
        self._result: list[T] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self) -> T | None:
        """What came of it, None while it is at work; raises what it raised."""
        if self._thread.is_alive():
            return None
        if self._error is not None:
            raise self._error
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(self._act())
        except Exception as error:  # noqa: BLE001  told where the result is asked for
            self._error = error


def succeeded(**details: str) -> JobResult:
    return JobResult(status="SUCCEEDED", details=details)


def failed(reason: str, **details: str) -> JobResult:
    return JobResult(status="FAILED", details={"reason": tellable(reason), **details})


def rejected(reason: str) -> JobResult:
    return JobResult(status="REJECTED", details={"reason": tellable(reason)})
