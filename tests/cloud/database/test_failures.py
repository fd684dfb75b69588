"""A database failure is logged without its address and without rows."""

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from cloud.database import connect, reading
from cloud.database.failures import failure_of


class FromServerError(Exception):
    sqlstate = "28P01"


class FromClientError(Exception):
    sqlstate = None


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (sqlite3.OperationalError("database is locked"), "database is locked"),
        (FromServerError('password refused for user "s3cret"'), "FromServerError (SQLSTATE 28P01)"),
        (FromClientError('connection to "s3cret": Connection refused'), "connection refused: is"),
        (FromClientError('failed to resolve host "s3cret"'), "the host has no address"),
        (
            FromClientError('FATAL: password authentication failed for user "s3cret"'),
            "password refused",
        ),
        (FromClientError('invalid sslmode value: "s3cret"'), "TLS failed"),
        (FromClientError('invalid port number: "s3cret"'), "an option of the address is not valid"),
        (FromClientError("s3cret"), "FromClientError"),
    ],
)
def test_the_reason_is_a_condition_or_a_known_phrase(cause, reason):
    message = failure_of(OperationalError("SELECT :x", {"x": "s3cret"}, cause))
    assert reason in message
    assert "s3cret" not in message


def test_nobody_at_the_address_is_said_without_it():
    engine = connect("postgresql://ads:s3cret@127.0.0.1:1/onlooker?connect_timeout=2")
    with pytest.raises(OperationalError) as caught, reading(engine):
        pass
    assert failure_of(caught.value).startswith("connection refused")
    assert "s3cret" not in repr(engine)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (
            "postgresql+psycopg://me:p%40w@db.example/a%20b",
            ("me", "p@w", "db.example", 5432, "a b"),
        ),
        ("postgresql://[::1]:5433/x", (None, None, "::1", 5433, "x")),
        ("postgresql:///x?host=/run/pg", (None, None, None, None, "x")),
    ],
)
def test_a_database_address_keeps_its_parts(url, parts):
    read = connect(url).url
    assert (read.username, read.password, read.host, read.port, read.database) == parts
    assert dict(read.query) == ({"host": "/run/pg"} if "host" in url else {})
