"""The `config` shadow of a camera: the desired config is validated, tried, kept or rolled back.

The camera fetches the whole shadow at every connection and whenever the cloud announces a
difference, so the desired config is decided as a whole. A desired config that is rejected
or rolled back is not tried again until it changes.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from edge_agent.agent import AgentStatus
from edge_agent.management import config_store
from edge_agent.management.mqtt_rpc import ACCEPTED, REJECTED, RpcLink, RpcRequest, redact_reason
from edge_agent.management.remote_config import (
    ConfigError,
    apply_desired_config,
    describe_config,
    diff_objects,
    merge_objects,
)
from edge_agent.management.self_check import ChangeCheck
from edge_agent.perception.model_errors import ModelError
from edge_agent.perception.networks import Networks
from edge_agent.settings.camera_settings import Settings
from wire.fleet.device_config import CONFIG_SHADOW, ConfigOutcome, shadow_topic
from wire.scalars import DeviceId

log = logging.getLogger(__name__)

NO_SHADOW: Final = 404
CONFLICT: Final = 409
TOO_LARGE: Final = 413


NetworkLoader = Callable[[Settings], Networks]


class MeasuringCamera(Protocol):
    """A measuring camera, used from another thread."""

    @property
    def status(self) -> AgentStatus: ...

    def apply(self, settings: Settings, networks: Networks | None = None) -> None:
        """Use these settings from the next frame on; the running interval continues."""
        ...


class ConfigTrial(NamedTuple):
    """A change under trial, and the version of the shadow that desired it."""

    check: ChangeCheck
    version: int
    other_models: bool


class ConfigShadow:
    """The `config` shadow of one camera. `pump` is called often."""

    def __init__(
        self,
        device: DeviceId,
        link: RpcLink,
        camera: MeasuringCamera,
        local: Settings,
        path: Path,
        *,
        load: NetworkLoader,
    ) -> None:
        self._link = link
        self._camera = camera
        self._local = local
        self._path = path
        self._load = load
        self._topic = {
            action: shadow_topic(device, action, shadow=CONFIG_SHADOW)
            for action in ("get", "update", "update/delta", "delete/accepted")
        }
        self._request = RpcRequest(link)
        self._session = 0
        self._known_version = 0
        self._is_brief = False
        self._stored = config_store.load_config(path)
        self._trial: ConfigTrial | None = None
        self._settings = effective_settings(local, self._stored, load)
        self._drop_invalid()
        if self._stored.trial is not None:
            reason = "the agent ended during the trial"
            digest = config_digest(self._stored.trial)
            self._conclude("rolled-back", digest, self._stored.trial_version, reason)

    def _drop_invalid(self) -> None:
        """Drop an accepted config that the local settings no longer allow."""
        try:
            apply_desired_config(self._local, self._stored.accepted)
        except ConfigError as error:
            digest = config_digest(self._stored.accepted)
            version = self._stored.last_outcome.version if self._stored.last_outcome else 0
            self._stored = msgspec.structs.replace(self._stored, accepted={})
            self._conclude("rejected", digest, version, str(error))

    @property
    def settings(self) -> Settings:
        """The effective settings."""
        return self._settings

    @property
    def desired(self) -> Mapping[str, Any]:
        """The desired config that is in effect."""
        return self._stored.accepted

    def rebase(self, local: Settings) -> Settings:
        """Replace the local settings below the desired config; returns the effective settings."""
        settings = apply_desired_config(local, self._stored.accepted)
        self._local, self._settings = local, settings
        return settings

    @property
    def is_trying(self) -> bool:
        """Whether a change is under trial: nothing else should be changed meanwhile."""
        return self._trial is not None

    def suspend_trial(self) -> None:
        """Cancel a trial because the process ends in order; the next process tries it again.

        Without this call a change under trial counts as the cause of the exit, and is rolled back.
        """
        if self._trial is not None:
            log.info("config.trial_suspended", extra={"version": self._trial.version})
            self._trial = None
            self._save(msgspec.structs.replace(self._stored, trial=None))

    def pump(self, now_s: float) -> None:
        """Fetch the shadow at every connection, retry requests, and end a decided trial."""
        if self._link.connected and self._link.sessions != self._session:
            self._session = self._link.sessions
            self._known_version = 0
            self._fetch(now_s)
        if self._trial is not None:
            self._check_trial(self._trial, now_s)
        self._request.pump(now_s)

    def handle_message(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        """Process a message on one of the shadow's topics."""
        if self._request.accept_answer(topic, body):
            self._process_response(topic, body, now_s)
        elif topic == self._topic["update/delta"] or self._is_desired_update(topic, body):
            if (
                body.get("version") != self._known_version
            ):  # lower in a shadow that was created anew
                self._fetch(now_s)
        elif topic == self._topic["delete/accepted"]:
            self._fetch(now_s)

    def _is_desired_update(self, topic: str, body: Mapping[str, Any]) -> bool:
        state = body.get("state")
        ours = topic == self._topic["update"] + ACCEPTED
        return ours and isinstance(state, Mapping) and "desired" in state

    def _fetch(self, now_s: float) -> None:
        self._request.send_request(self._topic["get"], {}, now_s)

    def _process_response(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        if topic == self._topic["get"] + ACCEPTED:
            self._process_shadow(body, now_s)
        elif topic == self._topic["get"] + REJECTED:
            if body.get("code") == NO_SHADOW:
                self._process_shadow({}, now_s)
            else:
                log.warning("config.not_received", extra={"code": body.get("code")})
        elif topic == self._topic["update"] + REJECTED:
            self._handle_report_rejected(body, now_s)
        elif body.get("version") == self._known_version + 1:  # of our own report, with none between
            self._known_version += 1
        else:
            self._fetch(now_s)

    def _process_shadow(self, shadow: Mapping[str, Any], now_s: float) -> None:
        """Decide a new desired config; report what differs from the reported config."""
        state = shadow.get("state")
        state = state if isinstance(state, Mapping) else {}
        desired, reported = (_object(state.get(name)) for name in ("desired", "reported"))
        version: Any = shadow.get("version")
        version = version if isinstance(version, int) else 0
        self._known_version = version
        if self.is_trying:
            return  # the end of the trial fetches the shadow again
        digest = config_digest(desired)
        if digest != self._stored.decided and (desired or self._stored.accepted):
            self._decide(desired, digest, version, now_s)
        self._report_difference(reported, version, now_s)

    def _report_difference(self, reported: dict[str, Any], version: int, now_s: float) -> None:
        change = diff_objects(reported, self._report())
        if change and not self.is_trying:
            request = {"state": {"reported": change}, **({"version": version} if version else {})}
            self._request.send_request(self._topic["update"], request, now_s)

    def _needs_networks(self, settings: Settings) -> bool:
        now = self._settings
        return (settings.models, settings.privacy) != (now.models, now.privacy)

    def _decide(self, desired: dict[str, Any], digest: str, version: int, now_s: float) -> None:
        self._is_brief = False
        try:
            settings = apply_desired_config(self._local, desired)
            networks = self._load(settings) if self._needs_networks(settings) else None
        except (ConfigError, ModelError) as error:
            self._conclude("rejected", digest, version, str(error))
            return
        if settings == self._settings:
            self._save(msgspec.structs.replace(self._stored, accepted=desired))
            self._conclude("applied", digest, version)
            return
        self._save(msgspec.structs.replace(self._stored, trial=desired, trial_version=version))
        check = ChangeCheck(self._camera.status, settings.digest, now_s)
        self._trial = ConfigTrial(check, version, networks is not None)
        self._camera.apply(settings, networks)
        log.info("config.trying", extra={"version": version, "digest": settings.digest})

    def _check_trial(self, trial: ConfigTrial, now_s: float) -> None:
        fault = trial.check.find_harm(self._camera.status, now_s)
        if fault is None:
            return
        self._trial = None
        version = trial.version
        desired = self._stored.trial or {}
        if fault:
            settings = self._settings
            self._camera.apply(settings, self._load(settings) if trial.other_models else None)
            self._conclude("rolled-back", config_digest(desired), version, fault)
        else:
            self._settings = apply_desired_config(self._local, desired)
            self._save(msgspec.structs.replace(self._stored, accepted=desired, trial=None))
            self._conclude("applied", config_digest(desired), version)
        self._fetch(now_s)

    def _conclude(self, outcome: Any, digest: str, version: int, reason: str = "") -> None:
        result = ConfigOutcome(outcome=outcome, version=version, reason=redact_reason(reason))
        self._save(
            msgspec.structs.replace(self._stored, trial=None, decided=digest, last_outcome=result)
        )
        write_log = log.info if outcome == "applied" else log.warning
        write_log(f"config.{outcome}", extra={"version": version, "reason": reason})

    def _save(self, stored: config_store.StoredConfig) -> None:
        try:
            config_store.save_config(self._path, stored)
        except OSError as error:
            log.error("config.not_saved", extra={"reason": str(error)})
        self._stored = stored

    def _report(self) -> dict[str, Any]:
        """The reported config: numbers as desired, so that the shadow shows no difference."""
        report = (
            {}
            if self._is_brief
            else merge_objects(describe_config(self._settings), self._stored.accepted)
        )
        if self._stored.last_outcome is not None:
            report["config_outcome"] = msgspec.to_builtins(self._stored.last_outcome)
        return {**report, "digest": self._settings.digest}

    def _handle_report_rejected(self, body: Mapping[str, Any], now_s: float) -> None:
        code = body.get("code")
        log.warning("config.not_reported", extra={"code": code, "reason": body.get("message")})
        if code == CONFLICT:
            self._fetch(now_s)
        elif code == TOO_LARGE and not self._is_brief:
            self._is_brief = True
            self._fetch(now_s)


def effective_settings(
    local: Settings, stored: config_store.StoredConfig, load: NetworkLoader
) -> Settings:
    """The local settings with the accepted config applied, if it is still valid."""
    try:
        settings = apply_desired_config(local, stored.accepted)
        load(settings)
        return settings
    except (ConfigError, ModelError) as error:
        log.error("config.no_longer_valid", extra={"reason": str(error)})
        return local


def config_digest(desired: Mapping[str, Any]) -> str:
    """Digest of a desired config, independent of key order."""
    content = msgspec.json.encode(desired, order="deterministic")
    return hashlib.sha256(content).hexdigest()[:16]


def _object(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
