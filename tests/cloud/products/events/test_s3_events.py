"""Messages of S3: created objects are read, other events are none, anything else is refused."""

import json

import pytest

from cloud.products.events.s3_events import CreatedObject, EventError, read_events


def body(key: str, event: str = "ObjectCreated:Put") -> str:
    """A message as S3 sends it, with the fields that are not read."""
    s3 = {"s3SchemaVersion": "1.0", "bucket": {"name": "uploads"}, "object": {"key": key}}
    record = {"eventVersion": "2.1", "eventName": event, "s3": s3}
    return json.dumps({"Records": [record]})


def test_the_name_of_a_created_object_is_decoded():
    message = body("orders/orders+november%2B1.csv")
    assert read_events(message) == [CreatedObject("uploads", "orders", "orders november+1.csv")]


@pytest.mark.parametrize(
    "message",
    [
        '{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "uploads"}',
        body("orders/a.csv", "ObjectRemoved:Delete"),
        body("orders/"),
        '{"Records": []}',
    ],
)
def test_a_test_event_other_events_and_folders_name_no_object(message):
    assert read_events(message) == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("no json", "expected an event notification of S3"),
        ('{"Records": [{"eventName": 1}]}', "expected an event notification of S3"),
        ("{}", "expected Records"),
        (body("a.csv"), "expected PRODUCT/FILE"),
        (body("orders/november/a.csv"), "expected PRODUCT/FILE"),
    ],
)
def test_a_message_of_another_form_is_refused(message, reason):
    with pytest.raises(EventError, match=reason):
        read_events(message)
