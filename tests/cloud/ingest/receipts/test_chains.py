"""Whose chain of certificates it is; what cannot be read is nobody's."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cloud.ingest.receipts.chains import ChainOwner, read_owner
from cloud.receipts.device_certificates import read_certificates
from tests.cloud.receipts.receipt_data import (
    Authority,
    damage_subject,
    damage_version,
    to_pem,
)

PAIR = Authority().enrol()
DER = read_certificates(PAIR.certificates.encode())[0].public_bytes(Encoding.DER)


def test_it_is_of_the_device_of_its_first_certificate():
    assert read_owner(PAIR.certificates) == ChainOwner(PAIR.keyid, "kx-01-cam-1")


@pytest.mark.parametrize("text", ["", "x", to_pem(b"x"), to_pem(damage_version(DER))])
def test_what_is_no_chain(text):
    assert read_owner(text) is None


def test_a_subject_that_cannot_be_read_is_nobody():
    owner = read_owner(to_pem(damage_subject(DER)))
    assert owner is not None
    assert owner.device == ""


def test_a_name_that_is_not_printable_is_nobody():
    owner = read_owner(to_pem(DER.replace(b"kx-01-cam-1", b"kx-01-cam-\0")))
    assert owner is not None
    assert owner.device == ""
