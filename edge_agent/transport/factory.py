"""Creates the MQTT link: paho by default, the AWS client where the settings select it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from paho.mqtt.enums import MQTTProtocolVersion

from edge_agent.settings.transport import LinkSettings
from edge_agent.transport.broker import BrokerEndpoint, LinkError
from edge_agent.transport.paho import PahoLink
from wire.topics import DeviceAddress

if TYPE_CHECKING:
    from edge_agent.transport.aws_iot import AwsIotLink

PROTOCOLS: Final = {"3.1.1": MQTTProtocolVersion.MQTTv311, "5": MQTTProtocolVersion.MQTTv5}


def create_link(
    broker: BrokerEndpoint,
    address: DeviceAddress,
    settings: LinkSettings,
    *,
    subscriptions: Sequence[str] = (),
) -> "PahoLink | AwsIotLink":
    """Create a link, not started yet. The AWS client is loaded only when selected."""
    if settings.client == "paho":
        return PahoLink(
            broker,
            address,
            keepalive_s=settings.keepalive_s,
            subscriptions=subscriptions,
            protocol=PROTOCOLS[settings.mqtt],
        )
    try:
        from edge_agent.transport.aws_iot import AwsIotLink
    except ImportError as error:
        raise LinkError(
            'link.client is "aws", but the AWS client is not installed: pip install onlooker[aws]'
        ) from error
    return AwsIotLink(
        broker, address, keepalive_s=settings.keepalive_s, subscriptions=subscriptions
    )
