"""Find the account that a reference of AdCP means, among those that the caller sees."""

from sqlalchemy import Connection

from cloud.api.adcp.arguments import AccountReference
from cloud.api.adcp.errors import AdcpError
from cloud.api.adcp.tool_call import ToolCall
from cloud.auth.accounts.account import Account
from cloud.auth.accounts.account_store import read_account, unknown_account
from cloud.booking.adcp.account_links import BrandOperator, find_linked_account


def resolve_account(connection: Connection, call: ToolCall, reference: AccountReference) -> Account:
    """The account; an unknown one, one of another and an unregistered pair are the same refusal.

    Raises:
        UnknownAccountError
        AdcpError: the reference is incomplete, or means a sandbox, which there is none of.
    """
    if reference.sandbox:
        raise AdcpError(
            "ACCOUNT_NOT_FOUND", "there are no sandbox accounts: every buy is real",
            field="account.sandbox", suggestion="leave sandbox out", recovery="terminal",
        )  # fmt: skip
    name = reference.account_id
    if name is None and reference.brand is not None and reference.operator is not None:
        key = BrandOperator(
            reference.operator, reference.brand.domain, reference.brand.brand_id or ""
        )
        name = find_linked_account(connection, call.caller.account, key)
    elif name is None:
        raise AdcpError(
            "INVALID_REQUEST", "the account has neither account_id nor brand and operator",
            field="account", suggestion="list_accounts lists your accounts",
        )  # fmt: skip
    found = read_account(connection, name) if name is not None else None
    if found is None or not call.caller.may_see(found.id):
        raise unknown_account(name or "")
    return found


def choose_accounts(
    connection: Connection, call: ToolCall, reference: AccountReference | None
) -> frozenset[str] | None:
    """The accounts that a list is about; None: all."""
    if reference is None:
        return call.caller.accounts
    return frozenset({resolve_account(connection, call, reference).id})
