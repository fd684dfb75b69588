"""Bodies and answers of the routes of accounts; the fields are those of docs/accounts.md."""

from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cloud.auth.accounts.account import AccountKind
from cloud.auth.keys import ACCOUNT_PATTERN

TEXT: Final = 200
Name = Annotated[str, Field(max_length=TEXT, examples=["Acme Ltd"])]
Agency = Annotated[str, Field(pattern=ACCOUNT_PATTERN, examples=["north-media"])]
Country = Annotated[str, Field(max_length=2, examples=["GB"])]
VatNumber = Annotated[str, Field(max_length=TEXT, examples=["GB123456789"])]
Address = Annotated[list[str], Field(max_length=20)]
Email = Annotated[str, Field(max_length=TEXT, examples=["bills@acme.example"])]


class NewAccount(BaseModel):
    """An account to create."""

    id: str = Field(pattern=ACCOUNT_PATTERN, examples=["acme"])
    name: Name
    kind: AccountKind
    agency: Agency | None = None
    currency: str = Field("GBP", max_length=3)
    country: Country = "GB"
    vat_number: VatNumber | None = None
    address: Address = []
    billing_email: Email | None = None
    commission_bp: int = 0
    credit_limit_minor: int = 0


class AccountChange(BaseModel):
    """Fields to replace; a field that is left out stays as it is.

    The id, the kind and the currency of an account never change.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(default_factory=str)
    agency: Agency | None = Field(default=None, description="null: none")
    country: Country = Field(default_factory=str)
    vat_number: VatNumber | None = Field(default=None, description="null: none")
    address: Address = Field(default_factory=list)
    billing_email: Email | None = Field(default=None, description="null: none")
    commission_bp: int = Field(default_factory=int)
    credit_limit_minor: int = Field(default_factory=int)

    @model_validator(mode="after")
    def _require_fields(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one field to change")
        return self


class AccountResponse(NewAccount):
    """An account."""

    created_at: datetime
    closed_at: datetime | None = Field(description="null: open")


class AccountsResponse(BaseModel):
    """One page, in the order of the ids."""

    accounts: list[AccountResponse]
    next: str | None = Field(description="`after` of the next page; null on the last")
