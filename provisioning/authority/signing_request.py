"""Reads and checks a certificate signing request of an untrusted sender.

Only the public key and the common name are used. The authority sets everything else in a
certificate, so a request for anything else is refused.
"""

import re
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from wire.scalars import NAME, DeviceId

MAX_BYTES: Final = 8 * 1024
PEM_HEADERS: Final = (b"-----BEGIN CERTIFICATE REQUEST-----", b"-----BEGIN NEW CERTIFICATE REQUEST")
ALLOWED_IN_SUBJECT: Final = {NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME}


class SigningRequestError(ValueError):
    """A request that will not be signed; the message may be sent to its sender."""


def read(pem: bytes) -> tuple[DeviceId, ec.EllipticCurvePublicKey]:
    """The device id and the public key of a request, whose signature is checked."""
    request = _parse(pem)
    key = _public_key(request)
    _refuse_invalid_signature(request)
    _refuse_extensions(request)
    return _name(request), key


def _parse(pem: bytes) -> x509.CertificateSigningRequest:
    if len(pem) > MAX_BYTES:
        raise SigningRequestError(
            f"a signing request of {len(pem)} bytes; at most {MAX_BYTES} are read"
        )
    if not pem.lstrip().startswith(PEM_HEADERS):
        raise SigningRequestError(
            "not a PEM signing request: wanted -----BEGIN CERTIFICATE REQUEST"
        )
    try:
        return x509.load_pem_x509_csr(pem)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise SigningRequestError(f"the signing request does not parse: {error}"[:300]) from error


def _public_key(request: x509.CertificateSigningRequest) -> ec.EllipticCurvePublicKey:
    try:
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningRequestError(f"the request's key cannot be used: {error}"[:300]) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SigningRequestError(f"the request's key is {_kind(key)}; wanted EC P-256")
    return key


def _kind(key: object) -> str:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    size = getattr(key, "key_size", None)
    return type(key).__name__.removesuffix("PublicKey") + (f" of {size} bits" if size else "")


def _refuse_invalid_signature(request: x509.CertificateSigningRequest) -> None:
    try:
        valid = request.is_signature_valid
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        valid = False
    if not valid:
        raise SigningRequestError(
            "the request's signature does not match its key: "
            "create it again with the device's own key"
        )


def _refuse_extensions(request: x509.CertificateSigningRequest) -> None:
    try:
        extensions = [extension.oid._name for extension in request.extensions]
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise SigningRequestError(f"the request's extensions do not parse: {error}") from error
    if extensions:
        raise SigningRequestError(
            f"the request asks for {', '.join(extensions)}: only the authority sets extensions"
        )


def _name(request: x509.CertificateSigningRequest) -> DeviceId:
    try:
        subject = list(request.subject)
    except ValueError as error:
        raise SigningRequestError(f"the request's subject does not parse: {error}") from error
    others = {part.oid for part in subject} - ALLOWED_IN_SUBJECT
    if others:
        named = ", ".join(sorted(oid._name for oid in others))
        raise SigningRequestError(f"the request's subject holds {named}; wanted a common name only")
    names = [str(part.value) for part in subject if part.oid == NameOID.COMMON_NAME]
    if len(names) != 1:
        raise SigningRequestError(f"the request has {len(names)} common names; wanted one")
    if not re.match(NAME, names[0]):
        raise SigningRequestError(
            f"the common name {names[0][:80]!r} is not a device id: use 1 to 63 letters, "
            "digits, - or _, starting with a letter or digit"
        )
    return DeviceId(names[0])
