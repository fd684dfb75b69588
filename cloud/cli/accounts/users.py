"""`python -m cloud users create|import|invite|list|set-role|disable`: who may sign in.

`create` is for the first administrator, before mails can be sent: the password is typed at a prompt
or read from standard input, and is never an argument, which other users of the machine could see.
"""

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine

from cloud import database, settings
from cloud.auth.accounts.account import AccountError
from cloud.auth.accounts.account_store import UnknownAccountError
from cloud.auth.keys import Role
from cloud.auth.users.password import PasswordError, Passwords, validate_password
from cloud.auth.users.password_change import replace_password
from cloud.auth.users.tokens import TokenPurpose
from cloud.auth.users.user import UnknownUserError, User, UserError, normalise_email
from cloud.auth.users.user_store import (
    create_user,
    disable_user,
    find_by_email,
    list_users,
    require_user,
    set_roles,
)
from cloud.cli.accounts.mail_options import add_mail_arguments, read_mailer
from cloud.cli.accounts.user_import import COLUMNS, UserImportError, read_users, store_users
from cloud.settings import SettingsError
from wire.clock import utc_now

REFUSED: Final = (
    AccountError, PasswordError, UnknownAccountError, UnknownUserError, UserError,
    UserImportError,
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `users`."""
    settings.add_arguments(parser, "database")
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="create|import|invite|list|set-role|disable"
    )
    create = actions.add_parser("create", help="create a user and set the password here")
    _add_user(create)
    create.add_argument(
        "--password-stdin", action="store_true",
        help="read the password from the first line of standard input, without a prompt",
    )  # fmt: skip
    actions.add_parser(
        "import",
        help="create the users of CSV on standard input, whose first line is " + ",".join(COLUMNS),
    )
    invite = actions.add_parser("invite", help="create a user and send a link by e-mail")
    _add_user(invite)
    add_mail_arguments(invite)
    lists = actions.add_parser("list", help="show users")
    lists.add_argument("--account", help="users of this account only")
    roles = actions.add_parser("set-role", help="replace the roles of a user")
    roles.add_argument("user", help="e-mail address or id")
    _add_roles(roles)
    disable = actions.add_parser("disable", help="end the sessions of a user, for good")
    disable.add_argument("user", help="e-mail address or id")


def _add_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account", required=True, help="account of the user")
    parser.add_argument("--email", required=True, help="address that the user signs in with")
    parser.add_argument("--name", required=True, help="name of the person")
    _add_roles(parser)


def _add_roles(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--role", action="append", type=Role, choices=list(Role), required=True, dest="roles",
        help="what the user may do; once for each role",
    )  # fmt: skip
    parser.add_argument(
        "--manages-users", action="store_true", help="may invite and disable users of the account"
    )


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when it is refused, with the reason."""
    actions = {
        "create": _create, "import": _import, "invite": _invite, "list": _list,
        "set-role": _set_role, "disable": _disable,
    }  # fmt: skip
    engine = database.open_existing(settings.read(arguments).database_url)
    try:
        return actions[arguments.action](engine, arguments, clock())
    except REFUSED as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    finally:
        engine.dispose()


def _create(engine: Engine, arguments: argparse.Namespace, now: datetime) -> int:
    password = _read_password(is_piped=arguments.password_stdin)
    validate_password(password, normalise_email(arguments.email))
    hashed = Passwords().hash(password)
    with database.writing(engine) as connection:
        user = _store(connection, arguments, now)
        replace_password(connection, user, hashed, "created", getpass.getuser(), now)
    sys.stdout.write(f"{user.id}\n")
    return 0


def _import(engine: Engine, arguments: argparse.Namespace, now: datetime) -> int:
    users = read_users(sys.stdin, Passwords().hash)
    ids = store_users(engine, users, getpass.getuser(), now)
    sys.stdout.writelines(f"{one}\n" for one in ids)
    return 0


def _invite(engine: Engine, arguments: argparse.Namespace, now: datetime) -> int:
    mailer = read_mailer(arguments)
    if mailer is None:
        raise SettingsError("an invitation is sent by e-mail: name the relay with --smtp")
    with database.writing(engine) as connection:
        user = find_by_email(connection, normalise_email(arguments.email))
        if user is None or user.has_password:  # a second one is refused; an invitation is repeated
            user = _store(connection, arguments, now)
    if not mailer.send_link(engine, user, TokenPurpose.INVITATION, now):
        sys.stderr.write("the mail was not accepted: correct --smtp and invite again\n")
        return 1
    sys.stdout.write(f"{user.id}\n")
    return 0


def _list(engine: Engine, arguments: argparse.Namespace, now: datetime) -> int:
    with database.reading(engine) as connection:
        for user in list_users(connection, arguments.account, limit=1_000_000):
            sys.stdout.write(
                f"{user.id}  {_state(user):<9}{user.account:<20}{' '.join(sorted(user.roles))}  "
                f"{user.email}  {user.name}\n"
            )
    return 0


def _set_role(engine: Engine, arguments: argparse.Namespace, now: datetime) -> int:
    with database.writing(engine) as connection:
        set_roles(
            connection, _find(connection, arguments.user).id, arguments.roles,
            manages_users=arguments.manages_users, by=getpass.getuser(), now=now,
        )  # fmt: skip
    return 0


def _disable(engine: Engine, arguments: argparse.Namespace, now: datetime) -> int:
    with database.writing(engine) as connection:
        user = _find(connection, arguments.user)
        disable_user(connection, user.id, by=getpass.getuser(), now=now)
    return 0


def _store(connection: Connection, arguments: argparse.Namespace, now: datetime) -> User:
    return create_user(
        connection,
        account=arguments.account,
        email=arguments.email,
        name=arguments.name,
        roles=frozenset(arguments.roles),
        manages_users=arguments.manages_users,
        by=getpass.getuser(),
        now=now,
    )


def _find(connection: Connection, written: str) -> User:
    if "@" not in written:
        return require_user(connection, written)
    found = find_by_email(connection, normalise_email(written))
    if found is None:
        raise UnknownUserError("no user has this address: `python -m cloud users list` shows all")
    return found


def _read_password(*, is_piped: bool) -> str:
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    try:
        password = getpass.getpass("password: ")
        again = getpass.getpass("the same again: ")
    except EOFError:
        raise PasswordError(
            "no password was typed: where there is no terminal, pipe it in with --password-stdin"
        ) from None
    if again != password:
        raise PasswordError("the two passwords differ: type the same one twice")
    return password


def _state(user: User) -> str:
    if user.disabled_at is not None:
        return "disabled"
    return "active" if user.has_password else "invited"
