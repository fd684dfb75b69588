"""The generated documents match the code, and another reader accepts what the code accepts."""

import json
from pathlib import Path

import pytest
from jsonschema_rs import Draft202012Validator

from cloud.ingest.retail.price_consumer import TOPIC
from cloud.retail_wire.documents import ADDRESS, generate_documents
from tests.cloud.ingest.retail.price_messages import message_of

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "wire" / "retail"


@pytest.mark.parametrize("name", generate_documents())
def test_the_documents_match_the_code(name: str) -> None:
    generated = generate_documents()[name]
    assert (FOLDER / name).read_text() == generated, "run: python -m cloud retail documents"


def test_another_validator_reads_messages_alike() -> None:
    schema = json.loads(generate_documents()["price-point.schema.json"])
    validator = Draft202012Validator(schema)
    for good in (message_of(), message_of(holiday=..., promotion=None, inventory=...)):
        assert list(validator.iter_errors(json.loads(good))) == []
    for bad in ({"price": 2.25}, {"price": ...}, {"units": "12"}, {"city": "Lon\n"}, {"x": 1}):
        assert list(validator.iter_errors(json.loads(message_of(**bad)))), bad


def test_the_address_is_the_topic() -> None:
    assert TOPIC.fullmatch(ADDRESS.replace("{sender}", "till-7"))
