"""Checks that no secret of an address is in what a program prints or logs."""

import logging

import pytest

from simulators.servers.mosquitto import free_port
from tests.repository.address_secrets.shapes import PIECES


@pytest.fixture(scope="module")
def at():
    """An address on which no program listens."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def check_output(capfd, caplog):
    """Everything printed and logged so far and what is passed in, after a check for secrets."""
    caplog.set_level(logging.DEBUG)

    def check(*more):
        out, err = capfd.readouterr()
        logged = "\n".join(str(vars(record)) for record in caplog.records)
        text = "\n".join((out, err, logged, *map(str, more)))
        assert [piece for piece in PIECES if piece in text] == []
        return text

    return check
