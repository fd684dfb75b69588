"""The fleet's part in one enrolled camera: what it starts with, what it listens to, who attends."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge_agent.identity.folder import IdentityFolder
from edge_agent.management import config_store, diagnostics
from edge_agent.management.certificate_renewal import CertificateRenewal
from edge_agent.management.config_shadow import (
    ConfigShadow,
    MeasuringCamera,
    NetworkLoader,
    effective_settings,
)
from edge_agent.management.job_processor import JobProcessor
from edge_agent.management.job_runner import JobContext
from edge_agent.management.management_thread import ManagementThread
from edge_agent.management.mqtt_rpc import RpcLink
from edge_agent.management.privacy_manifest import ManifestReporter
from edge_agent.management.self_check import ReadinessNotifier
from edge_agent.perception.networks import Networks
from edge_agent.settings.camera_settings import Settings
from edge_agent.updates.model_store import ModelStore
from edge_agent.versions import current_versions
from wire.device_config import response_topics
from wire.scalars import DeviceId

CONFIG_FILE: Final = "config.json"
JOB_FILE: Final = "job.json"
MODELS_FOLDER: Final = "models"
BOOT_ID: Final = secrets.token_hex(8)  # of this process


class DeviceManagement:
    """Of one camera; its memory lies in the identity's folder.

    `provided` opens the networks that came with the program. `restart` ends this process in order
    and begins another. `well` is told when the camera delivers and the broker has let it in.
    """

    def __init__(
        self,
        folder: IdentityFolder,
        settings: Settings,
        provided: NetworkLoader,
        *,
        restart: Callable[[Path | None], None],
        tail: diagnostics.LogTail,
        on_ready: Callable[[DeviceId], None] = lambda _device: None,
    ) -> None:
        self._folder = folder
        self._device = folder.read_identity().device
        self._config = folder.path / CONFIG_FILE
        self._models = ModelStore(folder.path / MODELS_FOLDER, provided)
        self._given = settings
        self._own = self._models.apply_choice(settings)
        self._restart = restart
        self._tail = tail
        self._well = on_ready
        self.subscriptions = response_topics(self._device)
        self.settings = effective_settings(
            self._own, config_store.load_config(self._config), self._models.load
        )

    @property
    def networks(self) -> Networks:
        """What the camera begins with."""
        return self._models.load(self.settings)

    @contextmanager
    def attend(self, camera: MeasuringCamera, line: RpcLink) -> Iterator[ManagementThread]:
        """Attend to this camera while the block runs.

        A block that ends by an error may have been ended by a config under trial; one that ends in
        order was not.
        """
        shadow = ConfigShadow(
            self._device, line, camera, self._own, self._config, load=self._models.load
        )
        means = JobContext(
            device=self._device,
            own=self._given,
            camera=camera,
            shadow=shadow,
            models=self._models,
            identity=self._folder,
            line=line,
            clock=_utc_now,
            boot=BOOT_ID,
            restart=self._restart,
            report=lambda: self._report(shadow.settings, camera),
        )
        jobs = JobProcessor(means, line, self._folder.path / JOB_FILE)
        declaration = ManifestReporter(
            self._folder,
            line,
            settings=lambda: shadow.settings,
            versions=lambda settings: current_versions(settings, *self._models.load(settings)),
            clock=_utc_now,
        )
        health = ReadinessNotifier(camera, line, lambda: self._well(self._device))
        lifetime = CertificateRenewal(self._folder, line, _utc_now)
        with ManagementThread(
            self._device,
            line,
            shadow=shadow,
            jobs=jobs,
            declaration=declaration,
            others=(health, lifetime),
        ) as steward:
            yield steward
        shadow.suspend_trial()

    def _report(self, settings: Settings, camera: MeasuringCamera) -> bytes:
        return diagnostics.build_report(
            device=self._device,
            at=_utc_now(),
            settings=settings,
            pulse=camera.status,
            folder=self._folder.path,
            tail=self._tail,
        )


def _utc_now() -> datetime:
    return datetime.now(UTC)
