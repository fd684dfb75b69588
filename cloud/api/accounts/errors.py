"""Exceptions of accounts, users and sign-in, with the status and title of their answers."""

from collections.abc import Mapping
from typing import Final

from cloud.api.accounts.openid import OpenIdNotConfigured
from cloud.api.accounts.sign_in import SignInRefused
from cloud.app.server.admission import ForgedRequest
from cloud.app.sign_in.mailer import MailNotConfiguredError
from cloud.app.sign_in.openid_provider import OpenIdProviderError
from cloud.auth.accounts.account import AccountError
from cloud.auth.accounts.account_store import AccountExistsError, UnknownAccountError
from cloud.auth.accounts.brand_store import BrandExistsError, UnknownBrandError
from cloud.auth.users.password import PasswordError
from cloud.auth.users.tokens import TokenError
from cloud.auth.users.user import UnknownUserError, UserError
from cloud.auth.users.user_store import UserExistsError

STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    ForgedRequest: (403, "Forged request"),
    SignInRefused: (401, "Sign-in refused"),
    UnknownAccountError: (404, "Unknown account"),
    UnknownBrandError: (404, "Unknown brand"),
    UnknownUserError: (404, "Unknown user"),
    AccountExistsError: (409, "Already exists"),
    BrandExistsError: (409, "Already exists"),
    UserExistsError: (409, "Already exists"),
    AccountError: (422, "Invalid account"),
    UserError: (422, "Invalid user"),
    PasswordError: (422, "Invalid password"),
    TokenError: (422, "Invalid link"),
    OpenIdNotConfigured: (409, "OpenID not configured"),
    OpenIdProviderError: (503, "OpenID provider unavailable"),
    MailNotConfiguredError: (409, "Mail not configured"),
}
