"""Settings of remote management: which servers may be named."""

import pytest

from edge_agent.settings.loading import parse


@pytest.mark.parametrize(
    "host",
    ["b.s3.eu-west-2.amazonaws.com", "files.example:8443", "127.0.0.1", "[2001:db8::1]:443"],
)
def test_an_exact_host_with_or_without_a_port_is_accepted(host):
    assert parse(f"[fleet]\nhosts = ['{host}']").fleet.hosts == (host,)


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("", "fleet.hosts has an empty name: name a server"),
        ("*.s3.amazonaws.com", "a pattern may match servers of others; name each host"),
        ("*", "a pattern may match servers of others"),
        ("https://files.example", "the port is no number from 1 to 65535"),
        ("files.example/path", "the host is no name or address"),
        ("files.example:0", "the port is no number from 1 to 65535"),
        (":443", "the address has a port and no host"),
        ("2001:db8::1", "write an IPv6 address in brackets"),
        ("files example", "the host is no name or address"),
    ],
)
def test_what_names_no_single_server_is_refused(refusal, host, message):
    assert message in refusal(f"[fleet]\nhosts = ['good.example', '{host}']")


def test_a_long_host_is_shortened_in_the_error(refusal):
    message = refusal(f"[fleet]\nhosts = ['{'a*' * 500}']")
    assert len(message) < 400


def test_without_hosts_and_signers_no_job_is_accepted_from_anybody():
    fleet = parse("").fleet
    assert (fleet.signers, fleet.hosts, fleet.slots, fleet.allow_older) == ((), (), "", False)
