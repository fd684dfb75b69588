"""A database with two accounts, each with one user."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from cloud.auth.accounts.account import AccountKind
from cloud.auth.users.user import User
from cloud.database import writing
from tests.cloud.databases import copy_filled, new_engine
from tests.cloud.people import add_account, add_user

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class People:
    """Ann is an administrator of the media owner, Bob buys for Acme."""

    engine: Engine
    ann: User
    bob: User


def add_both(engine: Engine) -> tuple[User, User]:
    with writing(engine) as connection:
        owner = add_account(connection, "owner", NOW, AccountKind.MEDIA_OWNER)
        acme = add_account(connection, "acme", NOW)
        return add_user(connection, owner, "ann", NOW), add_user(connection, acme, "bob", NOW)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    users = copy_filled(tmp_path, add_both)
    engine = new_engine(tmp_path)
    yield People(engine, *users)
    engine.dispose()


@pytest.fixture
def connection(people: People) -> Iterator[Connection]:
    with writing(people.engine) as connection:
        yield connection
