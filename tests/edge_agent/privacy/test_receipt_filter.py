"""A receipt leaves the device only if it says what its report says, with certificates at most."""

import msgspec
import pytest
from msgspec import UNSET, structs

from edge_agent.privacy.egress_filter import EgressFilter
from edge_agent.reporting.receipt_signing import sign_receipt
from tests.cloud.receipts.receipt_data import Authority, measure
from wire.envelope import audience_event, decode_events, encode_event
from wire.topics import Channel, DeviceAddress

PAIR = Authority().enrol()
SIGNED = sign_receipt(measure(1), PAIR, certificates=True)
OTHER = sign_receipt(measure(2), PAIR, certificates=False)
PICTURE = "-----BEGIN CERTIFICATE-----\n/9j/4AAQSkZJRgABAQ\n-----END CERTIFICATE-----\n"


@pytest.fixture
def egress():
    report = measure(1)
    return EgressFilter(DeviceAddress(report.location, report.device), smallest_cell=1)


def send(egress, receipt):
    event = encode_event(audience_event(measure(1), receipt))
    (sent,) = decode_events(egress.filter_payload(Channel.AUDIENCE, event))
    return sent


def test_the_receipt_of_the_report_is_sent_unchanged(egress):
    receipt = msgspec.json.encode(SIGNED).decode()
    assert send(egress, receipt).receipt == receipt
    assert not egress.blocked


@pytest.mark.parametrize(
    "receipt",
    [
        "text",
        msgspec.json.encode(OTHER).decode(),
        msgspec.json.encode(structs.replace(SIGNED, certificates=PICTURE)).decode(),
        msgspec.json.encode(structs.replace(SIGNED, certificates="text")).decode(),
        msgspec.json.encode(
            structs.replace(SIGNED, certificates=SIGNED.certificates + "text")
        ).decode(),
    ],
    ids=["no receipt", "of another report", "a picture", "text", "text after certificates"],
)
def test_another_receipt_is_removed_and_counted_while_the_report_is_sent(egress, receipt, caplog):
    sent = send(egress, receipt)
    assert (sent.receipt, sent.data) == (UNSET, measure(1))
    assert egress.blocked == {"audience": 1}
    assert "text" not in caplog.text.replace("context", "")
