"""One parser and one display form; what can be read in two ways is refused without quoting it."""

import pickle
import traceback

import pytest

from wire.addresses import (
    BROKER_SCHEMES,
    CAMERA_SCHEMES,
    UNREADABLE,
    AddressError,
    NetworkAddress,
    display_address,
    hide_addresses,
    parse_address,
)

ACCEPTED = {
    "rtsp://cam.example/stream": "rtsp://cam.example:554",
    "RTSP://Cam.Example:8554/Stream": "rtsp://cam.example:8554",
    "rtsps://cam.example": "rtsps://cam.example:322",
    "rtsp://user:s3cret@cam.example:554/stream": "rtsp://cam.example:554",
    "rtsp://me@mail.com:s3cret@cam.example/stream": "rtsp://cam.example:554",
    "rtsp://me:s3@cret@cam.example/stream": "rtsp://cam.example:554",
    "rtsp://me:s3:cret@cam.example/stream": "rtsp://cam.example:554",
    "rtsp://me:[s3cret]@cam.example/stream": "rtsp://cam.example:554",
    "rtsp://me:s3cret%@cam.example/stream": "rtsp://cam.example:554",
    "rtsp://me:s%2F3%23cr%40et@cam.example/stream": "rtsp://cam.example:554",
    "rtsp://:s3cret@cam.example/stream": "rtsp://cam.example:554",
    "rtsp://cam.example/user=admin&password=s3cret&channel=1": "rtsp://cam.example:554",
    "http://cam.example:8080/mjpeg?usr=admin&pwd=s3cret": "http://cam.example:8080",
    "http://cam.example?loginpas=s3cret": "http://cam.example:80",
    "https://hooks.example/T000/B000/s3cret": "https://hooks.example:443",
    "https://bucket.s3.eu-west-2.amazonaws.com/clip?X-Amz-Signature=s3cret": (
        "https://bucket.s3.eu-west-2.amazonaws.com:443"
    ),
    "rtsp://[2001:DB8::1]:8554/s3cret": "rtsp://[2001:db8::1]:8554",
    "rtsp://me:s3cret@[fe80::1%25eth0]/": "rtsp://[fe80::1%eth0]:554",
    "mqtt://user:s3cret@broker.example": "mqtt://broker.example:1883",
    "mqtts://user:s3%23cret@10.0.0.7:8884": "mqtts://10.0.0.7:8884",
    "ws://live.example/ws?key=s3cret": "ws://live.example:80",
    "wss://live.example/ws?key=s3cret": "wss://live.example:443",
    "redis://:s3cret@cache_1:6380/2": "redis://cache_1:6380",
    "rediss://default:s3cret@cache.example/0": "rediss://cache.example:6379",
    "unix:///run/redis.sock?password=s3cret": "unix:///run/redis.sock",
    "postgresql://ads:s3cret@db.example/onlooker?sslpassword=s3cret": (
        "postgresql://db.example:5432"
    ),
    "postgresql+psycopg://ads:s3cret@db.example:5433/onlooker": "postgresql://db.example:5433",
    "postgresql:///onlooker?host=/run/postgresql&password=s3cret": "postgresql:///",
    "sqlite:////srv/on looker.db?key=s3cret": "sqlite:////srv/on looker.db",
    "sqlite:///var/onlooker.db": "sqlite:///var/onlooker.db",
    "sqlite:///admin:s3cret@host/x.db": "sqlite://(path with special characters)",
}

REFUSED = [
    "",
    "cam.example:554",
    "user:s3cret@cam.example:554/stream",
    "//user:s3cret@cam.example/stream",
    "s3cret://cam.example",
    "rtsp+s3cret://cam.example",
    "ftp://user:s3cret@cam.example/",
    "rtsp://",
    "rtsp:///stream",
    "rtsp://user:s3cret@",
    "rtsp://:554/s3cret",
    "rtsp://user:s3cret@:554/",
    "rtsp://user:s3/cret@cam.example/stream",
    "rtsp://user:s3?cret@cam.example/stream",
    "rtsp://user:s3#cret@cam.example/stream",
    "rtsp://user:12/s3cret@cam.example/stream",
    "rtsp://me@mail.com:s3/cret@cam.example/stream",
    "rtsp://user:s3 cret@cam.example/stream",
    "rtsp://user:s3\u00a0cret@cam.example/stream",
    "rtsp://user:s3\ncret@cam.example/stream",
    "rtsp://user:s3%0Acret@cam.example/stream",
    "rtsp://user:s3\u202ecret@cam.example/stream",
    "rtsp://user:s3%FFcret@cam.example/stream",
    "rtsp://user:s3\\cret@cam.example/stream",
    "rtsp://user:s3cret%40cam.example/stream",
    "rtsp://user%3As3cret%40cam.example/stream",
    "rtsp://user:s3cret",
    "rtsp://user:s3:cret",
    "rtsp://cam.example:0/s3cret",
    "rtsp://cam.example:65536/s3cret",
    "rtsp://cam.example:٥٥٤/s3cret",
    "rtsp://cam.example:+554/s3cret",
    "rtsp://cam.example:5 54/s3cret",
    "rtsp://[2001:db8::1/s3cret",
    "rtsp://[s3cret]/stream",
    "rtsp://[::1]s3cret/stream",
    "rtsp://[fe80::1%s3/cret]/stream",
    "rtsp://2001:db8::1/s3cret",
    "rtsp://s3[cret/stream",
    "rtsp://s3]cret/stream",
    "rtsp://cam..example/s3cret",
    "rtsp://-s3cret/stream",
    "rtsp://cäm.example/s3cret",
    "http://127.1/s3cret",
    "http://2130706433/s3cret",
    "http://0x7f.1/s3cret",
    "http://999.1.1.1/s3cret",
    "http://cam.example/stream#s3cret",
    "https://good.example\\@evil.example/s3cret",
    "postgresql://user:s3/cret@db.example/onlooker",
    "postgresql://h1.example,h2.example/s3cret",
    "sqlite://user:s3cret@/var/onlooker.db",
    "unix://user:s3cret@/run/redis.sock",
    "rtsp://" + "s3cret" * 2000,
]


@pytest.mark.parametrize(("text", "display"), ACCEPTED.items())
def test_an_address_is_displayed_as_scheme_host_and_port(text, display):
    address = parse_address(text)
    assert str(address) == repr(address) == f"{address}" == display_address(text) == display
    assert "s3" not in display.replace(".s3.eu", "")


@pytest.mark.parametrize("text", REFUSED)
def test_what_can_be_read_in_two_ways_is_refused_and_not_quoted(text):
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    printed = "".join(traceback.format_exception(caught.value, chain=True))
    for piece in ("s3", "cret", "mail.com", "cam.example", "user:s", "db.example"):
        assert piece not in str(caught.value)
    assert "UnicodeDecodeError" not in printed
    assert "AddressValueError" not in printed
    assert display_address(text) == UNREADABLE


def test_a_refusal_says_how_to_percent_encode():
    with pytest.raises(AddressError, match=r"@ as %40, / as %2F, # as %23.*: as %3A"):
        parse_address("mqtt://user:secret#word@broker.example")


@pytest.mark.parametrize(
    ("text", "username", "password"),
    [
        ("rtsp://cam.example", None, None),
        ("rtsp://me@cam.example", "me", None),
        ("rtsp://me:@cam.example", "me", ""),
        ("redis://:pw@cache.example", None, "pw"),
        ("rtsp://me@mail.com:p:w@cam.example", "me@mail.com", "p:w"),
        ("rtsp://me:a%40b%2Fc%25@cam.example", "me", "a@b/c%"),
        ("rtsp://me:100%@cam.example", "me", "100%"),
        ("rtsp://me:pässwörd@cam.example", "me", "pässwörd"),
        ("rtsp://me:a+b@cam.example", "me", "a+b"),
    ],
)
def test_user_name_and_password_are_decoded(text, username, password):
    address = parse_address(text)
    assert (address.username, address.password) == (username, password)
    again = parse_address(address.with_credentials_uri())
    assert (again.username, again.password, again.host) == (username, password, address.host)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("rtsp://me@mail.com:s3@c:ret@cam.example/a%20b", "rtsp://me%40mail.com:s3%40c%3Aret@cam.example/a%20b"),
        ("http://cam.example:80/x?a=1&b=%2F", "http://cam.example/x?a=1&b=%2F"),
        ("http://cam.example:8080?a=ä", "http://cam.example:8080?a=%C3%A4"),
        ("rtsp://[::1]:8554/x", "rtsp://[::1]:8554/x"),
    ],
)  # fmt: skip
def test_a_library_gets_the_whole_address_encoded(text, uri):
    assert parse_address(text).with_credentials_uri() == uri
    assert "@" not in parse_address(text).without_credentials_uri().replace("%40", "")


def test_other_schemes_are_refused_by_name():
    with pytest.raises(AddressError, match=r"is http: begin it with mqtt:// or mqtts://"):
        parse_address("http://broker.example", BROKER_SCHEMES)
    with pytest.raises(AddressError, match=r"begin it with rtsp:// or"):
        parse_address("mqtt://cam.example", CAMERA_SCHEMES)


def test_the_default_port_is_that_of_the_scheme():
    assert parse_address("mqtts://broker.example").port == 8883
    assert parse_address("mqtts://broker.example:").port == 8883
    assert parse_address("mqtts://broker.example:1").port == 1
    assert parse_address("sqlite:///x.db").port is None


def test_an_address_survives_a_pipe_between_processes():
    address = parse_address("rtsp://me:pw@cam.example/x")
    assert pickle.loads(pickle.dumps(address)) == address
    assert isinstance(address, NetworkAddress)


def test_addresses_in_a_text_of_unknown_origin_are_hidden():
    text = "[Errno 1] opening 'rtsp://me:s3cret@cam.example/x': refused by http://127.0.0.1:8080/y?k=s3"
    assert hide_addresses(text) == (
        "[Errno 1] opening 'rtsp://cam.example:554 refused by http://127.0.0.1:80"
    ).replace(":80", ":8080")
    assert hide_addresses("at rtsp://u:s3/cret@cam") == f"at {UNREADABLE}"
    assert hide_addresses("write mqtt[s]://host[:port]") == "write mqtt[s]://host[:port]"
    assert hide_addresses("at rtsp://u:s3cret@cam.example//") == "at rtsp://cam.example:554"
    assert hide_addresses("begin with mqtt:// or mqtts://.") == "begin with mqtt:// or mqtts://."
    assert hide_addresses(hide_addresses(text)) == hide_addresses(text)
