"""The caller and the path parameters of campaigns."""

from typing import Annotated

from fastapi import Depends, Path

from cloud.auth.access import Caller, get_caller

CallerOf = Annotated[Caller, Depends(get_caller)]
CampaignId = Annotated[str, Path(examples=["6d1c0e7be7c64a0f9a40a3f0d1a2b3c4"], max_length=64)]
LineId = Annotated[str, Path(examples=["SO-1-1"], max_length=63)]


def choose_account(caller: Caller, asked: str | None) -> str:
    """The account that a new object belongs to: the asked one where the caller acts for it."""
    return asked if asked is not None and caller.may_see(asked) else caller.account
