"""Settings of the services beside the measurement: addresses, sensors and limits."""

import pytest

from edge_agent.settings.loading import parse

SOURCE = "[[sensors.sources]]\nkind = '{}'\nat = '{}'"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[plays]\nbroker = 'http://host'", "begin it with mqtt:// or mqtts://"),
        ("[plays]\nurl = 'ftp://host/playing'", "begin it with http:// or https://"),
        ("[plays]\nask_every_s = 0.1", ">= 0.2"),
        ("[home_assistant]\nbroker = 'homeassistant.local'", "the address has no scheme"),
        ('[home_assistant]\nprefix = "a b"', "matching regex"),
        ('[home_assistant]\nprefix = "homeassistant\\n"', "matching regex"),
        ('[home_assistant]\nnode = "onlooker\\n"', "matching regex"),
        ('[home_assistant]\nnode = "one/two"', "matching regex"),
        ("[recorder]\ndays = 7.5", "<= 7.0"),
        ("[recorder]\nbudget_bytes = 1_000_000", ">= 16777216"),
        ("[status]\nport = 65_536", "<= 65535"),
        ("[sensors]\nlux_at_mid_grey = -1", ">= 0.0"),
        (SOURCE.format("usb", "1"), "Invalid enum value 'usb'"),
        (SOURCE.format("file", ""), "length >= 1"),
        (SOURCE.format("http", "file:///etc/passwd"), "begin it with http:// or https://"),
        (SOURCE.format("bh1750", "bus one"), "a BH1750 at 'bus one': give bus:address"),
        (SOURCE.format("bh1750", "1:0x2"), "give bus:address, such as 1:0x23"),
        (SOURCE.format("bh1750", "1:0X23"), "give bus:address"),
        (SOURCE.format("bh1750", "100:0x23"), "give bus:address"),
        ((SOURCE.format("file", "x") + "\n") * 9, "length <= 8"),
    ],
)
def test_an_invalid_value_is_refused_with_what_to_write(refusal, text, message):
    assert message in refusal(text)


def test_an_address_with_a_password_is_not_quoted_in_the_error(refusal):
    message = refusal(SOURCE.format("http", "ftp://admin:s3cr3t@host/lux"))
    assert "s3cr3t" not in message


@pytest.mark.parametrize(
    ("kind", "at"), [("file", "/run/lux.json"), ("http", "https://host/lux"), ("bh1750", "1"),
                     ("bh1750", "10:0x5c")],
)  # fmt: skip
def test_a_source_of_each_kind_is_accepted(kind, at):
    (source,) = parse(SOURCE.format(kind, at)).sensors.sources
    assert (source.kind, source.at, source.every_s) == (kind, at, 10.0)


def test_by_default_nothing_is_served_recorded_or_published():
    settings = parse("")
    assert settings.status.port == 0
    assert not settings.recorder.on
    assert (settings.plays.http, settings.plays.topic, settings.plays.url) == (False, "", "")
    assert (settings.home_assistant.broker, settings.sensors.sources) == ("", ())
