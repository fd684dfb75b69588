"""Describes why a broker rejects a connection: TLS alerts and MQTT reason codes."""

import socket
import ssl
from typing import Final

from edge_agent.transport.broker import BrokerEndpoint

ALERTS: Final = (
    ("CERTIFICATE_REVOKED", "the certificate of this device is revoked: enrol this device again"),
    ("CERTIFICATE_EXPIRED", "the certificate of this device has expired: enrol this device again"),
    ("UNKNOWN_CA", "the certificate of this device is from an authority that the broker does not "
     "trust: enrol this device with that broker's authority"),
    ("CERTIFICATE_REQUIRED", "the broker requires a device certificate: give --identity, or "
     "--cert and --key"),
    ("BAD_CERTIFICATE", "the broker does not accept the certificate of this device (revoked, or "
     "damaged): enrol this device again"),
    ("CERTIFICATE_UNKNOWN", "the broker does not accept the certificate of this device: enrol this "
     "device again"),
    ("ACCESS_DENIED", "the broker does not accept the certificate of this device: enrol this "
     "device again"),
    ("DECRYPT_ERROR", "the key does not belong to the certificate of this device: give both of one "
     "enrolment"),
    ("HANDSHAKE_FAILURE", "the broker ends the handshake: it may require a certificate of this "
     "device, or other TLS versions"),
    ("PROTOCOL_VERSION", "the broker requires another TLS version: allow TLS 1.2 or 1.3 there"),
    ("WRONG_VERSION_NUMBER", "this port does not use TLS: give mqtt://, or the port of TLS "
     "(8883)"),
    ("RECORD_LAYER_FAILURE", "this port does not use TLS: give mqtt://, or the port of TLS "
     "(8883)"),
)  # fmt: skip
CLOCK_WORDS: Final = ("not yet valid", "expired")
VERSION_311: Final = {
    1: "the broker does not support MQTT 3.1.1: update it",
    2: "the broker rejects the client id of this device: correct --device",
    3: "the broker is not available: try again later",
    4: "the broker requires a user name and password, or rejects these: give them in --broker",
    5: "this device is not authorized: check its certificate, user name or the broker's rules",
}
VERSION_5: Final = {
    0x81: "the broker finds the request malformed: check that it supports MQTT 5",
    0x84: "the broker does not support MQTT 5: update it, or use link.client = \"paho\"",
    0x85: "the broker rejects the client id of this device: correct --device",
    0x86: "the broker requires a user name and password, or rejects these: give them in --broker",
    0x87: "this device is not authorized: check its certificate, user name or the broker's rules",
    0x88: "the broker is not available: try again later",
    0x89: "the broker is busy: try again later",
    0x8A: "this device is banned: contact the operator of the broker",
    0x8B: "the broker is shutting down: try again later",
    0x8C: "the broker requires another authentication method: contact its operator",
    0x8E: "another session with this client id took over: check whether the agent is running",
    0x95: "the broker accepts smaller packets only: raise its maximum packet size",
    0x97: "a quota of the broker is used up: try again later",
    0x9C: "the broker refers to another server: correct --broker",
    0x9D: "the broker has moved: correct --broker",
    0x9F: "the broker limits connections: try again later",
}  # fmt: skip
CLOSED: Final = (
    "the broker closes the connection without an answer: it does not accept the certificate "
    "(revoked, of another device or authority), or this is not an MQTT port"
)


def describe_reason_code(code: int, *, is_version_5: bool) -> str:
    """The meaning of a reason code of CONNACK or DISCONNECT, and what to do."""
    sentence = (VERSION_5 if is_version_5 else VERSION_311).get(code)
    return sentence or f"the broker rejects with reason code {code:#04x}: check its log"


def describe_connection_error(broker: BrokerEndpoint, error: Exception) -> str:
    """Why the connection or its TLS handshake failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _describe_untrusted(broker, error)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return CLOSED
    if isinstance(error, ssl.SSLError):
        reason = error.reason or ""
        sentence = next((sentence for alert, sentence in ALERTS if alert in reason), None)
        return sentence or f"TLS fails ({reason or 'no reason given'}): check port and certificates"
    if isinstance(error, socket.gaierror):
        return "the host has no address: check the name and the DNS"
    if isinstance(error, TimeoutError):
        return "no answer in time: check host, port, network and firewall"
    if isinstance(error, ConnectionRefusedError):
        return "the host rejects the connection: check that the broker is running, and the port"
    if isinstance(error, ConnectionResetError | BrokenPipeError | EOFError):
        return CLOSED
    cause = error.strerror if isinstance(error, OSError) else None
    return f"cannot be reached ({cause or type(error).__name__}): check address and network"


def _describe_untrusted(broker: BrokerEndpoint, error: ssl.SSLCertVerificationError) -> str:
    reason = error.verify_message
    if any(word in reason for word in CLOCK_WORDS):
        return (
            f"its {reason} by this device's clock: set the clock, or renew the broker's certificate"
        )
    if "mismatch" in reason or "not valid for" in reason:
        return "its certificate is for another host name: correct the address, or its certificate"
    trusted = f"{broker.ca} does not hold it" if broker.ca else "the system does not hold it"
    return (
        f"its certificate is of an authority that is not trusted ({trusted}): give the authority's "
        "certificate with --ca FILE, in an identity as trust.pem"
    )
