"""Why the database failed, in words that hold no part of its address and no row.

PostgreSQL's client quotes host, user and option values of the address, its server quotes rows.
So the reason is the SQLSTATE with the name of its condition, or one of a few known phrases.
"""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError

CONNECTION: Final = (
    ("connection refused", "connection refused: is PostgreSQL running at that host and port?"),
    ("timeout", "no answer in time: check host, port and firewall"),
    ("could not translate host name", "the host has no address: check the name and the DNS"),
    ("failed to resolve host", "the host has no address: check the name and the DNS"),
    ("name or service not known", "the host has no address: check the name and the DNS"),
    ("no route to host", "no route to the host: check the network"),
    ("network is unreachable", "the network is unreachable"),
    ("no such file or directory", "no local socket: is PostgreSQL running on this machine?"),
    ("password authentication failed", "user name or password refused"),
    ("no password supplied", "a password is wanted: give postgresql://user:password@host/name"),
    ("no pg_hba.conf entry", "the server refuses this client (pg_hba.conf)"),
    ("certificate", "the certificate is not accepted: check sslmode and sslrootcert"),
    ("ssl", "TLS failed: check sslmode"),
    ("too many connections", "the server has no connection left"),
    ("remaining connection slots", "the server has no connection left"),
    ("starting up", "the server is starting"),
    ("shutting down", "the server is shutting down"),
    ("terminating connection", "the server ended the connection"),
    ("server closed the connection", "the server closed the connection"),
    ("connection is closed", "the connection is closed"),
    ("connection is lost", "the connection is lost"),
    ("does not exist", "no such database or role: create it, or correct the address"),
    ("invalid", "an option of the address is not valid: check what follows ? in it"),
)


def failure_of(error: DBAPIError) -> str:
    """The reason in one line: SQLite's own text, or PostgreSQL's condition."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return str(cause)
    state = getattr(cause, "sqlstate", None)
    if state:
        return f"{type(cause).__name__} (SQLSTATE {state})"
    text = str(cause).lower()
    known = next((reason for phrase, reason in CONNECTION if phrase in text), None)
    return known or type(cause).__name__
