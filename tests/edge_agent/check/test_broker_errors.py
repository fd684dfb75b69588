import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.check.broker_errors import (
    ALERTS,
    CLOSED,
    VERSION_5,
    VERSION_311,
    describe_connection_error,
    describe_reason_code,
)
from edge_agent.transport.broker import parse_broker_url

BROKER = parse_broker_url("mqtts://h")


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("SSLV3_ALERT_CERTIFICATE_REVOKED", "is revoked"),
        ("TLSV1_ALERT_UNKNOWN_CA", "authority that the broker does not trust"),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "has expired"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "requires a device certificate"),
        ("SOMETHING_ELSE", "TLS fails (SOMETHING_ELSE)"),
        (None, "TLS fails (no reason given): check port and certificates"),
    ],
)
def test_a_tls_alert_is_described_with_its_remedy(reason, sentence):
    error = ssl.SSLError(1, reason)
    error.reason = reason
    assert sentence in describe_connection_error(BROKER, error)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ssl.SSLEOFError(8, "EOF occurred"), CLOSED),
        (ssl.SSLZeroReturnError(6, "closed"), CLOSED),
        (ConnectionResetError(104, "reset"), CLOSED),
        (BrokenPipeError(32, "pipe"), CLOSED),
        (EOFError(), CLOSED),
        (socket.gaierror(-2, "Name or service not known"), "check the name and the DNS"),
        (TimeoutError(), "no answer in time: check host, port, network and firewall"),
        (ConnectionRefusedError(111, "refused"), "check that the broker is running"),
        (OSError(113, "No route to host"), "cannot be reached (No route to host): check address"),
        (OSError("at mqtts://u:s3cret@h"), "cannot be reached (OSError): check address"),
        (ValueError("s3cret"), "cannot be reached (ValueError): check address and network"),
    ],
)
def test_a_connection_error_is_described_without_its_own_text(error, sentence):
    described = describe_connection_error(BROKER, error)
    assert sentence in described
    assert "s3cret" not in described


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("certificate has expired", "set the clock, or renew the broker's certificate"),
        ("certificate is not yet valid", "not yet valid by this device's clock: set the clock"),
        ("Hostname mismatch, certificate is not valid for 'h'.", "for another host name"),
        ("IP address mismatch", "for another host name"),
        ("self-signed certificate", "(the system does not hold it): give the authority's"),
        ("", "of an authority that is not trusted"),
    ],
)
def test_an_untrusted_broker_is_described_by_the_failed_verification(message, sentence):
    error = ssl.SSLCertVerificationError(1, "verify failed")
    error.verify_message = message
    assert sentence in describe_connection_error(BROKER, error)


def test_an_untrusted_broker_names_the_file_that_lacks_its_authority():
    error = ssl.SSLCertVerificationError(1, "verify failed")
    error.verify_message = "unable to get local issuer certificate"
    broker = replace(BROKER, ca=Path("/etc/trust.pem"))
    assert "(/etc/trust.pem does not hold it)" in describe_connection_error(broker, error)


def test_the_same_code_has_another_meaning_in_each_version():
    assert describe_reason_code(5, is_version_5=False) == VERSION_311[5]
    assert describe_reason_code(0x87, is_version_5=True) == VERSION_5[0x87]
    assert "reason code 0x87" in describe_reason_code(0x87, is_version_5=False)
    assert describe_reason_code(5, is_version_5=True) == (
        "the broker rejects with reason code 0x05: check its log"
    )


def test_every_sentence_says_what_to_do():
    sentences = [sentence for _, sentence in ALERTS]
    for sentence in [*sentences, *VERSION_311.values(), *VERSION_5.values()]:
        assert ": " in sentence or "; " in sentence or "it may require" in sentence
