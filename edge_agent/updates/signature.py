"""Verifies that content was signed by a key that the local settings trust."""

import base64
import binascii
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_pem_public_key


class SignatureError(ValueError):
    """No trusted key has signed the content."""


def verify_signature(content: bytes, signature: str, signers: Sequence[str]) -> None:
    """Raise SignatureError unless a trusted key signed it. `signers` are public keys in PEM."""
    if not signers:
        raise SignatureError("settings fleet.signers is empty: this camera trusts no signature")
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureError(f"the signature is not base64: {error}") from error
    if not any(_signed_by(pem, content, raw) for pem in signers):
        raise SignatureError(f"signed by none of the {len(signers)} keys in settings fleet.signers")


def _signed_by(pem: str, content: bytes, signature: bytes) -> bool:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureError(
            f"settings fleet.signers contains an invalid public key: {error}"
        ) from error
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, content)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
        else:
            raise SignatureError("settings fleet.signers: expected Ed25519 or EC P-256 keys")
    except InvalidSignature:
        return False
    return True
