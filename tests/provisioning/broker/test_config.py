"""Mosquitto's configuration: one TLS listener, one control socket, and the limits."""

from dataclasses import replace
from pathlib import Path

import pytest

from provisioning.broker import config
from provisioning.broker.settings import BrokerSettings, Limits

SETTINGS = BrokerSettings(Path("/srv/broker"), Path("/srv/ca"), auth_plugin=Path("/lib/auth.so"))


def listeners(settings):
    """The options of each listener, by the address that follows `listener`."""
    found, options = {}, {}
    for line in config.render(settings).splitlines():
        name, _, value = line.partition(" ")
        if name == "listener":
            options = found.setdefault(value, {})
        else:
            options[name] = value
    return found


def test_clients_from_the_network_need_a_certificate_that_is_not_revoked():
    assert (
        listeners(SETTINGS)["8883 0.0.0.0"].items()
        >= {
            "require_certificate": "true",
            "allow_anonymous": "false",
            "tls_version": "tlsv1.2",
            "cafile": "/srv/broker/trust.pem",
            "crlfile": "/srv/broker/revoked.pem",
            "acl_file": "/srv/broker/access.acl",
        }.items()
    )


def test_the_control_socket_may_publish_and_subscribe_to_nothing():
    control = listeners(SETTINGS)["0 /srv/broker/control/socket"]
    assert control == {
        "max_connections": "4",
        "allow_anonymous": "true",
        "acl_file": "/srv/broker/nothing.acl",
    }


def test_the_listener_without_certificates_is_no_network_port():
    anonymous = [
        address
        for address, options in listeners(replace(SETTINGS, websockets_port=8884)).items()
        if options.get("allow_anonymous") == "true"
    ]
    assert anonymous == ["0 /srv/broker/control/socket"]


def test_websockets_have_the_same_protection_as_mqtt():
    found = listeners(replace(SETTINGS, websockets_port=8884, bind="10.0.0.1"))
    websockets = found["8884 10.0.0.1"]
    assert websockets.pop("protocol") == "websockets"
    assert websockets == found["8883 10.0.0.1"]


def test_with_the_plugin_the_plugin_decides_about_names_and_rates():
    limits = Limits(messages_per_s=7, burst_messages=8, connections_per_min=9, burst_connections=10)
    options = listeners(replace(SETTINGS, limits=limits))["8883 0.0.0.0"]
    assert options["plugin"] == "/srv/broker/auth_plugin.so"
    assert {name: value for name, value in options.items() if name.startswith("plugin_opt")} == {
        "plugin_opt_messages_per_s": "7",
        "plugin_opt_burst_messages": "8",
        "plugin_opt_connections_per_min": "9",
        "plugin_opt_burst_connections": "10",
    }
    assert "use_identity_as_username" not in options


def test_without_the_plugin_mosquitto_takes_the_name_from_the_certificate():
    options = listeners(replace(SETTINGS, auth_plugin=None))["8883 0.0.0.0"]
    assert options["use_identity_as_username"] == options["use_username_as_clientid"] == "true"
    assert [name for name in options if name.startswith("plugin")] == []


def test_a_packet_may_hold_the_largest_payload_and_its_topic():
    text = config.render(replace(SETTINGS, limits=Limits(payload_bytes=1000)))
    assert "\nmessage_size_limit 1000\n" in text
    assert "\nmax_packet_size 2024\n" in text


@pytest.mark.parametrize("user", ["mosquitto", None])
def test_an_account_is_written_only_if_one_is_given(user):
    lines = config.render(replace(SETTINGS, user=user)).splitlines()
    assert [line for line in lines if line.startswith("user ")] == ([f"user {user}"] * bool(user))
