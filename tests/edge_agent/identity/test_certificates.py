import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from edge_agent.identity.certificates import (
    create_signing_request,
    private_key_from_pem,
    private_key_to_pem,
    read_certificate,
    read_location,
)
from edge_agent.identity.errors import IdentityError


def test_a_signing_request_holds_the_device_name_and_nothing_else(key):
    request = x509.load_pem_x509_csr(create_signing_request("kx-01-cam-1", key).encode())
    assert [(one.oid, one.value) for one in request.subject] == [
        (NameOID.COMMON_NAME, "kx-01-cam-1")
    ]
    assert list(request.extensions) == []
    assert request.is_signature_valid
    assert request.public_key() == key.public_key()


def test_the_first_certificate_of_a_file_is_read(tmp_path, key, create_certificate):
    file = tmp_path / "device.pem"
    chain = create_certificate(key, name="first") + create_certificate(key, name="second")
    file.write_bytes(private_key_to_pem(key) + chain.encode())
    assert read_certificate(file).subject.rfc4514_string() == "CN=first"


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\xff\xfe"])
def test_a_file_without_a_certificate_is_named(tmp_path, content):
    file = tmp_path / "device.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(IdentityError, match=r"no certificate can be read in .*device\.pem"):
        read_certificate(file)


@pytest.mark.parametrize("location", ["KX-01", None])
def test_the_location_is_that_of_the_certificate_if_it_states_one(
    tmp_path, key, create_certificate, location
):
    file = tmp_path / "device.pem"
    file.write_text(create_certificate(key, location=location))
    assert read_location(read_certificate(file)) == location


def test_a_private_key_is_read_back(key):
    assert private_key_from_pem(private_key_to_pem(key)).public_key() == key.public_key()


def test_a_key_of_another_type_or_text_is_refused():
    other = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(ValueError, match="a key of type Ed25519PrivateKey, expected EC P-256"):
        private_key_from_pem(other)
    with pytest.raises(ValueError, match=r"PEM|deserialize"):
        private_key_from_pem(b"no key")


def test_a_key_of_another_curve_is_refused():
    pem = private_key_to_pem(ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(ValueError, match="a key on the curve secp384r1, expected EC P-256"):
        private_key_from_pem(pem)
