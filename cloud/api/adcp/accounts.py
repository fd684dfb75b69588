"""`sync_accounts` and `list_accounts`.

Accounts are created by the media owner; an agent registers which brand and operator it means by its
own account. An agency that acts for several clients names them by `account_id`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from cloud.api.adcp.arguments import AccountSync, ListAccountsArguments, SyncAccountsArguments
from cloud.api.adcp.errors import AdcpError
from cloud.api.adcp.tool_call import DryRun, ToolCall
from cloud.auth.accounts.account import Account
from cloud.auth.accounts.account_store import list_accounts as read_accounts
from cloud.auth.accounts.account_store import read_account
from cloud.booking.adcp.account_links import BrandOperator, link_account, read_links
from cloud.money import major


def sync_accounts(
    call: ToolCall, asked: SyncAccountsArguments, connection: Connection
) -> dict[str, Any]:
    """Register pairs of brand and operator for the account of the key."""
    if asked.delete_missing:
        raise AdcpError(
            "UNSUPPORTED_FEATURE", "registered accounts are not removed", field="delete_missing"
        )
    own = read_account(connection, call.caller.account)
    results = [_sync_one(call, connection, own, one) for one in asked.accounts]
    if asked.dry_run:
        raise DryRun({"dry_run": True, "accounts": results})
    return {"accounts": results}


def list_accounts(call: ToolCall, asked: ListAccountsArguments) -> dict[str, Any]:
    """List the accounts that the caller sees, by id."""
    page = asked.pagination
    of = None if call.caller.sees_all else call.caller.account
    if asked.sandbox or asked.status not in (None, "active", "closed"):
        return {"accounts": [], "pagination": {"has_more": False}}

    def read(connection: Connection) -> tuple[Sequence[Account], Any]:
        limit = page.max_results + 1
        found = read_accounts(connection, of=of, after=page.cursor or "", limit=limit)
        return found, read_links(connection, call.caller.account)

    found, links = call.read(read)
    shown = found[: page.max_results]
    pagination: dict[str, Any] = {"has_more": len(found) > len(shown)}
    if pagination["has_more"]:
        pagination["cursor"] = shown[-1].id
    described = [describe_account(one, links.get(one.id)) for one in shown]
    if asked.status is not None:
        described = [one for one in described if one["status"] == asked.status]
    return {"accounts": described, "pagination": pagination}


def describe_account(account: Account, key: BrandOperator | None = None) -> dict[str, Any]:
    """An account as AdCP describes it."""
    found: dict[str, Any] = {
        "account_id": account.id,
        "name": account.name,
        "advertiser": account.name,
        "status": "active" if account.is_open else "closed",
    }
    if account.agency is not None:
        found["billing_proxy"] = account.agency
    if account.credit_limit_minor:
        limit = major(account.credit_limit_minor, account.currency)
        found["credit_limit"] = {"amount": limit, "currency": account.currency}
    if key is not None:
        found |= {"brand": _describe_brand(key), "operator": key.operator}
    return found


def _sync_one(
    call: ToolCall, connection: Connection, own: Account | None, asked: AccountSync
) -> dict[str, Any]:
    key = BrandOperator(asked.operator, asked.brand.domain, asked.brand.brand_id or "")
    answer = {"brand": _describe_brand(key), "operator": key.operator}
    refusal = _find_refusal(call, own, asked)
    if refusal is not None or own is None:
        errors = [refusal.describe()] if refusal else []
        return {**answer, "action": "failed", "status": "rejected", "errors": errors}
    is_new = link_account(
        connection, own.id, key, own.id, by=call.caller.name, now=call.context.clock()
    )
    return {
        **answer,
        "account_id": own.id,
        "name": own.name,
        "action": "created" if is_new else "unchanged",
        "status": "active" if own.is_open else "closed",
        "billing": asked.billing,
        "account_scope": "agent",
    }


def _find_refusal(call: ToolCall, own: Account | None, asked: AccountSync) -> AdcpError | None:
    if asked.sandbox:
        return AdcpError(
            "UNSUPPORTED_FEATURE", "there are no sandbox accounts: every buy is real",
            field="sandbox",
        )  # fmt: skip
    if own is None:
        return AdcpError(
            "ACCOUNT_NOT_FOUND", "the key is of no account that can buy",
            suggestion="use account_id from list_accounts", recovery="terminal",
        )  # fmt: skip
    if call.caller.clients:
        return AdcpError(
            "ACCOUNT_AMBIGUOUS", "the key acts for several accounts",
            suggestion="use account_id from list_accounts",
        )  # fmt: skip
    terms = f"net_{call.terms_days}"
    if asked.payment_terms not in (None, terms):
        return AdcpError("VALIDATION_ERROR", f"payment terms are {terms}", field="payment_terms")
    return None


def _describe_brand(key: BrandOperator) -> dict[str, Any]:
    found = {"domain": key.brand_domain}
    return found | {"brand_id": key.brand_id} if key.brand_id else found
