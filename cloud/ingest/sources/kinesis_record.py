"""A record of the stream as the IoT rule writes it: the message as it came, and its topic.

The rule is `SELECT encode(*, 'base64') AS payload, topic() AS topic FROM 'onlooker/v1/+/+/+'`.
"""

import base64
import binascii
import json
from typing import Any, Final

from cloud.ingest.sources.message_source import Delivery

UNREADABLE_TOPIC: Final = "(a record that the IoT rule did not write)"


def parse_record(data: bytes, receipt: Any = None) -> Delivery:
    """The message in a record; other data becomes a delivery that fails validation."""
    try:
        record = json.loads(data)
        topic = record["topic"]
        topic.encode()  # JSON may hold another type, or a lone surrogate
        return Delivery(topic, base64.b64decode(record["payload"]), receipt)
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error, RecursionError):
        return Delivery(UNREADABLE_TOPIC, data, receipt)
