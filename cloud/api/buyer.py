"""For whom a price is quoted: negotiated prices belong to one account, reasons are for staff.

An advertiser gets the prices of the account of his key. Staff (`sales`, `admin`, and everybody
where no keys are wanted) may name any account with `?account=` and are shown who set a price, why,
and what it would be without that.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Query, Request

from cloud.auth.access import Caller, Forbidden, get_caller
from cloud.auth.keys import ACCOUNT_PATTERN


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who is quoted a price; without an account, somebody who has no deals."""

    account: str | None
    is_staff: bool


STAFF: Final = Buyer(None, is_staff=True)
"""Who works at the command line."""

AccountName = Annotated[
    str | None,
    Query(
        pattern=ACCOUNT_PATTERN,
        examples=["acme"],
        description="whose negotiated prices hold; staff may name any account, others their own",
    ),
]


def buyer_of(request: Request, account: AccountName = None) -> Buyer:
    """The buyer of a request, or NotAllowed."""
    who: Caller = get_caller(request)
    if who.sees_all:
        return Buyer(account, is_staff=True)
    if account not in (None, who.account):
        raise Forbidden("prices of another account are not shown: leave `account` out")
    return Buyer(who.account, is_staff=False)


BuyerOf = Annotated[Buyer, Depends(buyer_of)]
