"""`/api/retail/rules`: the rule set in force and those to come, and a new one.

`If-Match` must name the state that was read, so no rule set replaces one that was not read. Every
request reads which rule set is in force: all processes change at the same instant.
"""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from cloud.api.overrides import MAX_AUTHOR, PLAIN
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse, VersionMismatchError
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import answer_read, change_once
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth import audit
from cloud.auth.access import RETAIL_ROLES, Caller, allow_roles, receive_caller
from cloud.pricing.retail.rules import PriceRules
from cloud.sales.retail.active_rules import read_reference_rules
from cloud.sales.retail.rule_sets import (
    LONGEST_REASON,
    RuleSetRefused,
    StoredRuleSet,
    put_rule_set,
    read_rule_sets,
    rule_set_at,
)
from cloud.suggestions import explain_field

MAX_LISTED: Final = 50
EXAMPLE: Final = {
    "version": "spring-1",
    "defaults": {"minimum_margin": 0.12, "maximum_move": 0.1},
    "ladders": {"GBP": [{"step": 0.1, "ending": 0.09}]},
    "overrides": [{"category": "juice", "region": "north", "minimum_margin": 0.08}],
}

router = APIRouter(tags=["retail"], dependencies=[allow_roles(*RETAIL_ROLES)])
Asker = Annotated[Caller, Depends(receive_caller)]
RuleSetContent = Annotated[
    dict[str, Any],
    Field(examples=[EXAMPLE], description="as in the file: docs/retail.md explains every word"),
]


class StoredRuleSetSummary(BaseModel):
    """A stored rule set without its content."""

    number: int = Field(description="of its entry in the audit log")
    version: str = Field(examples=["spring-1"])
    digest: str = Field(examples=["9f0c2ab1d4e6"])
    valid_from: datetime
    put_at: datetime
    put_by: str
    reason: str | None


class RetailRulesResponse(BaseModel):
    """The rule set in force, and the stored ones."""

    rules: RuleSetContent
    digest: str = Field(examples=["9f0c2ab1d4e6"])
    valid_from: datetime | None = Field(description="null: the reference rules of the program")
    stored: list[StoredRuleSetSummary] = Field(description=f"the latest {MAX_LISTED}, latest first")


class RetailRulesRequest(BaseModel):
    """A rule set to put in force."""

    model_config = ConfigDict(extra="forbid")

    rules: RuleSetContent
    valid_from: AwareDatetime | None = Field(default=None, description="null: now")
    reason: str = Field(
        min_length=3, max_length=LONGEST_REASON, pattern=PLAIN, examples=["spring margins"]
    )


@router.get(
    "/api/retail/rules",
    response_model=RetailRulesResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 422, 500, 503)},
)
async def get_rules(request: Request) -> Response:
    """Read the rule set in force and the stored ones; the `ETag` is for `PUT`."""
    context = get_context(request)
    return await answer_read(request, lambda connection: _read_state(context, connection))


@router.put(
    "/api/retail/rules",
    response_model=RetailRulesResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 412, 500, 503),
)
async def put_rules(
    request: Request,
    asked: RetailRulesRequest,
    who: Asker,
    idempotent: Idempotent,
    if_match: Annotated[
        str, Header(max_length=200, description="the `ETag` of the state that the change is for")
    ],
) -> Response:
    """Put another rule set in force; refused (412) where the rules were changed since."""
    context, rules = get_context(request), _read_rules(asked.rules)

    def change(connection: Connection) -> Reply:
        audit.lock_log(connection)
        if not TaggedResponse(_read_state(context, connection)).is_match(if_match):
            raise VersionMismatchError(
                "the rules were changed since they were read: GET /api/retail/rules, and compare"
            )
        _require_change(
            put_rule_set(
                connection, rules, asked.valid_from, reference=read_reference_rules(),
                by=who.name[:MAX_AUTHOR], now=context.clock(), reason=asked.reason,
            )
        )  # fmt: skip
        state = TaggedResponse(_read_state(context, connection))
        return Reply(200, state.content, {"etag": state.tag.decode()})

    return await change_once(request, idempotent, change)


def _read_rules(content: dict[str, Any]) -> PriceRules:
    """The rule set of a request; raises RuleSetRefused with the place that is invalid."""
    try:
        return msgspec.convert(content, PriceRules)
    except msgspec.ValidationError as error:
        reason = explain_field(str(error), PriceRules)
        raise RuleSetRefused(f"`rules` in the body: {reason}") from error


def _require_change(put: StoredRuleSet | None) -> None:
    if put is None:
        raise RuleSetRefused("this rule set is already in force at that time: nothing would change")


def _read_state(context: AppContext, connection: Connection) -> bytes:
    stored = read_rule_sets(connection)
    held = rule_set_at(stored, context.clock())
    rules = read_reference_rules() if held is None else held.rules
    state = RetailRulesResponse(
        rules=msgspec.to_builtins(rules),
        digest=rules.digest,
        valid_from=None if held is None else held.from_at,
        stored=[_summarise(one) for one in stored[::-1][:MAX_LISTED]],
    )
    return state.model_dump_json().encode()


def _summarise(one: StoredRuleSet) -> StoredRuleSetSummary:
    return StoredRuleSetSummary(
        number=one.number,
        version=one.rules.version,
        digest=one.rules.digest,
        valid_from=one.from_at,
        put_at=one.put_at,
        put_by=one.put_by,
        reason=one.reason,
    )
