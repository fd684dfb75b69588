"""The message of a price point as JSON Schema 2020-12 and AsyncAPI 3.0, generated from the struct.

Limits that depend on stores, products, rates and earlier prices are not in a schema:
`PriceErrorReason` lists them, and docs/retail.md explains them.
"""

import json
from typing import Any, Final

import msgspec

from cloud.retail_wire.price_message import PriceMessage
from wire.topics import RETAIL_FILTER

SCHEMA_FILE: Final = "price-point.schema.json"
ASYNCAPI_FILE: Final = "asyncapi.json"
ADDRESS: Final = RETAIL_FILTER.replace("+", "{sender}")
NAME: Final = PriceMessage.__name__


def generate_documents() -> dict[str, str]:
    """File name → text of every generated document."""
    files = {SCHEMA_FILE: _describe_schema(), ASYNCAPI_FILE: _describe_channels()}
    return {name: json.dumps(document, indent=2) + "\n" for name, document in files.items()}


def _describe_schema() -> dict[str, Any]:
    schema = msgspec.json.schema(PriceMessage)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _describe_channels() -> dict[str, Any]:
    _, components = msgspec.json.schema_components(
        [PriceMessage], ref_template="#/components/schemas/{name}"
    )
    one = {"$ref": f"#/components/schemas/{NAME}"}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Onlooker price points of shops",
            "version": "1",
            "description": "MQTT 3.1.1 or 5, QoS 1, or records of a Kinesis stream. A message is "
            "acknowledged to the broker after its points are committed, each once.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "price-points": {
                "address": ADDRESS,
                "parameters": {"sender": {"description": "event ids are unique within it"}},
                "messages": {NAME: {"$ref": f"#/components/messages/{NAME}"}},
            }
        },
        "operations": {
            "receive_price-points": {
                "action": "receive",
                "channel": {"$ref": "#/channels/price-points"},
            }
        },
        "components": {
            "schemas": components,
            "messages": {
                NAME: {"payload": {"oneOf": [one, {"type": "array", "items": one}]}},
            },
        },
    }
