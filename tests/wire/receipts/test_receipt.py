"""A receipt says what its report says; records of creatives are shown one by one."""

import base64

import msgspec
import pytest
from msgspec import structs

from tests.edge_agent.outbox.reports import quiet_minute
from wire.audience import CreativeSum
from wire.receipts.dsse import build_envelope
from wire.receipts.receipt import (
    MAX_RECEIPT_BYTES,
    PAYLOAD_TYPE,
    ReceiptError,
    SignedReceipt,
    build_receipt,
    decode_receipt,
    decode_signed_receipt,
    encode_canonical,
    list_records,
    require_match,
)
from wire.scalars import JournalId, SequenceRange

SEED = "A" * 22
PLAYED = CreativeSum(plays=2, observed_ms=0, person_ms=0, facing_ms=0, looking_ms=0, unsure_ms=0)
REPORT = structs.replace(
    quiet_minute(JournalId("0" * 16), SequenceRange(first=3, last=4)),
    creatives={"b": PLAYED, "a": PLAYED},
)


def wrap(payload, payload_type=PAYLOAD_TYPE):
    return build_envelope(payload_type, payload, "0" * 64, b"signature")


def sign(report):
    payload = encode_canonical(build_receipt(report, SEED))
    return SignedReceipt(envelope=wrap(payload), seed=SEED)


def test_a_receipt_is_read_as_it_was_built():
    receipt = build_receipt(REPORT, SEED)
    assert decode_receipt(wrap(encode_canonical(receipt))) == receipt
    assert receipt.report_id == "0000000000000000:3-4"


def test_the_payload_is_canonical():
    payload = encode_canonical(build_receipt(REPORT, SEED))
    names = list(msgspec.json.decode(payload))
    assert names == sorted(names)
    assert b" " not in payload


def test_records_are_in_the_receipt_by_digest_only():
    receipt, records = build_receipt(REPORT, SEED), list_records(REPORT, SEED)
    assert [one.creative for one in records] == ["a", "b"]
    assert sorted(one.digest for one in records) == list(receipt.creatives)
    assert len({one.salt for one in records}) == 2
    changed = structs.replace(records[0], sums=structs.replace(PLAYED, plays=3))
    assert changed.digest not in receipt.creatives


def test_a_receipt_matches_its_report():
    assert require_match(sign(REPORT), REPORT) == build_receipt(REPORT, SEED)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"visits": 1}, "audience"),
        ({"journal": "1" * 16}, "journal"),
        ({"creatives": {"a": PLAYED}}, "creatives"),
        ({"device": "other"}, "device"),
    ],
)
def test_a_contradiction_names_the_field(change, field):
    with pytest.raises(ReceiptError, match=f"^{field} of the receipt contradicts the report"):
        require_match(sign(REPORT), structs.replace(REPORT, **change))


@pytest.mark.parametrize(
    ("envelope", "reason"),
    [
        (wrap(b"{}", "text/plain"), "type 'text/plain'"),
        (wrap(b"{}"), "no receipt"),
        (wrap(b" " + encode_canonical(build_receipt(REPORT, SEED))), "not canonical"),
        (structs.replace(wrap(b"{}"), payload="*"), "no base64"),
    ],
)
def test_payloads_that_are_no_receipt(envelope, reason):
    with pytest.raises(ReceiptError, match=reason):
        decode_receipt(envelope)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "x" * (MAX_RECEIPT_BYTES + 1), '{"seed":"\ud800"}']
)
def test_texts_that_are_no_signed_receipt(text):
    with pytest.raises(ReceiptError):
        decode_signed_receipt(text)


def test_a_signature_is_base64():
    assert base64.b64decode(wrap(b"{}").signature.sig) == b"signature"
