"""Creates every paho client of the device: credentials, TLS, keep-alive, orderly end.

A client is created without a connection. Its callbacks, last will and subscriptions belong to the
caller. paho's network thread is a daemon thread, one for each client.
"""

import ssl
from typing import Final

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge_agent.transport.broker import BrokerEndpoint, create_tls_context

KEEPALIVE_S: Final = 30


def create_mqtt_client(
    broker: BrokerEndpoint,
    *,
    client_id: str = "",
    protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311,
    tls: ssl.SSLContext | None = None,
    connect_timeout_s: float | None = None,
    is_reconnecting: bool = True,
) -> mqtt.Client:
    """A client with the credentials of `broker` and a clean session, not connected yet.

    Without a `client_id` the broker chooses one. `tls` replaces the context of the broker's
    certificates. Raises LinkError when a certificate file cannot be used.
    """
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=protocol,
        reconnect_on_failure=is_reconnecting,
    )
    client.username_pw_set(broker.username, broker.password)
    if broker.tls:
        client.tls_set_context(tls or create_tls_context(broker))
    if connect_timeout_s is not None:
        client.connect_timeout = connect_timeout_s
    return client


def connect_in_background(
    client: mqtt.Client, broker: BrokerEndpoint, *, keepalive_s: int = KEEPALIVE_S
) -> None:
    """Start the network thread; it connects, now or when the broker can be reached."""
    client.connect_async(broker.host, broker.port, keepalive_s)
    client.loop_start()


def disconnect(client: mqtt.Client) -> None:
    """Close the connection in order, without the last will, and end the network thread."""
    client.disconnect()
    client.loop_stop()
