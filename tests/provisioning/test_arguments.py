"""The types of the command line arguments: what is accepted, and what the error says."""

from argparse import ArgumentTypeError

import pytest

from provisioning import arguments

LONG = "x" * 200


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("7", 7), ("007", 7), ("-3", -3), ("100", 100)]
)
def test_a_whole_number_within_its_limits_is_read(text, number):
    assert arguments.whole_number(-3, 100, "a number of days")(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "101",
        "-4",
        "",
        "-",
        "--3",
        "+3",
        " 3",
        "3 ",
        "3.0",
        "1e2",
        "0x3",
        "\u0663",
        "\u00b2",
        "1" * 13,
    ],
)
def test_any_other_number_is_refused_with_its_limits(text):
    with pytest.raises(ArgumentTypeError) as refused:
        arguments.whole_number(-3, 100, "a number of days")(text)
    assert str(refused.value) == (
        f"{text!r} is not a number of days: give a whole number from -3 to 100"
    )


def test_the_error_repeats_no_more_than_the_beginning_of_a_long_value():
    for read in (arguments.whole_number(0, 1, "a port number"), arguments.device, arguments.host):
        with pytest.raises(ArgumentTypeError) as refused:
            read(LONG + "\n")
        assert len(str(refused.value)) < 210


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("mqtt.example.org", "mqtt.example.org"),
        ("MQTT.Example.org", "mqtt.example.org"),
        ("10.0.0.1", "10.0.0.1"),
        ("::1", "::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
    ],
)
def test_a_host_is_normalised(text, host):
    assert arguments.host(text) == host


@pytest.mark.parametrize("text", ["", "a:8883", "a_b", "10.0.0.1:80", "[::1]:80", "a b", "a/b"])
def test_a_host_with_a_port_or_invalid_characters_is_refused(text):
    with pytest.raises(ArgumentTypeError, match="is not a host: give a name such as"):
        arguments.host(text)


def test_hosts_are_separated_by_commas_and_keep_their_order():
    assert arguments.hosts("b.example, 10.0.0.1,a.example") == (
        "b.example",
        "10.0.0.1",
        "a.example",
    )
    for text in ("", ",", "a,,b", "a.example,"):
        with pytest.raises(ArgumentTypeError, match="is not a host"):
            arguments.hosts(text)


def test_a_broker_listens_on_an_ip_address_only():
    assert [arguments.bind_address(text) for text in ("0.0.0.0", "::")] == ["0.0.0.0", "::"]
    for text in ("localhost", "", "0.0.0.0:8883", "256.0.0.1"):
        with pytest.raises(ArgumentTypeError, match=r"is not an IP address: give 0\.0\.0\.0"):
            arguments.bind_address(text)


@pytest.mark.parametrize(
    ("read", "accepted", "refused", "error"),
    [
        (arguments.device, "cam_1-a", "a/b", "is not a device id: use 1 to 63 letters"),
        (arguments.location, "KX-01", "#", "is not a location: use 1 to 63 letters"),
        (arguments.claim, "batch-7", "a b", "is not a claim name"),
        (arguments.authority_name, "Onlooker 2", "Onlooker ", "is not an authority name"),
        (arguments.serial, "0aF", "0x1", "is not a serial number: use the digits that `ca list`"),
        (arguments.stack, "onlooker-2", "2-onlooker", "is not a stack name"),
        (arguments.region, "ap-southeast-2", "eu-west", "is not an AWS region: write it as"),
        (arguments.version, "1.2.3-rc.1", "v1.2.3", "is not a version: write it as 1.2.3"),
    ],
)
def test_a_name_matches_its_whole_pattern(read, accepted, refused, error):
    assert read(accepted) == accepted
    for text in (refused, f"{accepted}\n", f" {accepted}", "", "\u0661"):
        with pytest.raises(ArgumentTypeError, match=error):
            read(text)
