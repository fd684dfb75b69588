"""The buyer of a quote: negotiated prices belong to one account, their reasons are for staff.

An advertiser gets the prices of their own account. With `?account=` an agency may name an account
that it acts for, and staff (and every caller where no keys are required) any account. Staff also
get the author and the reason of a set price, and the price without it.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Query, Request

from cloud.auth.access import Caller, Forbidden, get_caller
from cloud.auth.keys import ACCOUNT_PATTERN


@dataclass(frozen=True, slots=True)
class Buyer:
    """The receiver of a quote; without an account there are no negotiated prices."""

    account: str | None
    is_staff: bool


STAFF: Final = Buyer(None, is_staff=True)
"""A user of the command line."""

AccountName = Annotated[
    str | None,
    Query(
        pattern=ACCOUNT_PATTERN,
        examples=["acme"],
        description="account whose negotiated prices apply; staff may name any other, an agency "
        "one that it acts for",
    ),
]


def buyer_of(request: Request, account: AccountName = None) -> Buyer:
    """The buyer of a request; Forbidden for the account of another."""
    caller: Caller = get_caller(request)
    if caller.sees_all:
        return Buyer(account, is_staff=True)
    if account is not None and not caller.may_see(account):
        raise Forbidden("prices of another account are not shown: omit `account`")
    return Buyer(account or caller.account, is_staff=False)


BuyerOf = Annotated[Buyer, Depends(buyer_of)]
