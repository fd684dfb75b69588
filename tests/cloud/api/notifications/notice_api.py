"""An API with Ann and Bob of Acme, Mallory of Bolt, and keys of both, for one module of tests."""

import itertools
from dataclasses import dataclass

import httpx

from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import HEADER
from cloud.auth.keys import Role, create_key
from cloud.auth.session_cookie import CSRF_HEADER, LOOPBACK_COOKIE
from cloud.auth.users.sessions import csrf_token, start_session
from cloud.auth.users.user import User
from cloud.database import writing
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.people import add_account, add_user

NUMBERS = itertools.count()
Headers = dict[str, str]


@dataclass(frozen=True)
class NoticeApi:
    """The application and those who ask."""

    context: AppContext
    client: ApiClient
    ann: User
    bob: User
    mallory: User
    keys: dict[str, Headers]

    def signed_in(self, user: User) -> Headers:
        with writing(self.context.engine) as connection:
            token = start_session(connection, user.id, FRIDAY_NOON)
        return {"cookie": f"{LOOPBACK_COOKIE}={token}", CSRF_HEADER: csrf_token(token)}

    def ask(self, who: Headers, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {HEADER: f"key-{next(NUMBERS)}", **who}
        return self.client(method, path, headers=headers, json=body)


def open_notice_api(context: AppContext, client: ApiClient) -> NoticeApi:
    with writing(context.engine) as connection:
        acme, bolt = (add_account(connection, name, FRIDAY_NOON) for name in ("acme", "bolt"))
        ann, bob = (
            add_user(connection, acme, name, FRIDAY_NOON, password_hash=None)
            for name in ("ann", "bob")
        )
        mallory = add_user(connection, bolt, "mallory", FRIDAY_NOON, password_hash=None)
    roles = {"acme": Role.ADVERTISER, "bolt": Role.ADVERTISER, "owner": Role.ADMIN}
    keys = {
        name: {
            "x-api-key": create_key(context.engine, role, name, account=name, by="me",
                                    now=FRIDAY_NOON)
        }
        for name, role in roles.items()
    }  # fmt: skip
    return NoticeApi(context, client, ann, bob, mallory, keys)
