"""The slots of a proposal: of a selection, of a quote, or of the lines of a plan."""

from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud import database
from cloud.api.booking.selection import SelectionRequest, SlotRequest, select_slots
from cloud.api.sales.proposal_models import NewProposalRequest
from cloud.app.context import AppContext
from cloud.booking.quote_locks import read_quote
from cloud.booking.slots import DeliveryType, SlotDemand
from cloud.planning.stored_plans import translate_answer
from cloud.sales.plans import find_plan, read_plan_answer
from cloud.sales.proposals.proposal_steps import ProposalRefused


def read_demand(
    context: AppContext, asked: NewProposalRequest, *, most: int
) -> tuple[list[SlotDemand], DeliveryType]:
    """The positions to offer, and their delivery type.

    Raises:
        UnknownQuote, UnknownPlan: the account has none with that id.
        ProposalRefused: the plan has no lines, or more than `most`.
        RangeError, UnknownLocation, SlotError: as `select_slots`.
    """
    accounts = frozenset({asked.account})
    with database.reading(context.engine) as connection:
        if asked.quote is not None:
            quote = read_quote(connection, asked.quote, accounts)
            return quote.demand, quote.delivery
        chosen = asked.selection or _select_plan(connection, context, asked, most)
        found = select_slots(connection, context.sites, chosen, most=most)
    return found.demand, found.delivery


def _select_plan(
    connection: Connection, context: AppContext, asked: NewProposalRequest, most: int
) -> SelectionRequest:
    accounts = frozenset({asked.account})
    plan = find_plan(connection, asked.plan or "", accounts, context.clock())
    answer, _ = read_plan_answer(connection, plan.id)
    lines = _read_lines(answer)
    if not 0 < len(lines) <= most:
        raise ProposalRefused(
            f"plan {plan.id} is {plan.status} and has {len(lines)} lines: offer a finished plan "
            f"of 1 to {most}"
        )
    slots = [
        SlotRequest(
            location=one["location"], time_slot=one["time_slot"], positions=one["positions"]
        )
        for one in lines
    ]
    return SelectionRequest(slots=slots)


def _read_lines(answer: bytes | None) -> list[dict[str, Any]]:
    if answer is None:
        return []
    found = msgspec.json.decode(translate_answer(answer), type=dict[str, Any])
    lines: list[dict[str, Any]] = found.get("lines", [])
    return lines
