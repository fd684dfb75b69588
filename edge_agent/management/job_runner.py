"""What job runners share: their context, their outcomes, and background tasks."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from edge_agent.identity.folder import IdentityFolder
from edge_agent.management.config_shadow import ConfigShadow, MeasuringCamera
from edge_agent.management.mqtt_rpc import RpcLink, redact_reason
from edge_agent.management.remote_preview import RemotePreview
from edge_agent.settings.camera_settings import Settings
from edge_agent.updates.model_store import ModelStore
from wire.fleet.jobs import JobResult
from wire.scalars import DeviceId

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job may use. `restart` ends this process in order and starts another, from a slot of
    another version if one is given. `boot` identifies the process; `report` builds a diagnostic
    report.
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
    preview: RemotePreview


class JobRunner(Protocol):
    """Runs one job. `pump` is called often, from one thread; an exception fails the job."""

    def pump(self, now_s: float) -> JobResult | None: ...

    def abandon(self) -> None:
        """The job was cancelled: restore the state before it."""
        ...


class BackgroundTask(Generic[T]):
    """Runs a slow function in a thread of its own."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._result: list[T] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self) -> T | None:
        """The result, None while the function runs; raises its exception."""
        if self._thread.is_alive():
            return None
        if self._error is not None:
            raise self._error
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(self._function())
        except Exception as error:  # noqa: BLE001  raised again by `result`
            self._error = error


def succeed(**details: str) -> JobResult:
    return JobResult(status="SUCCEEDED", details=details)


def fail(reason: str, **details: str) -> JobResult:
    return JobResult(status="FAILED", details={"reason": redact_reason(reason), **details})


def reject(reason: str) -> JobResult:
    return JobResult(status="REJECTED", details={"reason": redact_reason(reason)})
