import ssl

import pytest

from edge_agent.transport.broker import LinkError, create_tls_context, parse_broker_url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://host", "is http: begin it with mqtt://"),
        ("host:1883", "no scheme: begin it with mqtt://"),
        ("mqtt://", "no host: write mqtt://host"),
        ("mqtt://host:99999", "no number from 1 to 65535"),
        ("", "no scheme: begin it with mqtt://"),
    ],
)
def test_an_invalid_address_is_rejected(url, reason):
    with pytest.raises(LinkError, match=reason):
        parse_broker_url(url)


def test_an_address_is_read_whole_and_printed_without_its_password():
    broker = parse_broker_url("mqtts://cam:s%40cret@broker.example")
    assert (broker.host, broker.port, broker.tls) == ("broker.example", 8883, True)
    assert (broker.username, broker.password) == ("cam", "s@cret")
    assert "cret" not in f"{broker!r} {broker}"


def test_certificates_need_tls_and_each_other(tmp_path):
    with pytest.raises(LinkError, match="use mqtts"):
        parse_broker_url("mqtt://host", ca=tmp_path / "ca.pem")
    with pytest.raises(LinkError, match="give both"):
        parse_broker_url("mqtts://host", certificate=tmp_path / "cert.pem")


def test_an_invalid_certificate_is_rejected_before_anything_starts(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(LinkError, match="check --ca"):
        create_tls_context(parse_broker_url("mqtts://host", ca=tmp_path / "ca.pem"))


def test_the_default_port_is_that_of_the_scheme():
    assert [parse_broker_url(f"{scheme}://h").port for scheme in ("mqtt", "mqtts")] == [1883, 8883]
    assert parse_broker_url("mqtt://[::1]:1").host == "::1"


@pytest.mark.parametrize("option", ["--ca", "--cert", "--key"])
def test_a_missing_file_is_named_with_its_option(tmp_path, option):
    files = {name: tmp_path / name for name in ("ca", "certificate", "key")}
    missing = {"--cert": "certificate"}.get(option, option.strip("-"))
    for name, file in files.items():
        if name != missing:
            file.write_text("x")
    with pytest.raises(LinkError, match=f"{option}: there is no file .*{missing}: correct its"):
        create_tls_context(parse_broker_url("mqtts://h", **files))


def test_without_an_authority_the_system_is_trusted_and_the_host_is_verified():
    context = create_tls_context(parse_broker_url("mqtts://h"))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_certificate_without_a_usable_key_is_an_error(tmp_path):
    (tmp_path / "device.pem").write_text("no key")
    pair = tmp_path / "device.pem"
    with pytest.raises(LinkError, match=r"mqtts://h:8883 cannot be used: .*; check --ca, --cert"):
        create_tls_context(parse_broker_url("mqtts://h", certificate=pair, key=pair))
