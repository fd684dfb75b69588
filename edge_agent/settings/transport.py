"""Settings of the delivery of reports: the MQTT connection, the outbox, receipts."""

from typing import Annotated, Literal

from msgspec import Meta

from edge_agent.settings.field_types import Section


class LinkSettings(Section, frozen=True):
    """How reports are sent.

    While no acknowledgement arrives, the wait of `resend_after_s` doubles up to `longest_resend_s`,
    if that is longer. The client "aws" is the AWS SDK for IoT Core; it must be installed and
    authenticates by certificate only.
    """

    client: Literal["paho", "aws"] = "paho"
    mqtt: Literal["3.1.1", "5"] = "3.1.1"  # of paho; with 5 the broker states its packet limit
    batch: Annotated[int, Meta(ge=1, le=100)] = 50
    in_flight: Annotated[int, Meta(ge=1, le=10_000)] = 300
    resend_after_s: Annotated[float, Meta(ge=0.1, le=3600)] = 10.0
    longest_resend_s: Annotated[float, Meta(ge=0.1, le=86_400)] = 300.0
    keepalive_s: Annotated[int, Meta(ge=5, le=1200)] = 30
    heartbeat_s: Annotated[float, Meta(ge=1, le=3600)] = 30.0


class OutboxSettings(Section, frozen=True):
    """The disk budget of unacknowledged reports; 16 MiB hold five days of half minutes.

    With receipts they hold three days.
    """

    budget_bytes: Annotated[int, Meta(ge=64 * 1024, le=2**40)] = 16 * 1024 * 1024


class ReceiptSettings(Section, frozen=True):
    """Whether reports are sent with a receipt that the key of the device's certificate signs.

    A device without a certificate signs none.
    """

    on: bool = True
