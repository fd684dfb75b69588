"""Requests over MQTT with responses matched by client token: one at a time, with retries."""

import logging
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec

from edge_agent.privacy.allowed_words import omit_quotations
from edge_agent.privacy.egress_filter import EgressError, examine_document
from edge_agent.privacy.encoded_data import find_encoded_data
from wire.fleet.device_config import LARGEST_CONFIG_BYTES

log = logging.getLogger(__name__)

ACCEPTED: Final = "/accepted"
REJECTED: Final = "/rejected"
FIRST_RETRY_S: Final = 10.0
LONGEST_RETRY_S: Final = 300.0
MAX_REASON_LENGTH: Final = 400
CLIENT_TOKEN: Final = "clientToken"  # noqa: S105  a field's name


class RpcLink(Protocol):
    """A link for management messages. It never blocks and may lose messages."""

    @property
    def sessions(self) -> int: ...

    @property
    def connected(self) -> bool: ...

    def publish(self, topic: str, payload: bytes) -> bool:
        """Send a payload; False when the link cannot accept it now."""
        ...

    def take_messages(self) -> list[tuple[str, bytes]]:
        """Messages received since the last call, each with its topic."""
        ...

    def reload_certificate(self) -> None:
        """Use the renewed certificate files from the next connection on."""
        ...


class RpcRequest:
    """At most one open request. Without a response it is sent again, after twice the time."""

    def __init__(self, link: RpcLink) -> None:
        self._link = link
        self._topic = ""
        self._payload = b""
        self._token = ""
        self._due_s: float | None = None
        self._retry_s = FIRST_RETRY_S

    @property
    def is_open(self) -> bool:
        return self._due_s is not None

    def send_request(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        """Send a request in place of the open one, unless the egress filter blocks it."""
        try:
            examine_document(body, largest_bytes=LARGEST_CONFIG_BYTES)
        except EgressError as error:
            log.error("management.request_blocked", extra={"topic": topic, "reason": str(error)})
            self.close()
            return
        self._topic, self._token = topic, secrets.token_hex(8)
        self._payload = msgspec.json.encode({**body, CLIENT_TOKEN: self._token})
        self._due_s = now_s
        self._retry_s = FIRST_RETRY_S
        self.pump(now_s)

    def pump(self, now_s: float) -> None:
        """Send the open request if it is due."""
        if self._due_s is None or now_s < self._due_s:
            return
        if self._link.publish(self._topic, self._payload):
            self._due_s = now_s + self._retry_s
            self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)

    def accept_answer(self, topic: str, body: Mapping[str, Any]) -> bool:
        """Whether a message is the response to the open request; if so, the request is closed."""
        if not self.is_open or body.get(CLIENT_TOKEN) != self._token:
            return False
        if topic not in (self._topic + ACCEPTED, self._topic + REJECTED):
            return False
        self.close()
        return True

    def close(self) -> None:
        """Close the open request without a response."""
        self._due_s = None


def redact_reason(reason: str) -> str:
    """A reason as it may be sent: quotations of outside text are left out."""
    shortened = re.sub(r"\b([0-9a-f]{12})[0-9a-f]{20,}\b", r"\1...", reason)
    text = omit_quotations(shortened)[:MAX_REASON_LENGTH]
    if any(find_encoded_data(text)):
        log.warning("management.reason_blocked", extra={"reason": text})
        return "the reason is blocked by the egress filter: see the log of the camera"
    return text


def parse_body(payload: bytes) -> dict[str, Any]:
    """The JSON object of a payload; empty when the payload is none."""
    try:
        body = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
