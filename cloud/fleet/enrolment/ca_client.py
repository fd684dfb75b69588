"""Client of the CA service's socket; reads the common name of a signing request.

The common name selects the row of the allow-list. Everything else in the request is
validated by the CA service, which holds the key.
"""

import socket
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from wire.fleet.enrolment import CaCommand, CaReply, CommandRefused, encode_line

TIMEOUT_S: Final = 10.0
MAX_REQUEST_BYTES: Final = 8 * 1024

_decoder: msgspec.json.Decoder[CaReply] = msgspec.json.Decoder(CaReply)


class UnreadableRequestError(ValueError):
    """A signing request whose name cannot be read."""


class CaClient:
    """Sends one command a connection; an unavailable CA service is a refusal."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, command: CaCommand) -> CaReply:
        """Send one command."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(TIMEOUT_S)
                connection.connect(str(self._path))
                connection.sendall(encode_line(command))
                with connection.makefile("rb") as answers:
                    return _decoder.decode(answers.readline())
        except (OSError, msgspec.DecodeError) as error:
            return CommandRefused(
                reason=f"the CA service does not answer ({error}): try again later"
            )


def read_common_name(pem: bytes) -> str:
    """The common name that a request asks for."""
    if len(pem) > MAX_REQUEST_BYTES:
        raise UnreadableRequestError(f"a signing request of {len(pem)} bytes is too large")
    try:
        names = x509.load_pem_x509_csr(pem).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise UnreadableRequestError("the signing request does not parse: wanted PEM") from error
    if len(names) != 1:
        raise UnreadableRequestError(f"the request has {len(names)} common names; wanted one")
    return str(names[0].value)
