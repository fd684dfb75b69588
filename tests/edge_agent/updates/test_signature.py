import base64

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from edge_agent.updates.signature import SignatureError, verify_signature
from tests.edge_agent.management.job_harness import pem

CONTENT = b'{"version":"1.2.0"}'
ED25519 = ed25519.Ed25519PrivateKey.generate()
P256 = ec.generate_private_key(ec.SECP256R1())


def encoded(signature):
    return base64.b64encode(signature).decode()


SIGNED = {
    "Ed25519": (ED25519, encoded(ED25519.sign(CONTENT))),
    "P-256": (P256, encoded(P256.sign(CONTENT, ec.ECDSA(hashes.SHA256())))),
}


@pytest.mark.parametrize("kind", SIGNED)
def test_a_trusted_key_of_either_kind_may_sign(kind):
    key, signature = SIGNED[kind]
    verify_signature(CONTENT, signature, [pem(key)])


def test_any_of_several_keys_suffices():
    _, signature = SIGNED["Ed25519"]
    verify_signature(CONTENT, signature, [pem(P256), pem(ED25519)])


@pytest.mark.parametrize("kind", SIGNED)
def test_changed_content_is_not_signed(kind):
    key, signature = SIGNED[kind]
    for content in (CONTENT + b" ", CONTENT[:-1], b""):
        with pytest.raises(SignatureError, match="signed by none of the 1 keys"):
            verify_signature(content, signature, [pem(key)])


@pytest.mark.parametrize("signature", ["", encoded(b"x"), encoded(bytes(64)), encoded(bytes(500))])
@pytest.mark.parametrize("key", [ED25519, P256])
def test_a_signature_of_any_other_bytes_is_refused(signature, key):
    with pytest.raises(SignatureError, match="signed by none"):
        verify_signature(CONTENT, signature, [pem(key)])


@pytest.mark.parametrize("signature", ["no base64!", "AAA", "AAAA\n", "ÄÄÄÄ", " AAAA"])
def test_a_signature_that_is_no_base64_is_refused(signature):
    with pytest.raises(SignatureError, match="the signature is not base64"):
        verify_signature(CONTENT, signature, [pem(ED25519)])


def test_without_keys_nothing_is_trusted():
    with pytest.raises(SignatureError, match=r"fleet.signers is empty: this camera trusts no sig"):
        verify_signature(CONTENT, SIGNED["Ed25519"][1], [])


@pytest.mark.parametrize(
    ("signer", "reason"),
    [
        ("", "contains an invalid public key"),
        ("no key", "contains an invalid public key"),
        (pem(rsa.generate_private_key(65_537, 1_024)), "expected Ed25519 or EC P-256 keys"),
        (pem(ec.generate_private_key(ec.SECP384R1())), "expected Ed25519 or EC P-256 keys"),
    ],
)
def test_an_unusable_key_of_the_settings_is_named(signer, reason):
    with pytest.raises(SignatureError, match=reason):
        verify_signature(CONTENT, SIGNED["Ed25519"][1], [signer])
