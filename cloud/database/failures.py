"""Why the database failed, in text without any part of its address or rows, and whether to retry.

A failure of the environment (full disk, lock, read-only file system, a server that restarts) is no
damage: the same transaction may succeed later. Damage, and a statement that the database does not
understand, are permanent. PostgreSQL's client quotes host, user and option values, its server rows.
 The reason is therefore the SQLSTATE with its condition, or one of a few known phrases.
"""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from wire.sqlite_errors import SqliteCause, cause_of, explanation

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
    ("no password supplied", "a password is required: give postgresql://user:password@host/name"),
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


AWAY_CLASSES: Final = frozenset({"08", "40", "53", "55", "57", "58"})
"""SQLSTATE classes: connection, rollback (deadlock), resources (full disk), state (locked),
operator (shutdown), system (I/O)."""
READ_ONLY: Final = "25006"
PASSING: Final = frozenset(SqliteCause) - {SqliteCause.DAMAGED, SqliteCause.OTHER}


def failure_of(error: DBAPIError) -> str:
    """The reason in one line: SQLite's cause with its remedy, or PostgreSQL's condition."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return str(cause) if cause_of(cause) is SqliteCause.OTHER else explanation(cause)
    state = getattr(cause, "sqlstate", None)
    if state:
        constraint = getattr(getattr(cause, "diag", None), "constraint_name", None)
        broken = f", constraint {constraint}" if constraint else ""
        return f"{type(cause).__name__} (SQLSTATE {state}){broken}"
    text = str(cause).lower()
    known = next((reason for phrase, reason in CONNECTION if phrase in text), None)
    return known or type(cause).__name__


def is_passing(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed later, with nothing changed by this one."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return cause_of(cause) in PASSING
    state = getattr(cause, "sqlstate", None)
    if state:
        return state == READ_ONLY or state[:2] in AWAY_CLASSES
    return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated


def failure_sentence(error: DBAPIError) -> str:
    """The sentence for a failure that ends a program: without row, parameter or statement."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error) and cause_of(cause) is not SqliteCause.OTHER:
        return f"the database {failure_of(error)}"
    return f"the database cannot be used: {failure_of(error)}"
