import sys

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from edge_agent.settings.loading import SettingsError, parse
from edge_agent.settings.transport import LinkSettings
from edge_agent.transport.broker import LinkError, parse_broker_url
from edge_agent.transport.factory import PROTOCOLS, create_link
from edge_agent.transport.paho import PahoLink


def test_paho_with_mqtt_311_is_the_default(address):
    link = create_link(parse_broker_url("mqtt://localhost"), address, LinkSettings())
    assert isinstance(link, PahoLink)
    assert not link.connected
    assert PROTOCOLS[LinkSettings().mqtt] is MQTTProtocolVersion.MQTTv311


def test_a_client_that_is_not_installed_is_refused_with_a_remedy(address, monkeypatch):
    monkeypatch.setitem(sys.modules, "edge_agent.transport.aws_iot", None)
    with pytest.raises(LinkError, match=r"pip install onlooker\[aws\]"):
        create_link(parse_broker_url("mqtt://localhost"), address, LinkSettings(client="aws"))


def test_every_version_of_the_settings_has_a_protocol():
    for version, protocol in PROTOCOLS.items():
        assert parse(f'[link]\nmqtt = "{version}"\n').link.mqtt == version
        assert protocol.name == f"MQTTv{version.replace('.', '')}"
    with pytest.raises(SettingsError, match="mqtt"):
        parse('[link]\nmqtt = "4"\n')
