"""Reading and checking certificates of a test authority."""

import subprocess
from datetime import UTC, datetime

from cryptography import x509

from provisioning.__main__ import main

NOW = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)


def read_certificate(entry):
    return x509.load_pem_x509_certificate(entry.certificate.encode())


def verify_with_openssl(folder, entry, purpose, at):
    """What OpenSSL reports about a certificate, as a broker or a camera checks it."""
    (folder.parent / "leaf.pem").write_text(entry.certificate)
    command = ["openssl", "verify", "-CAfile", folder / "trust.pem", "-crl_check"]
    command += ["-CRLfile", folder / "revoked.pem", "-purpose", purpose]
    command += ["-attime", str(int(at.timestamp())), folder.parent / "leaf.pem"]
    return subprocess.run(command, capture_output=True, text=True)


def run_ca(capsys, *words):
    """Exit status and output of a `ca` command."""
    status = main(["ca", *map(str, words)])
    shown = capsys.readouterr()
    return status, shown.out + shown.err
