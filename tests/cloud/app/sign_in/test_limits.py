"""Attempts are counted by client network and by e-mail address."""

import asyncio
from contextlib import suppress

import pytest
from starlette.requests import Request

from cloud.app.shared.shared_store import LocalStore
from cloud.app.sign_in.limits import (
    SIGN_IN_OF_ADDRESS,
    SIGN_IN_OF_USER,
    client_network,
    limit_sign_in,
)
from cloud.auth.access import RateLimited
from tests.cloud.app_context import FRIDAY_NOON


def request_from(host: str | None) -> Request:
    return Request({"type": "http", "headers": [], "client": (host, 1) if host else None})


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "20010db800000000/64"),
        ("testclient", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_client_is_counted_by_its_network(host, network):
    assert client_network(request_from(host)) == network.lstrip("0")


def test_all_addresses_of_an_ipv6_network_are_one_client():
    assert client_network(request_from("2001:db8::1")) == client_network(
        request_from("2001:db8::ffff:2")
    )
    assert client_network(request_from("2001:db8::1")) != client_network(
        request_from("2001:db8:0:1::1")
    )


def count(attempts: list[tuple[str, str]]) -> int:
    """How many attempts of (client, e-mail address) are allowed."""
    store, allowed = LocalStore(), 0
    for host, email in attempts:
        with suppress(RateLimited):
            asyncio.run(limit_sign_in(store, request_from(host), email, FRIDAY_NOON))
            allowed += 1
    return allowed


def test_one_user_from_many_clients_and_many_users_from_one_client():
    clients = [
        (f"192.0.2.{n}", " Ann@Acme.example" if n % 2 else "ann@acme.example") for n in range(40)
    ]
    users = [("192.0.2.1", f"user{n}@acme.example") for n in range(40)]

    assert count(clients) == SIGN_IN_OF_USER.questions
    assert count(users) == SIGN_IN_OF_ADDRESS.questions
