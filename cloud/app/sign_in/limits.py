"""How often passwords may be tried and mails requested, for each address and for each user.

The limit of a user counts by the e-mail address that was typed, whether a user has it or not, so an
answer reveals nothing. It also slows down a user whose address an attacker tries: the limit is high
enough for a person, and a reset by e-mail has a limit of its own.
"""

import hashlib
import math
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

from starlette.requests import HTTPConnection

from cloud.auth.access import RateLimited
from cloud.auth.quota import Quota, RateLimiter

QUARTER: Final = timedelta(minutes=15)
SIGN_IN_OF_ADDRESS: Final = Quota(30, QUARTER)
SIGN_IN_OF_USER: Final = Quota(10, QUARTER)
MAIL_OF_ADDRESS: Final = Quota(10, timedelta(hours=1))
MAIL_OF_USER: Final = Quota(3, timedelta(hours=1))
IPV6_PREFIX: Final = 64
"""An IPv6 client chooses freely among the addresses of its network."""


async def limit_sign_in(
    limiter: RateLimiter, connection: HTTPConnection, email: str, now: datetime
) -> None:
    """Count one attempt to sign in; raises RateLimited."""
    address = f"sign-in:{client_network(connection)}"
    await _take(limiter, address, SIGN_IN_OF_ADDRESS, now)
    await _take(limiter, f"sign-in:{_digest(email)}", SIGN_IN_OF_USER, now)


async def limit_address(limiter: RateLimiter, connection: HTTPConnection, now: datetime) -> None:
    """Count one attempt to sign in whose user is not known yet; raises RateLimited."""
    address = f"sign-in:{client_network(connection)}"
    await _take(limiter, address, SIGN_IN_OF_ADDRESS, now)


async def limit_mail(
    limiter: RateLimiter, connection: HTTPConnection, email: str, now: datetime
) -> None:
    """Count one request for a mail; raises RateLimited."""
    await _take(limiter, f"mail:{client_network(connection)}", MAIL_OF_ADDRESS, now)
    await _take(limiter, f"mail:{_digest(email)}", MAIL_OF_USER, now)


async def limit_password(limiter: RateLimiter, user: str, now: datetime) -> None:
    """Count one attempt of a signed-in user to change the password; raises RateLimited."""
    await _take(limiter, f"password:{user}", SIGN_IN_OF_USER, now)


def client_address(connection: HTTPConnection) -> str:
    """The address of the client; behind a proxy that uvicorn trusts, that of its header."""
    return connection.client.host if connection.client is not None else ""


def client_network(connection: HTTPConnection) -> str:
    """The address that is counted: an IPv4 address, or the network of an IPv6 address."""
    try:
        address = ip_address(client_address(connection))
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    return f"{int(address) >> (128 - IPV6_PREFIX):x}/{IPV6_PREFIX}"


async def _take(limiter: RateLimiter, name: str, quota: Quota, now: datetime) -> None:
    decision = await limiter.take(name, quota, now)
    if not decision.allowed:
        wait_s = math.ceil(decision.retry_after.total_seconds())
        raise RateLimited(
            f"more than {quota.questions} attempts in {quota.period}: try again after the seconds "
            "in Retry-After",
            Retry_After=str(wait_s),
        )


def _digest(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()[:32]
