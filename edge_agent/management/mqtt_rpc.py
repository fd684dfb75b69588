"""Questions to the fleet and their answers: one at a time, told apart by a token, asked again."""

import logging
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec

from edge_agent.privacy.allowed_words import omit_quotations
from edge_agent.privacy.egress_filter import EgressError, examine_document
from edge_agent.privacy.encoded_data import find_encoded_data
from wire.device_config import LARGEST_CONFIG_BYTES

log = logging.getLogger(__name__)

ACCEPTED: Final = "/accepted"
REJECTED: Final = "/rejected"
FIRST_RETRY_S: Final = 10.0
LONGEST_RETRY_S: Final = 300.0
MAX_REASON_LENGTH: Final = 400
CLIENT_TOKEN: Final = "clientToken"  # noqa: S105  a field's name


class RpcLink(Protocol):
    """A link that carries more than reports. It never blocks and may lose what it carries."""

    @property
    def sessions(self) -> int: ...

    @property
    def connected(self) -> bool: ...

    def publish(self, topic: str, payload: bytes) -> bool:
        """Hand over a payload; False when it cannot be taken now."""
        ...

    def take_messages(self) -> list[tuple[str, bytes]]:
        """What has come from the fleet since the last call, with its topic."""
        ...

    def reload_certificate(self) -> None:
        """The certificate's files are new: the next connection shows what they hold."""
        ...


class RpcRequest:
    """At most one open question. What is not answered is asked again, after twice the wait."""

    def __init__(self, line: RpcLink) -> None:
        self._line = line
        self._topic = ""
        self._payload = b""
        self._token = ""
        self._due_s: float | None = None
        self._patience_s = FIRST_RETRY_S

    @property
    def is_open(self) -> bool:
        return self._due_s is not None

    def ask(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        """Ask, in the place of whatever was open. What may not leave is not asked."""
        try:
            examine_document(body, largest_bytes=LARGEST_CONFIG_BYTES)
        except EgressError as error:
            log.error("fleet.withheld", extra={"topic": topic, "reason": str(error)})
            self.drop()
            return
        self._topic, self._token = topic, secrets.token_hex(8)
        self._payload = msgspec.json.encode({**body, CLIENT_TOKEN: self._token})
        self._due_s = now_s
        self._patience_s = FIRST_RETRY_S
        self.pump(now_s)

    def pump(self, now_s: float) -> None:
        """Send what is due."""
        if self._due_s is None or now_s < self._due_s:
            return
        if self._line.publish(self._topic, self._payload):
            self._due_s = now_s + self._patience_s
            self._patience_s = min(2 * self._patience_s, LONGEST_RETRY_S)

    def accept_answer(self, topic: str, body: Mapping[str, Any]) -> bool:
        """Whether this is the answer to the open question, which is then closed."""
        if not self.is_open or body.get(CLIENT_TOKEN) != self._token:
            return False
        if topic not in (self._topic + ACCEPTED, self._topic + REJECTED):
            return False
        self.drop()
        return True

    def drop(self) -> None:
        """Wait for no answer any more."""
        self._due_s = None


def redact_reason(reason: str) -> str:
    """A sentence of ours as it may leave: in this program's words, what it quotes left out."""
    short = re.sub(r"\b([0-9a-f]{12})[0-9a-f]{20,}\b", r"\1...", reason)
    said = omit_quotations(short)[:MAX_REASON_LENGTH]
    if any(find_encoded_data(said)):
        log.warning("fleet.reason_withheld", extra={"reason": said})
        return "a reason that may not leave the camera: see its log"
    return said


def parse_body(payload: bytes) -> dict[str, Any]:
    """A message's JSON object; an empty one when it is none."""
    try:
        body = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
