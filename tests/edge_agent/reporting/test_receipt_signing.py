"""Receipts are signed with the key of the certificate in use, and follow its renewal."""

from functools import partial

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from msgspec import structs

from cloud.receipts.device_certificates import read_certificates, to_device_certificate
from edge_agent.identity.certificates import private_key_to_pem
from edge_agent.outbox import Outbox
from edge_agent.reporting import receipt_signing
from edge_agent.reporting.receipt_signing import CERTIFICATES_EVERY, ReceiptSigner
from tests.cloud.receipts.receipt_data import Authority, measure
from wire.envelope import decode_events
from wire.receipts.receipt import decode_signed_receipt, require_match

AUTHORITY = Authority()


def store_pair(path, pair):
    path.write_bytes(private_key_to_pem(pair.key) + pair.certificates.encode())


@pytest.fixture
def signer(tmp_path):
    file = tmp_path / "device.pem"
    store_pair(file, AUTHORITY.enrol())
    return ReceiptSigner(file, file)


def number_report(report, journal, sequence):
    return structs.replace(report, journal=journal, sequence=sequence)


def sign(signer, number):
    return decode_signed_receipt(signer.sign(measure(number)))


def test_the_chain_of_certificates_comes_with_the_first_receipt_and_sometimes_later(signer):
    numbers = range(2, CERTIFICATES_EVERY + 3)
    sent = [number for number in numbers if sign(signer, number).certificates]
    assert sent == [2, CERTIFICATES_EVERY + 1]


def test_the_certificate_has_signed_what_the_report_says(signer):
    signed = sign(signer, 1)
    certificate = to_device_certificate(read_certificates(signed.certificates.encode()))
    assert certificate.keyid == signed.envelope.signature.keyid
    assert certificate.has_signed(signed.envelope)
    require_match(signed, measure(1))


def test_a_renewed_certificate_signs_the_next_receipt(signer, tmp_path):
    before = sign(signer, 2).envelope.signature.keyid
    renewed = AUTHORITY.enrol()
    store_pair(tmp_path / "next.pem", renewed)
    (tmp_path / "next.pem").replace(tmp_path / "device.pem")
    after = sign(signer, 3)
    assert after.envelope.signature.keyid == renewed.keyid != before
    assert after.certificates


def test_without_a_usable_key_reports_have_no_receipt_and_the_reason_is_logged_once(
    tmp_path, caplog
):
    signer = ReceiptSigner(tmp_path / "none.pem", tmp_path / "none.pem")
    assert signer.sign(measure(1)) is None
    assert signer.sign(measure(2)) is None
    assert [one.message for one in caplog.records] == ["receipts.not_signed"]
    store_pair(tmp_path / "none.pem", AUTHORITY.enrol())
    assert signer.sign(measure(3)) is not None


def test_a_file_that_could_not_be_read_once_is_read_again(signer, monkeypatch):
    def refuse(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(receipt_signing, "read_key_pair", refuse)
    assert signer.sign(measure(1)) is None
    monkeypatch.undo()
    assert signer.sign(measure(2)) is not None


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()]
)
def test_a_key_of_another_certificate_or_kind_signs_nothing(tmp_path, key):
    file = tmp_path / "device.pem"
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(pem + AUTHORITY.enrol().certificates.encode())
    signer = ReceiptSigner(file, file)
    assert signer.sign(measure(1)) is signer.sign(measure(2)) is None


def test_an_outbox_stores_receipts_and_signs_downsampled_reports_again(tmp_path, signer):
    outbox = Outbox(tmp_path / "outbox.sqlite3", budget_bytes=64 * 1024, sign=signer.sign)
    number = 0
    while not outbox.downsampled:
        number += 1
        outbox.put(partial(number_report, measure(number)))
    for stored in outbox.unacknowledged(1000):
        (event,) = decode_events(stored.event)
        require_match(decode_signed_receipt(event.receipt), event.data)
    assert event.data.sequence.last == number
    outbox.close()


def test_the_certificates_of_a_chain_are_those_of_the_file(signer):
    chain = x509.load_pem_x509_certificates(sign(signer, 1).certificates.encode())
    assert [one.subject for one in chain][1:] == [AUTHORITY.middle.subject]
