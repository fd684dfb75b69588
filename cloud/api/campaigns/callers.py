"""The caller and the path parameters of campaigns."""

from typing import Annotated

from fastapi import Depends, Path

from cloud.auth.access import Caller, receive_caller
from cloud.auth.accounts.account_store import unknown_account

CallerOf = Annotated[Caller, Depends(receive_caller)]
CampaignId = Annotated[str, Path(examples=["6d1c0e7be7c64a0f9a40a3f0d1a2b3c4"], max_length=64)]
LineId = Annotated[str, Path(examples=["SO-1-1"], max_length=63)]


def choose_account(caller: Caller, asked: str | None) -> str:
    """The account that a new object belongs to: the asked one, or that of the caller.

    Raises:
        UnknownAccountError: the caller does not act for the asked account.
    """
    if asked is not None and not caller.may_see(asked):
        raise unknown_account(asked)
    return asked or caller.account
