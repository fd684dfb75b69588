"""The `privacy` shadow: the signed privacy manifest, reported at every connection and change.

The shadow has no desired state. A report that is not acknowledged is sent again.
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
from wire.fleet.device_config import PRIVACY_SHADOW, shadow_topic
from wire.topics import DeviceAddress

log = logging.getLogger(__name__)


class ManifestReporter:
    """Reports the manifest of one camera. `settings` and `versions` return the current values."""

    def __init__(
        self,
        identity: IdentityFolder,
        link: RpcLink,
        *,
        settings: Callable[[], Settings],
        versions: Callable[[Settings], Versions],
        clock: Callable[[], datetime],
    ) -> None:
        identity_record = identity.read_identity()
        self._address = DeviceAddress(identity_record.location, identity_record.device)
        self._identity = identity
        self._link = link
        self._settings = settings
        self._versions = versions
        self._clock = clock
        self._topic = shadow_topic(identity_record.device, "update", shadow=PRIVACY_SHADOW)
        self._deleted = shadow_topic(
            identity_record.device, "delete/accepted", shadow=PRIVACY_SHADOW
        )
        self._request = RpcRequest(link)
        self._reported: tuple[int, str] | None = None  # session and settings of the last report

    def handle_message(self, topic: str, body: Mapping[str, Any], _now_s: float) -> None:
        """Process a response; report a deleted manifest again."""
        if topic == self._deleted:
            self._reported = None
        if self._request.accept_answer(topic, body) and "code" in body:
            log.warning("privacy.manifest_rejected", extra={"code": body.get("code")})

    def pump(self, now_s: float) -> None:
        """Report the manifest after a new connection or a change of settings."""
        if not self._link.connected:
            return
        settings = self._settings()
        current = self._link.sessions, settings.digest
        if current != self._reported:
            self._reported = current
            self._report(settings, now_s)
        self._request.pump(now_s)

    def _report(self, settings: Settings, now_s: float) -> None:
        manifest = build_manifest(settings, self._address, self._versions(settings), self._clock())
        try:
            signed_manifest = sign_manifest(manifest, self._identity.pair.read_bytes())
        except (ManifestError, OSError) as error:
            log.error("privacy.manifest_not_signed", extra={"reason": str(error)})
            return
        reported = {"manifest": msgspec.to_builtins(signed_manifest)}
        self._request.send_request(self._topic, {"state": {"reported": reported}}, now_s)
