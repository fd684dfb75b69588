"""Options of programs that sign or verify receipts: key and name of the log, roots of devices."""

import argparse
import os
from pathlib import Path

from cryptography import x509

from cloud.ingest.receipts.chains import CertificateError
from cloud.receipts.device_certificates import read_certificates
from cloud.receipts.signing_keys import (
    KEY_VARIABLE,
    ORIGIN,
    ORIGIN_VARIABLE,
    LogKeyError,
    LogKeys,
    list_key_files,
    read_log_keys,
)

ROOT_VARIABLE = "ONLOOKER_RECEIPTS_ROOT"


def add_log_arguments(parser: argparse.ArgumentParser, *, roots: bool = False) -> None:
    """Offer the key and name of the log; with `roots` also the root certificates of devices."""
    parser.add_argument(
        "--receipts-key", type=Path, action="append", metavar="FILE",
        help="private key of the log of receipts; several while a new one takes over, that first "
        f"({KEY_VARIABLE})",
    )  # fmt: skip
    parser.add_argument(
        "--receipts-origin", metavar="NAME",
        help=f"name of the log, unique in the world ({ORIGIN_VARIABLE}, {ORIGIN})",
    )  # fmt: skip
    if roots:
        parser.add_argument(
            "--receipts-root", type=Path, action="append", metavar="FILE",
            help="root certificates of devices in PEM: receipts under other roots are rejected "
            f"({ROOT_VARIABLE}; without one, any root)",
        )  # fmt: skip


def read_receipt_keys(arguments: argparse.Namespace) -> LogKeys | None:
    """The keys of the log; None without one. Raises LogKeyError."""
    files = arguments.receipts_key or list_key_files(os.environ.get(KEY_VARIABLE))
    return read_log_keys(files, read_origin(arguments)) if files else None


def read_origin(arguments: argparse.Namespace) -> str:
    """The name of the log."""
    given: str | None = arguments.receipts_origin
    return given or os.environ.get(ORIGIN_VARIABLE) or ORIGIN


def read_receipt_roots(arguments: argparse.Namespace) -> list[x509.Certificate]:
    """The root certificates of devices; raises LogKeyError."""
    files = arguments.receipts_root or list_key_files(os.environ.get(ROOT_VARIABLE))
    try:
        return [one for file in files for one in read_certificates(file.read_bytes())]
    except (OSError, CertificateError) as error:
        raise LogKeyError(f"the root certificates of devices cannot be read: {error}") from None
