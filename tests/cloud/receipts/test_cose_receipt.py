"""COSE receipts as another implementation of RFC 9942 reads them."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from scitt_cose import verify_receipt

from cloud.receipts.cose_receipt import ProvedEntry, build_cose_receipt
from cloud.receipts.signing_keys import LogKeys
from tests.cloud.receipts.receipt_data import LOG_KEY, NINE, ORIGIN, MemoryLog

CONTENTS = [f"entry {number}".encode() for number in range(7)]
LOG = MemoryLog(CONTENTS)
PUBLIC = LOG_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def verify(receipt, content):
    return verify_receipt(receipt, leaf_entry_hex=content.hex(), log_public_key_pem=PUBLIC)


@pytest.mark.parametrize("index", range(len(CONTENTS)))
def test_another_implementation_verifies_the_receipt(index):
    entry = ProvedEntry("a1:1-1", index, LOG.size, LOG.root(), LOG.prove(index))
    receipt = build_cose_receipt(entry, LogKeys(ORIGIN, (LOG_KEY,)), NINE)
    found = verify(receipt, CONTENTS[index])
    assert found.ok, found.errors
    assert (found.issuer, found.subject, found.iat) == (ORIGIN, "a1:1-1", int(NINE.timestamp()))
    assert not verify(receipt, b"other").ok
