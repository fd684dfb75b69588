"""`sync_creatives` and `list_creatives`: the library of an account.

A creative is one file under one name. The media owner approves it; a changed file is a new creative
with a new id. With `validation_mode` strict nothing is stored where one creative is invalid.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from cloud.api.adcp.account_references import choose_accounts, resolve_account
from cloud.api.adcp.arguments import (
    CreativeFilters,
    CreativeSync,
    ListCreativesArguments,
    SyncCreativesArguments,
)
from cloud.api.adcp.creative_assets import read_creative
from cloud.api.adcp.creative_formats import describe_reference
from cloud.api.adcp.errors import AdcpError, invalid_value, to_adcp_error
from cloud.api.adcp.media_buy_documents import APPROVAL
from cloud.api.adcp.package_orders import at_field
from cloud.api.adcp.tool_call import DryRun, ToolCall
from cloud.api.adcp.unsupported import refuse_fields, refuse_others
from cloud.app.orders.line_creatives import require_usable_creatives
from cloud.booking.adcp.media_buy_status import LIVE
from cloud.booking.adcp.package_store import find_order_of_package, unknown_package
from cloud.booking.orders.assignments import assign_creatives
from cloud.booking.orders.order_rows import UnknownOrderError
from cloud.campaigns.creatives import (
    Creative,
    CreativeConflictError,
    CreativeStatus,
    count_creatives,
    create_creative,
    find_creative,
    read_by_names,
)
from cloud.campaigns.creatives import list_creatives as read_creatives

FILTER_NAMES: Final = frozenset(CreativeFilters.__struct_fields__)
STATUS_OF: Final = {text: status for status, text in APPROVAL.items()}


def sync_creatives(
    call: ToolCall, asked: SyncCreativesArguments, connection: Connection
) -> dict[str, Any]:
    """Store creatives, and assign them to packages."""
    refuse_fields({"delete_missing": asked.delete_missing or None}, {"delete_missing"})
    with at_field("account"):
        account = resolve_account(connection, call, asked.account).id
    chosen = {*asked.creative_ids} if asked.creative_ids is not None else None
    results = {
        one.creative_id: _sync_one(call, connection, asked, one, account, f"creatives[{number}]")
        for number, one in enumerate(asked.creatives)
        if chosen is None or one.creative_id in chosen
    }
    for creative, packages in _group_assignments(asked).items():
        result = results.setdefault(creative, {"creative_id": creative, "action": "unchanged"})
        result |= _assign(call, connection, account, creative, packages)
    answer = {"creatives": list(results.values())}
    if asked.dry_run:
        raise DryRun({"dry_run": True, **answer})
    return answer


def list_creatives(call: ToolCall, asked: ListCreativesArguments) -> dict[str, Any]:
    """List the creatives of the caller, the latest first."""
    refuse_others(asked.filters or {}, FILTER_NAMES, "filters.")
    with at_field("filters"):
        filters = msgspec.convert(asked.filters or {}, CreativeFilters)
    statuses = _read_statuses(filters)
    page = asked.pagination

    def read(connection: Connection) -> tuple[Sequence[Creative], int]:
        accounts = choose_accounts(connection, call, asked.account)
        if filters.creative_ids is not None:
            owners = [call.caller.account] if accounts is None else sorted(accounts)
            found = [
                one
                for owner in owners
                for one in read_by_names(connection, owner, filters.creative_ids or ()).values()
                if not statuses or one.status in statuses
            ]
            return found, len(found)
        status = statuses[0] if statuses else None
        with at_field("pagination.cursor"):
            last = find_creative(connection, page.cursor, accounts) if page.cursor else None
        limit = page.max_results + 1
        some = read_creatives(connection, accounts, status=status, after=last, most=limit)
        return some, count_creatives(connection, accounts, status=status)

    found, total = call.read(read)
    shown = found[: page.max_results]
    pagination: dict[str, Any] = {"has_more": len(found) > len(shown), "total_count": total}
    if pagination["has_more"]:
        pagination["cursor"] = shown[-1].id
    return {
        "query_summary": {"total_matching": total, "returned": len(shown)},
        "pagination": pagination,
        "creatives": [_describe(call, one) for one in shown],
    }


def _sync_one(
    call: ToolCall,
    connection: Connection,
    asked: SyncCreativesArguments,
    one: CreativeSync,
    account: str,
    where: str,
) -> dict[str, Any]:
    try:
        new = read_creative(call, one, account, where)
        held = read_by_names(connection, account, [new.name]).get(new.name)
        stored = create_creative(connection, new, by=call.caller.name, now=call.context.clock())
    except AdcpError as error:
        if asked.validation_mode == "strict":
            raise
        return {"creative_id": one.creative_id, "action": "failed", "errors": [error.describe()]}
    except CreativeConflictError as error:
        refusal = to_adcp_error(error)
        assert refusal is not None
        refusal.field = where
        refusal.suggestion = "send the changed file under a new creative_id"
        return {"creative_id": one.creative_id, "action": "failed", "errors": [refusal.describe()]}
    return {
        "creative_id": stored.name,
        "platform_id": stored.id,
        "action": "created" if held is None else "unchanged",
        "status": APPROVAL[stored.status],
    }


def _group_assignments(asked: SyncCreativesArguments) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for number, one in enumerate(asked.assignments):
        refuse_fields({"weight": one.weight}, {"weight"}, f"assignments[{number}].")
        packages = found.setdefault(one.creative_id, [])
        if one.package_id not in packages:
            packages.append(one.package_id)
    return found


def _assign(
    call: ToolCall, connection: Connection, account: str, creative: str, packages: Sequence[str]
) -> dict[str, Any]:
    """Assign a creative to packages; a refusal of one package leaves the others assigned."""
    assigned, refused = [], {}
    for package in packages:
        try:
            with connection.begin_nested():
                _assign_to_package(call, connection, account, creative, package)
        except Exception as error:
            refusal = to_adcp_error(error)
            if refusal is None:
                raise
            refused[package] = f"{refusal.code}: {refusal.message}"
        else:
            assigned.append(package)
    found: dict[str, Any] = {"assigned_to": assigned} if assigned else {}
    return found | ({"assignment_errors": refused} if refused else {})


def _assign_to_package(
    call: ToolCall, connection: Connection, account: str, creative: str, package: str
) -> None:
    work = call.open_work(connection)
    try:
        order = work.lock_order(find_order_of_package(connection, package))
    except UnknownOrderError:
        raise unknown_package(package) from None
    if order.account != account:
        raise unknown_package(package)
    lines = [line for line in work.choose_lines(order) if line.quote_id == package]
    live = [line for line in lines if line.booking_status in LIVE]
    if not live:
        raise AdcpError("INVALID_STATE", "the package has ended")
    for line in live:
        assign_creatives(work, order.id, line.line_id, {*line.creatives, creative})
    require_usable_creatives(work, order.id)


def _read_statuses(filters: CreativeFilters) -> list[CreativeStatus]:
    statuses = filters.statuses or ()
    for number, one in enumerate(statuses):
        if one not in STATUS_OF:
            raise invalid_value(
                f"filters.statuses[{number}]",
                f"found {one[:40]!r}: expected {', '.join(STATUS_OF)}",
            )
    if len(statuses) > 1:
        raise AdcpError(
            "UNSUPPORTED_FEATURE", "one status is filtered at a time", field="filters.statuses"
        )
    return [STATUS_OF[one] for one in statuses]


def _describe(call: ToolCall, creative: Creative) -> dict[str, Any]:
    return {
        "creative_id": creative.name,
        "account": {"account_id": creative.account, "name": creative.account, "status": "active"},
        "name": creative.name,
        "format_id": describe_reference(call, (creative.width_px, creative.height_px)),
        "status": APPROVAL[creative.status],
        "created_date": creative.created_at,
        "updated_date": creative.decided_at or creative.created_at,
    }
