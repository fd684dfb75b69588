"""The camera's configuration as the fleet wishes it: judged, tried, kept or taken back, reported.

A change is only ever learnt by asking for the whole shadow, at every connection and whenever the
fleet says that something differs: what is wished for is then known as a whole and is judged as a
whole. A wish that is refused, or that did harm, is not tried again until it is another wish.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from edge_agent.agent import AgentStatus
from edge_agent.management import config_store as memory
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
from wire.device_config import CONFIG_SHADOW, ConfigOutcome, shadow_topic
from wire.scalars import DeviceId

log = logging.getLogger(__name__)

NO_SHADOW: Final = 404
CONFLICT: Final = 409
TOO_LARGE: Final = 413


NetworkLoader = Callable[[Settings], Networks]


class MeasuringCamera(Protocol):
    """A camera at work, seen from another thread."""

    @property
    def status(self) -> AgentStatus: ...

    def apply(self, settings: Settings, networks: Networks | None = None) -> None:
        """Measure by these from the next picture on; the running interval goes on."""
        ...


class ConfigTrial(NamedTuple):
    """A change that is being watched, and the shadow's version that wished for it."""

    check: ChangeCheck
    version: int
    other_models: bool


class ConfigShadow:
    """One camera's `config` shadow. `pump` is called often; `hear` for each message."""

    def __init__(
        self,
        device: DeviceId,
        line: RpcLink,
        measuring: MeasuringCamera,
        own: Settings,
        path: Path,
        *,
        load: NetworkLoader,
    ) -> None:
        self._line = line
        self._measuring = measuring
        self._own = own
        self._path = path
        self._load = load
        self._topic = {
            action: shadow_topic(device, action, shadow=CONFIG_SHADOW)
            for action in ("get", "update", "update/delta", "delete/accepted")
        }
        self._inquiry = RpcRequest(line)
        self._session = 0
        self._seen_version = 0
        self._is_brief = False
        self._kept = memory.load_config(path)
        self._trial: ConfigTrial | None = None
        self._settings = effective_settings(own, self._kept, load)
        self._drop_outgrown()
        if self._kept.trying is not None:
            reason = "the agent ended while it was tried"
            wish = config_digest(self._kept.trying)
            self._conclude("rolled-back", wish, self._kept.trying_version, reason)

    def _drop_outgrown(self) -> None:
        """A wish that was good and that this camera's own settings do not allow any more."""
        try:
            apply_desired_config(self._own, self._kept.good)
        except ConfigError as error:
            wish = config_digest(self._kept.good)
            version = self._kept.verdict.version if self._kept.verdict else 0
            self._kept = msgspec.structs.replace(self._kept, good={})
            self._conclude("rejected", wish, version, str(error))

    @property
    def settings(self) -> Settings:
        """What is in force."""
        return self._settings

    @property
    def desired(self) -> Mapping[str, Any]:
        """The fleet's wishes that are in force."""
        return self._kept.good

    def rebase(self, own: Settings) -> Settings:
        """Lay the wishes over other settings of the camera's own from now on; returns the sum."""
        settings = apply_desired_config(own, self._kept.good)
        self._own, self._settings = own, settings
        return settings

    @property
    def is_trying(self) -> bool:
        """Whether a change is being watched: nothing else should be changed meanwhile."""
        return self._trial is not None

    def suspend_trial(self) -> None:
        """The process ends in order: a change that is being tried has not failed.

        The next process asks for the desired config again and tries it anew. Without this call a
        change under trial counts as what ended the process, and is rolled back.
        """
        if self._trial is not None:
            log.info("config.trial_suspended", extra={"version": self._trial.version})
            self._trial = None
            self._keep(msgspec.structs.replace(self._kept, trying=None))

    def pump(self, now_s: float) -> None:
        """Ask at every new connection, ask again, and end a trial whose outcome is clear."""
        if self._line.connected and self._line.sessions != self._session:
            self._session = self._line.sessions
            self._seen_version = 0
            self._ask(now_s)
        if self._trial is not None:
            self._watch(self._trial, now_s)
        self._inquiry.pump(now_s)

    def handle_message(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        """Take a message from one of the shadow's topics."""
        if self._inquiry.accept_answer(topic, body):
            self._take_answer(topic, body, now_s)
        elif topic == self._topic["update/delta"] or self._is_others_wish(topic, body):
            if body.get("version") != self._seen_version:  # lower in a shadow that was made anew
                self._ask(now_s)
        elif topic == self._topic["delete/accepted"]:
            self._ask(now_s)

    def _is_others_wish(self, topic: str, body: Mapping[str, Any]) -> bool:
        state = body.get("state")
        ours = topic == self._topic["update"] + ACCEPTED
        return ours and isinstance(state, Mapping) and "desired" in state

    def _ask(self, now_s: float) -> None:
        self._inquiry.ask(self._topic["get"], {}, now_s)

    def _take_answer(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        if topic == self._topic["get"] + ACCEPTED:
            self._consider(body, now_s)
        elif topic == self._topic["get"] + REJECTED:
            if body.get("code") == NO_SHADOW:
                self._consider({}, now_s)
            else:
                log.warning("config.not_told", extra={"code": body.get("code")})
        elif topic == self._topic["update"] + REJECTED:
            self._report_refused(body, now_s)
        elif body.get("version") == self._seen_version + 1:  # our own report's, and nothing between
            self._seen_version += 1
        else:
            self._ask(now_s)

    def _consider(self, shadow: Mapping[str, Any], now_s: float) -> None:
        """Judge what is desired, once; report what differs from what the fleet has on record."""
        state = shadow.get("state")
        state = state if isinstance(state, Mapping) else {}
        desired, reported = (_object(state.get(name)) for name in ("desired", "reported"))
        version: Any = shadow.get("version")
        version = version if isinstance(version, int) else 0
        self._seen_version = version
        if self.is_trying:
            return  # its end asks again
        wish = config_digest(desired)
        if wish != self._kept.judged and (desired or self._kept.good):
            self._judge(desired, wish, version, now_s)
        self._correct(reported, version, now_s)

    def _correct(self, reported: dict[str, Any], version: int, now_s: float) -> None:
        change = diff_objects(reported, self._report())
        if change and not self.is_trying:
            request = {"state": {"reported": change}, **({"version": version} if version else {})}
            self._inquiry.ask(self._topic["update"], request, now_s)

    def _looks_otherwise(self, settings: Settings) -> bool:
        now = self._settings
        return (settings.models, settings.privacy) != (now.models, now.privacy)

    def _judge(self, desired: dict[str, Any], wish: str, version: int, now_s: float) -> None:
        self._is_brief = False
        try:
            settings = apply_desired_config(self._own, desired)
            networks = self._load(settings) if self._looks_otherwise(settings) else None
        except (ConfigError, ModelError) as error:
            self._conclude("rejected", wish, version, str(error))
            return
        if settings == self._settings:
            self._keep(msgspec.structs.replace(self._kept, good=desired))
            self._conclude("applied", wish, version)
            return
        self._keep(msgspec.structs.replace(self._kept, trying=desired, trying_version=version))
        check = ChangeCheck(self._measuring.status, settings.digest, now_s)
        self._trial = ConfigTrial(check, version, networks is not None)
        self._measuring.apply(settings, networks)
        log.info("config.trying", extra={"version": version, "digest": settings.digest})

    def _watch(self, trial: ConfigTrial, now_s: float) -> None:
        harm = trial.check.find_harm(self._measuring.status, now_s)
        if harm is None:
            return
        self._trial = None
        version = trial.version
        desired = self._kept.trying or {}
        if harm:
            settings = self._settings
            self._measuring.apply(settings, self._load(settings) if trial.other_models else None)
            self._conclude("rolled-back", config_digest(desired), version, harm)
        else:
            self._settings = apply_desired_config(self._own, desired)
            self._keep(msgspec.structs.replace(self._kept, good=desired, trying=None))
            self._conclude("applied", config_digest(desired), version)
        self._ask(now_s)

    def _conclude(self, outcome: Any, wish: str, version: int, reason: str = "") -> None:
        verdict = ConfigOutcome(outcome=outcome, version=version, reason=redact_reason(reason))
        self._keep(msgspec.structs.replace(self._kept, trying=None, judged=wish, verdict=verdict))
        tell = log.info if outcome == "applied" else log.warning
        tell(f"config.{outcome}", extra={"version": version, "reason": reason})

    def _keep(self, kept: memory.StoredConfig) -> None:
        try:
            memory.save_config(self._path, kept)
        except OSError as error:
            log.error("config.not_kept", extra={"reason": str(error)})
        self._kept = kept

    def _report(self) -> dict[str, Any]:
        """What is in force: numbers as they were wished, so that the fleet sees no difference."""
        report = (
            {}
            if self._is_brief
            else merge_objects(describe_config(self._settings), self._kept.good)
        )
        if self._kept.verdict is not None:
            report["verdict"] = msgspec.to_builtins(self._kept.verdict)
        return {**report, "digest": self._settings.digest}

    def _report_refused(self, body: Mapping[str, Any], now_s: float) -> None:
        code = body.get("code")
        log.warning("config.not_reported", extra={"code": code, "reason": body.get("message")})
        if code == CONFLICT:
            self._ask(now_s)
        elif code == TOO_LARGE and not self._is_brief:
            self._is_brief = True
            self._ask(now_s)


def effective_settings(own: Settings, kept: memory.StoredConfig, load: NetworkLoader) -> Settings:
    """The settings to start with: the last good wish over the camera's own, if it still fits."""
    try:
        settings = apply_desired_config(own, kept.good)
        load(settings)
        return settings
    except (ConfigError, ModelError) as error:
        log.error("config.outgrown", extra={"reason": str(error)})
        return own


def config_digest(desired: Mapping[str, Any]) -> str:
    """The same for the same wish, however it is written."""
    content = msgspec.json.encode(desired, order="deterministic")
    return hashlib.sha256(content).hexdigest()[:16]


def _object(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
