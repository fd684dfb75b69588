import pytest

from wire.hosts import AddressError, parse_host_and_port


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("", "", None),
        ("broker", "broker", None),
        ("Broker.Example:8883", "broker.example", 8883),
        ("broker.example:", "broker.example", None),
        ("cache_1:1", "cache_1", 1),
        ("10.0.0.7:65535", "10.0.0.7", 65535),
        ("[2001:DB8:0::1]", "2001:db8::1", None),
        ("[::1]:8884", "::1", 8884),
        ("[::1]:", "::1", None),
        ("[fe80::1%eth0]:1", "fe80::1%eth0", 1),
        ("[fe80::1%25eth0]", "fe80::1%eth0", None),
        ("[fe80::1%25]", "fe80::1%25", None),
        ("x" * 63, "x" * 63, None),
    ],
)
def test_host_and_port_are_separated(text, host, port):
    assert parse_host_and_port(text) == (host, port)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (":8883", "a port and no host: write host:port"),
        ("2001:db8::1", "more than one colon"),
        ("[::1", "are not [IPv6 address]:port"),
        ("[::1]8883", "are not [IPv6 address]:port"),
        ("[]", "hold no IPv6 address"),
        ("[10.0.0.7]", "hold no IPv6 address"),
        ("[fe80::1%]", "is no interface name"),
        ("[fe80::1%a/b]", "is no interface name"),
        ("host:0", "the port is no number from 1 to 65535"),
        ("host:65536", "the port is no number from 1 to 65535"),
        ("host:٨٨٨٣", "the port is no number from 1 to 65535"),
        ("host:-1", "the port is no number from 1 to 65535"),
        ("host:000001", "the port is no number from 1 to 65535"),
        ("-host", "the host is no name or address"),
        ("host-", "the host is no name or address"),
        ("a..b", "the host is no name or address"),
        ("host.", "the host is no name or address"),
        ("x" * 64, "the host is no name or address"),
        (".".join(["x" * 60] * 5), "the host is no name or address"),
        ("cäm.example", "the host is no name or address"),
        ("host\n", "the host is no name or address"),
        ("host name", "the host is no name or address"),
        ("999.1.1.1", "the host is no IPv4 address"),
        ("010.0.0.1", "the host is no IPv4 address"),
        ("2130706433", "the host is no IPv4 address"),
        ("127.0x1", "the host is no IPv4 address"),
    ],
)
def test_every_other_spelling_is_refused(text, reason):
    with pytest.raises(AddressError) as refused:
        parse_host_and_port(text)
    assert reason in str(refused.value)


@pytest.mark.parametrize("text", ["s3cret:8883:1", "s3cret word", "[s3cret]", "host:s3cret"])
def test_no_error_quotes_what_may_be_a_password(text):
    with pytest.raises(AddressError) as refused:
        parse_host_and_port(text)
    assert "s3cret" not in f"{refused.value!r} {refused.value.__cause__!r}"
