"""Requests from strangers: a name and a key are taken from them, anything else is refused."""

import base64
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from provisioning.authority.signing_request import SigningRequestError, read

P256 = ec.generate_private_key(ec.SECP256R1())


def request(*names, key=P256, extensions=(), hashed=True):
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in names])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256() if hashed else None).public_bytes(Encoding.PEM)


def pem_of(der):
    body = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE REQUEST-----\n" + body + b"-----END CERTIFICATE REQUEST-----\n"


def named(name, **more):
    return request((NameOID.COMMON_NAME, name), **more)


def of_version(number):
    der = bytearray(x509.load_pem_x509_csr(named("cam-1")).public_bytes(Encoding.DER))
    place = der.index(b"\x02\x01\x00") + 2
    der[place] = number
    return pem_of(bytes(der))


def test_a_plain_request_gives_its_name_and_key():
    name, key = read(named("kx-01-cam-1"))
    assert name == "kx-01-cam-1"
    assert key.public_numbers() == P256.public_key().public_numbers()


@pytest.mark.parametrize(
    ("pem", "says"),
    [
        (b"", "not a PEM signing request"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", "does not parse"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "not a PEM signing request"),
        (b"A" * 1_000_000, "1000000 bytes; at most 8192"),
        (named("cam-1")[:-60], "does not parse"),
        (of_version(9), "does not parse"),
        (named("../../etc/passwd"), "is not a device id"),
        (named("cam-1/+/#"), "is not a device id"),
        (named("service:stream"), "is not a device id"),
        (named("cam-1\n"), "is not a device id"),
        (named("k" * 64), "is not a device id"),
        (request((NameOID.COMMON_NAME, "a"), (NameOID.COMMON_NAME, "b")), "2 common names"),
        (request((NameOID.ORGANIZATIONAL_UNIT_NAME, "KX-01")), "0 common names"),
        (
            request((NameOID.COMMON_NAME, "a"), (NameOID.USER_ID, "root")),
            "holds userID; wanted a common name only",
        ),
        (named("a", key=rsa.generate_private_key(65537, 1024)), "RSA of 1024 bits"),
        (named("a", key=rsa.generate_private_key(65537, 2048)), "RSA of 2048 bits"),
        (named("a", key=ec.generate_private_key(ec.SECP384R1())), "EC secp384r1"),
        (named("a", key=ed25519.Ed25519PrivateKey.generate(), hashed=False), "Ed25519"),
        (
            named("a", extensions=[x509.BasicConstraints(ca=True, path_length=None)]),
            "asks for basicConstraints",
        ),
        (
            named("a", extensions=[x509.SubjectAlternativeName([x509.DNSName("broker")])]),
            "asks for subjectAltName",
        ),
    ],
)
def test_a_request_that_asks_for_more_is_refused_with_a_sentence(pem, says):
    with pytest.raises(SigningRequestError, match=re.escape(says)):
        read(pem)


def test_a_request_whose_signature_was_made_by_another_key_is_refused():
    der = x509.load_pem_x509_csr(named("cam-1")).public_bytes(Encoding.DER)
    forged = der.replace(b"cam-1", b"cam-2")
    pem = x509.load_der_x509_csr(forged).public_bytes(Encoding.PEM)
    with pytest.raises(SigningRequestError, match="does not match its key"):
        read(pem)


@given(st.integers(0, 280), st.integers(0, 255))
def test_one_flipped_byte_never_passes_as_another_name(place, value):
    der = bytearray(x509.load_pem_x509_csr(named("cam-1")).public_bytes(Encoding.DER))
    der[place % len(der)] = value
    try:
        name, _ = read(pem_of(bytes(der)))
    except SigningRequestError:
        return
    assert name == "cam-1"
