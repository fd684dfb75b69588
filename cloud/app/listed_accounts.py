"""The accounts whose objects a list has: all that the caller sees, or one of them.

For an account that the caller may not see the list is empty, as for one without objects.
"""

from typing import Annotated

from fastapi import Depends, Query

from cloud.auth.access import Caller, receive_caller
from cloud.auth.keys import ACCOUNT_PATTERN

ListedAccount = Annotated[
    str | None,
    Query(
        pattern=ACCOUNT_PATTERN,
        examples=["acme"],
        description="objects of this account only, such as a client of an agency",
    ),
]


def choose_accounts(
    caller: Annotated[Caller, Depends(receive_caller)], account: ListedAccount = None
) -> frozenset[str] | None:
    """The accounts of the list; None means all."""
    return caller.narrow(account)


ListedAccounts = Annotated[frozenset[str] | None, Depends(choose_accounts)]
