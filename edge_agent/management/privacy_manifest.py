"""The `privacy` shadow: what this camera declares, signed, at every connection and every change.

The fleet cannot wish for anything in it. A declaration that is not acknowledged is made again.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from edge_agent.identity.folder import IdentityFolder
from edge_agent.management.mqtt_rpc import RpcLink, RpcRequest
from edge_agent.privacy.manifest import ManifestError, build_manifest, sign_manifest
from edge_agent.settings.camera_settings import Settings
from wire.audience import Versions
from wire.device_config import PRIVACY_SHADOW, shadow_topic
from wire.topics import DeviceAddress

log = logging.getLogger(__name__)


class ManifestReporter:
    """One camera's. `settings` and `versions` are asked for whenever they may have changed."""

    def __init__(
        self,
        identity: IdentityFolder,
        line: RpcLink,
        *,
        settings: Callable[[], Settings],
        versions: Callable[[Settings], Versions],
        clock: Callable[[], datetime],
    ) -> None:
        mine = identity.read_identity()
        self._address = DeviceAddress(mine.location, mine.device)
        self._identity = identity
        self._line = line
        self._settings = settings
        self._versions = versions
        self._clock = clock
        self._topic = shadow_topic(mine.device, "update", shadow=PRIVACY_SHADOW)
        self._deleted = shadow_topic(mine.device, "delete/accepted", shadow=PRIVACY_SHADOW)
        self._inquiry = RpcRequest(line)
        self._declared: tuple[int, str] | None = None  # in which session, which settings

    def handle_message(self, topic: str, body: Mapping[str, Any], _now_s: float) -> None:
        """Take the answer to a declaration; one that somebody deleted is made again."""
        if topic == self._deleted:
            self._declared = None
        if self._inquiry.accept_answer(topic, body) and "code" in body:
            log.warning("privacy.not_declared", extra={"code": body.get("code")})

    def pump(self, now_s: float) -> None:
        """Declare when there is a new connection or other settings."""
        if not self._line.connected:
            return
        settings = self._settings()
        wanted = self._line.sessions, settings.digest
        if wanted != self._declared:
            self._declared = wanted
            self._declare(settings, now_s)
        self._inquiry.pump(now_s)

    def _declare(self, settings: Settings, now_s: float) -> None:
        manifest = build_manifest(settings, self._address, self._versions(settings), self._clock())
        try:
            said = sign_manifest(manifest, self._identity.pair.read_bytes())
        except (ManifestError, OSError) as error:
            log.error("privacy.not_signed", extra={"reason": str(error)})
            return
        reported = {"manifest": msgspec.to_builtins(said)}
        self._inquiry.ask(self._topic, {"state": {"reported": reported}}, now_s)
