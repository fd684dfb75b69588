"""The wire schema as JSON Schema 2020-12 and AsyncAPI 3.0, generated from the structs."""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from wire.envelope import MAX_PAYLOAD_BYTES, AckEvent, AlarmEvent, AudienceEvent, HeartbeatEvent
from wire.fleet.device_config import DeviceConfig
from wire.fleet.jobs import Job
from wire.fleet.preview import PreviewPicture
from wire.health import PresenceStatus
from wire.topics import ROOT, Channel

TITLE: Final = "Onlooker wire schema"
VERSION: Final = "1"

MESSAGES: Final[Mapping[Channel, type[msgspec.Struct]]] = {
    Channel.AUDIENCE: AudienceEvent,
    Channel.HEARTBEAT: HeartbeatEvent,
    Channel.ALARM: AlarmEvent,
    Channel.ACK: AckEvent,
    Channel.STATUS: PresenceStatus,
}


def json_schema(message: Any) -> dict[str, Any]:
    """JSON Schema of one message, or of a union of several, self-contained."""
    schema = msgspec.json.schema(message)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def asyncapi() -> dict[str, Any]:
    """Topics and messages, from the cloud's point of view."""
    _, components = msgspec.json.schema_components(
        MESSAGES.values(), ref_template="#/components/schemas/{name}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": TITLE,
            "version": VERSION,
            "description": f"MQTT 3.1.1 or 5, QoS 1, payloads up to {MAX_PAYLOAD_BYTES} bytes. "
            "A device keeps a report until an acknowledgement covers it.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {str(channel): _channel(channel) for channel in MESSAGES},
        "operations": {f"{_verb(channel)}_{channel}": _operation(channel) for channel in MESSAGES},
        "components": {
            "schemas": components,
            "messages": {
                message.__name__: {"payload": {"$ref": f"#/components/schemas/{message.__name__}"}}
                for message in MESSAGES.values()
            },
        },
    }


def generate_documents() -> dict[str, str]:
    """File name → text of every generated document."""
    files: dict[str, Any] = {
        f"{channel}.schema.json": json_schema(MESSAGES[channel]) for channel in MESSAGES
    }
    files["device-config.schema.json"] = json_schema(DeviceConfig)
    files["job.schema.json"] = json_schema(Job)
    files["preview.schema.json"] = json_schema(PreviewPicture)
    files["asyncapi.json"] = asyncapi()
    return {name: json.dumps(document, indent=2) + "\n" for name, document in files.items()}


def _verb(channel: Channel) -> str:
    return "send" if channel is Channel.ACK else "receive"


def _channel(channel: Channel) -> dict[str, Any]:
    name = MESSAGES[channel].__name__
    return {
        "address": f"{ROOT}/{{location}}/{{device}}/{channel}",
        "parameters": {"location": {}, "device": {}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }


def _operation(channel: Channel) -> dict[str, Any]:
    return {"action": _verb(channel), "channel": {"$ref": f"#/channels/{channel}"}}
