import socket
import ssl

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from edge_agent.transport.broker import LinkError, parse_broker_url
from edge_agent.transport.mqtt_client import KEEPALIVE_S, create_mqtt_client


@pytest.fixture
def connect_packet():
    """Connects a client to a listening socket and returns the bytes of its CONNECT."""

    def read(user="", **options):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(5)
            broker = parse_broker_url(f"mqtt://{user}127.0.0.1:{server.getsockname()[1]}")
            client = create_mqtt_client(broker, **options)
            client.connect(broker.host, broker.port, KEEPALIVE_S)
            connection, _ = server.accept()
            with connection:
                connection.settimeout(5)
                packet = connection.recv(1_000)
            client.socket().close()
            client._reset_sockets()
        return packet

    return read


CLEAN_SESSION, WITH_PASSWORD = 0b10, 0b1100_0000


def test_a_client_has_its_id_a_clean_session_and_half_a_minute_of_keep_alive(connect_packet):
    packet = connect_packet(client_id="cam-1")
    assert packet[:2] == b"\x10\x11"
    assert packet[2:9] == b"\x00\x04MQTT\x04"
    assert packet[9] == CLEAN_SESSION
    assert packet[10:12] == (30).to_bytes(2)
    assert packet[12:] == b"\x00\x05cam-1"


def test_without_an_id_the_broker_chooses_one(connect_packet):
    assert connect_packet()[12:] == b"\x00\x00"


def test_user_name_and_password_are_those_of_the_address(connect_packet):
    packet = connect_packet("cam:s%40cret@", client_id="c")
    assert packet[9] == CLEAN_SESSION | WITH_PASSWORD
    assert packet[12:] == b"\x00\x01c\x00\x03cam\x00\x06s@cret"


def test_the_protocol_can_be_version_5(connect_packet):
    packet = connect_packet(client_id="c", protocol=MQTTProtocolVersion.MQTTv5)
    assert packet[2:9] == b"\x00\x04MQTT\x05"
    assert packet[9] == CLEAN_SESSION


def test_the_time_to_connect_can_be_limited():
    broker = parse_broker_url("mqtt://127.0.0.1")
    assert create_mqtt_client(broker, connect_timeout_s=0.5).connect_timeout == 0.5


def test_an_unusable_certificate_is_an_error_before_any_connection(tmp_path):
    broker = parse_broker_url("mqtts://h", ca=tmp_path / "missing.pem")
    with pytest.raises(LinkError, match="--ca: there is no file"):
        create_mqtt_client(broker)
    given = ssl.create_default_context()
    assert create_mqtt_client(broker, tls=given)._ssl_context is given


def test_a_broker_without_tls_gets_none():
    context = ssl.create_default_context()
    client = create_mqtt_client(parse_broker_url("mqtt://h"), tls=context)
    assert client._ssl_context is None
