"""Envelopes as another implementation of DSSE reads and verifies them."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from securesystemslib.dsse import Envelope as OtherEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from edge_agent.reporting.receipt_signing import KeyPair, sign_receipt
from tests.edge_agent.outbox.reports import quiet_minute
from wire.receipts.dsse import DsseError, decode_base64, encode_pre_authentication
from wire.receipts.receipt import PAYLOAD_TYPE
from wire.scalars import JournalId, SequenceRange

KEYID = "ab" * 32
REPORT = quiet_minute(JournalId("0" * 16), SequenceRange(first=1, last=1))


def test_the_encoding_is_that_of_the_specification():
    assert (
        encode_pre_authentication("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@pytest.mark.parametrize(
    "key",
    [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65_537, 2048)],
    ids=["ec", "rsa"],
)
def test_another_implementation_verifies_the_envelope(key):
    envelope = sign_receipt(REPORT, KeyPair(key, KEYID, ""), certificates=False).envelope
    scheme = None if isinstance(key, ec.EllipticCurvePrivateKey) else "rsa-pkcs1v15-sha256"
    public = SSlibKey.from_crypto(key.public_key(), keyid=KEYID, scheme=scheme)
    found = OtherEnvelope.from_dict(msgspec.to_builtins(envelope))
    assert found.payload_type == PAYLOAD_TYPE
    assert found.payload == envelope.payload_bytes
    assert found.pae() == envelope.signed_bytes
    assert found.verify([public], threshold=1)
    found.payload += b" "
    with pytest.raises(VerificationError):
        found.verify([public], threshold=1)


@pytest.mark.parametrize("text", ["YQ", "YR==", "Y Q=", "YQ==\n", "é"])
def test_base64_has_one_form(text):
    with pytest.raises(DsseError):
        decode_base64(text)
