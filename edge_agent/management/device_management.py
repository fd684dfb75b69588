"""Remote management of one enrolled camera: effective settings, subscriptions, message handlers."""

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
from edge_agent.management.remote_preview import RemotePreview
from edge_agent.management.self_check import ReadinessNotifier
from edge_agent.perception.networks import Networks
from edge_agent.settings.camera_settings import Settings
from edge_agent.updates.model_store import ModelStore
from edge_agent.versions import current_versions
from wire.fleet.device_config import response_topics
from wire.fleet.preview import PreviewPicture
from wire.scalars import DeviceId

CONFIG_FILE: Final = "config.json"
JOB_FILE: Final = "job.json"
MODELS_FOLDER: Final = "models"
BOOT_ID: Final = secrets.token_hex(8)  # tells this process from the next


class DeviceManagement:
    """Remote management of one camera; its files are in the identity folder.

    `provided` opens the networks of the installed program. `restart` ends this process in order and
    starts another. `on_ready` is called once the camera delivers frames and the broker has accepted
    the connection. `request_picture` waits for a coarse picture of the camera.
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
        request_picture: Callable[[], PreviewPicture | None] = lambda: None,
    ) -> None:
        self._folder = folder
        self._device = folder.read_identity().device
        self._config = folder.path / CONFIG_FILE
        self._models = ModelStore(folder.path / MODELS_FOLDER, provided)
        self._local_settings = settings
        self._base_settings = self._models.apply_choice(settings)
        self._restart = restart
        self._tail = tail
        self._on_ready = on_ready
        self._preview = RemotePreview(request_picture)
        self.subscriptions = response_topics(self._device)
        self.settings = effective_settings(
            self._base_settings, config_store.load_config(self._config), self._models.load
        )

    @property
    def networks(self) -> Networks:
        """The networks of the effective settings."""
        return self._models.load(self.settings)

    @contextmanager
    def attend(self, camera: MeasuringCamera, line: RpcLink) -> Iterator[ManagementThread]:
        """Manage this camera while the block runs.

        A config under trial may be what ends the block by an exception; it is then rolled back. If
        the block ends in order, the next process tries the config again.
        """
        shadow = ConfigShadow(
            self._device, line, camera, self._base_settings, self._config, load=self._models.load
        )
        context = JobContext(
            device=self._device,
            own=self._local_settings,
            camera=camera,
            shadow=shadow,
            models=self._models,
            identity=self._folder,
            line=line,
            clock=_utc_now,
            boot=BOOT_ID,
            restart=self._restart,
            report=lambda: self._report(shadow.settings, camera),
            preview=self._preview,
        )
        jobs = JobProcessor(context, line, self._folder.path / JOB_FILE)
        manifest = ManifestReporter(
            self._folder,
            line,
            settings=lambda: shadow.settings,
            versions=lambda settings: current_versions(settings, *self._models.load(settings)),
            clock=_utc_now,
        )
        readiness = ReadinessNotifier(camera, line, lambda: self._on_ready(self._device))
        renewal = CertificateRenewal(self._folder, line, _utc_now)
        with ManagementThread(
            self._device,
            line,
            shadow=shadow,
            jobs=jobs,
            manifest=manifest,
            others=(readiness, renewal),
        ) as thread:
            yield thread
        shadow.suspend_trial()

    def _report(self, settings: Settings, camera: MeasuringCamera) -> bytes:
        return diagnostics.build_report(
            device=self._device,
            at=_utc_now(),
            settings=settings,
            status=camera.status,
            folder=self._folder.path,
            tail=self._tail,
        )


def _utc_now() -> datetime:
    return datetime.now(UTC)
