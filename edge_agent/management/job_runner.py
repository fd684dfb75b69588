"""What jobs have in common: the means they may use, how they end, and work done beside the rest."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from edge_agent.identity.folder import IdentityFolder
from edge_agent.management.config_shadow import ConfigShadow, MeasuringCamera
from edge_agent.management.mqtt_rpc import RpcLink, redact_reason
from edge_agent.settings.camera_settings import Settings
from edge_agent.updates.model_store import ModelStore
from wire.jobs import JobResult
from wire.scalars import DeviceId

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job may lay its hands on. `restart` ends this process in order and begins anew, as
    another version if its slot is given;
    `boot` tells one process from the next; `report` gathers what a diagnosis sends.
    """

    device: DeviceId
    own: Settings
    camera: MeasuringCamera
    shadow: ConfigShadow
    models: ModelStore
    identity: IdentityFolder
    line: RpcLink
    clock: Callable[[], datetime]
    boot: str
    restart: Callable[[Path | None], None]
    report: Callable[[], bytes]


class JobRunner(Protocol):
    """A job at work. `pump` is called often, from one thread; what it raises fails the job."""

    def pump(self, now_s: float) -> JobResult | None: ...

    def abandon(self) -> None:
        """The fleet has changed its mind: leave things as they were."""
        ...


class BackgroundTask(Generic[T]):
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


def succeed(**details: str) -> JobResult:
    return JobResult(status="SUCCEEDED", details=details)


def fail(reason: str, **details: str) -> JobResult:
    return JobResult(status="FAILED", details={"reason": redact_reason(reason), **details})


def reject(reason: str) -> JobResult:
    return JobResult(status="REJECTED", details={"reason": redact_reason(reason)})
