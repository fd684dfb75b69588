import json

import pytest
from jsonschema_rs import Draft202012Validator, ValidationError, meta

from wire.envelope import AudienceEvent, audience_event, encode_event
from wire.schema_documents import asyncapi, json_schema
from wire.topics import Channel


def test_the_schema_accepts_what_the_code_writes(report):
    schema = json_schema(AudienceEvent)
    assert meta.is_valid(schema)
    written = json.loads(encode_event(audience_event(report)))
    assert list(Draft202012Validator(schema).iter_errors(written)) == []


def test_the_schema_refuses_a_field_of_its_own_invention(report):
    event = json.loads(encode_event(audience_event(report)))
    event["data"]["face"] = "…"
    with pytest.raises(ValidationError):
        Draft202012Validator(json_schema(AudienceEvent)).validate(event)


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def test_every_reference_in_the_asyncapi_document_leads_somewhere():
    document = asyncapi()
    assert set(document["channels"]) == set(Channel)
    for reference in references(document):
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
