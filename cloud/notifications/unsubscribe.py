"""Links that turn e-mails off without a sign-in: signed for one user and one kind, or the digest.

The signature is by a secret of the user, so a link can do nothing else and to nobody else. It does
not expire, since a mail may be read late.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from cloud.auth.access import STAFF_ROLES
from cloud.auth.users.user_store import read_user
from cloud.notifications.kinds import TITLES, NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.preference_store import read_preferences, turn_off_email

DIGEST_SCOPE: Final = "digest"
MOST_TOKEN: Final = 140
_TOKEN: Final = re.compile(
    r"(?P<user>[0-9a-f]{32})\.(?P<scope>[a-z_]{1,20})\.(?P<mac>[0-9a-f]{64})"
)


class UnsubscribeError(LookupError):
    """A link that was not issued here, or that is not complete."""

    def __init__(self) -> None:
        super().__init__("the link is not complete: open it from the e-mail again")


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """What a valid link turns off."""

    user: str
    scope: str

    @property
    def title(self) -> str:
        """In words."""
        is_digest = self.scope == DIGEST_SCOPE
        return "Daily digests" if is_digest else TITLES[NoticeTopic(self.scope)]


def make_token(user: str, scope: str, secret: str) -> str:
    """The token of a link."""
    digest = hmac.new(bytes.fromhex(secret), f"unsubscribe {user} {scope}".encode(), hashlib.sha256)
    return f"{user}.{scope}.{digest.hexdigest()}"


def read_token(connection: Connection, token: str) -> Unsubscription:
    """What a link turns off; raises UnsubscribeError."""
    found = _TOKEN.fullmatch(token)
    if found is None or found["scope"] not in {DIGEST_SCOPE, *NoticeTopic}:
        raise UnsubscribeError
    stored = read_preferences(connection, found["user"])
    if stored is None:
        raise UnsubscribeError
    expected = make_token(found["user"], found["scope"], stored.unsubscribe_secret)
    if not hmac.compare_digest(expected, token):
        raise UnsubscribeError
    return Unsubscription(found["user"], found["scope"])


def unsubscribe(connection: Connection, token: str, now: datetime) -> Unsubscription:
    """Turn off what a link is for; again without effect. Raises UnsubscribeError."""
    found = read_token(connection, token)
    kinds = _chosen_kinds(connection, found)
    if kinds:
        turn_off_email(connection, found.user, kinds, now=now)
    return found


def _chosen_kinds(connection: Connection, found: Unsubscription) -> frozenset[NoticeTopic]:
    """The kinds of a link that are not off."""
    user, stored = read_user(connection, found.user), read_preferences(connection, found.user)
    if user is None or stored is None:
        return frozenset()
    is_staff = not user.roles.isdisjoint(STAFF_ROLES)
    modes = {
        kind: stored.preferences.mode(kind, NoticeChannel.EMAIL, is_staff=is_staff)
        for kind in NoticeTopic
    }
    if found.scope == DIGEST_SCOPE:
        return frozenset(kind for kind, mode in modes.items() if mode is NoticeMode.DIGEST)
    kind = NoticeTopic(found.scope)
    return frozenset() if modes[kind] is NoticeMode.OFF else frozenset({kind})
