"""Signs the receipts of reports with the private key of the device's certificate.

Signing takes about 0.1 ms of a report. A report whose receipt cannot be signed is sent without one.
The chain of certificates accompanies the first receipt after the agent starts or the certificate
is renewed, and then one of every `CERTIFICATES_EVERY` reports, so that the cloud always knows it.
"""

import logging
import secrets
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from msgspec import UNSET

from wire.audience import AudienceReport
from wire.receipts.dsse import build_envelope, encode_pre_authentication
from wire.receipts.receipt import (
    PAYLOAD_TYPE,
    SALT_BYTES,
    SignedReceipt,
    build_receipt,
    encode_canonical,
)

log = logging.getLogger(__name__)

CERTIFICATES_EVERY: Final = 100
LARGEST_FILE_BYTES: Final = 64 * 1024
SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
FileState = tuple[int, int, int]


class KeyPair(NamedTuple):
    """The key in use, the fingerprint of its certificate, and the chain in PEM."""

    key: SigningKey
    keyid: str
    certificates: str


class SigningError(ValueError):
    """A certificate or key that signs no receipts."""


class ReceiptSigner:
    """Signs with the certificate and key in two files, or in one; follows their renewal."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = certificate, key
        self._states: tuple[FileState, ...] = ()
        self._pair: KeyPair | None = None
        self._sends_certificates = False
        self._logged = ""

    def sign(self, report: AudienceReport) -> str | None:
        """The signed receipt of a report as JSON; None while no key can be used."""
        try:
            self._load_if_changed()
        except (OSError, SigningError) as error:
            self._log_unusable(str(error))
            return None
        if self._pair is None:
            return None
        is_turn = report.sequence.first % CERTIFICATES_EVERY == 1
        signed = sign_receipt(report, self._pair, certificates=is_turn or self._sends_certificates)
        self._sends_certificates = False
        return msgspec.json.encode(signed).decode()

    def _load_if_changed(self) -> None:
        states = tuple(_state_of(file) for file in self._files)
        if states == self._states:
            return
        self._pair = None
        self._states = states
        try:
            self._pair = read_key_pair(*self._files)
        except OSError:  # such as too many open files: read them again for the next report
            self._states = ()
            raise
        self._sends_certificates = True
        self._logged = ""

    def _log_unusable(self, reason: str) -> None:
        if reason != self._logged:
            log.warning("receipts.not_signed", extra={"reason": reason})
            self._logged = reason


def sign_receipt(report: AudienceReport, pair: KeyPair, *, certificates: bool) -> SignedReceipt:
    """Sign the receipt of a report; with the chain of certificates if asked for."""
    seed = secrets.token_urlsafe(SALT_BYTES)
    payload = encode_canonical(build_receipt(report, seed))
    signature = _sign(pair.key, encode_pre_authentication(PAYLOAD_TYPE, payload))
    return SignedReceipt(
        envelope=build_envelope(PAYLOAD_TYPE, payload, pair.keyid, signature),
        seed=seed,
        certificates=pair.certificates if certificates else UNSET,
    )


def read_key_pair(certificate: Path, key: Path) -> KeyPair:
    """Read certificate chain and key; raises SigningError or OSError."""
    try:
        chain = x509.load_pem_x509_certificates(_read(certificate))
        private = serialization.load_pem_private_key(_read(key), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningError(f"{certificate} or {key} cannot be used: {error}") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise SigningError(f"{key} holds a key of another kind: expected EC P-256 or RSA")
    if private.public_key() != chain[0].public_key():
        raise SigningError(f"{key} is not the key of the certificate {certificate}")
    pem = "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in chain)
    return KeyPair(private, chain[0].fingerprint(hashes.SHA256()).hex(), pem)


def _sign(key: SigningKey, content: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(content, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(content, ec.ECDSA(hashes.SHA256()))


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(LARGEST_FILE_BYTES)


def _state_of(file: Path) -> FileState:
    found = file.stat()
    return found.st_mtime_ns, found.st_ino, found.st_size
