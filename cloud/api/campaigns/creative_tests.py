"""`/api/creative-tests`: tests of creatives, the schedule of their screens, and results."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud.api.audience import RangeError
from cloud.api.campaigns.callers import CallerOf, choose_account
from cloud.api.campaigns.documents import DIGITS, IntervalDocument
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, allow_roles
from cloud.auth.keys import ACCOUNT_PATTERN
from cloud.campaigns.booked_hours import HourKey, to_seconds
from cloud.campaigns.creative_tests.assignment import assign_creative
from cloud.campaigns.creative_tests.results import ArmResult, CreativeTestResult, read_result
from cloud.campaigns.creative_tests.sequential_test import ArmDecision, estimate_ratio
from cloud.campaigns.creative_tests.store import (
    MOST_ARMS,
    CreativeTest,
    NewCreativeTest,
    create_test,
    find_test,
    list_tests,
    stop_test,
)
from cloud.database import EPOCH

MAX_PAGE: Final = 100
HOUR_S: Final = 3_600
PLAIN: Final = r"^[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$"
LONGEST_SPAN: Final = timedelta(days=8)
CreativeName = Annotated[str, Field(min_length=1, max_length=64, pattern=PLAIN)]

router = APIRouter(tags=["campaigns"], dependencies=[allow_roles(*EVERYBODY)])
TestId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"], max_length=64)]


class CreativeTestRequest(BaseModel):
    """A test to run; the first creative is the one that the others are compared with."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=120, pattern=PLAIN, examples=["Winter headline"])
    creatives: list[CreativeName] = Field(
        min_length=2, max_length=MOST_ARMS, examples=[["winter-a", "winter-b"]]
    )
    locations: list[str] = Field(min_length=1, max_length=1_000, examples=[["KX-01"]])
    starts_at: AwareDatetime = Field(examples=["2030-01-07T08:00:00Z"])
    ends_at: AwareDatetime = Field(examples=["2030-01-14T08:00:00Z"])
    alpha: float = Field(
        default=0.05, ge=0.001, le=0.2, description="probability of a false difference"
    )
    account: str | None = Field(
        default=None, pattern=ACCOUNT_PATTERN, description="of a client, for staff and agencies"
    )


class CreativeTestSummary(BaseModel):
    """A test without its result."""

    id: str
    account: str
    name: str
    creatives: list[str]
    locations: list[str]
    alpha: float
    starts_at: datetime
    ends_at: datetime
    stopped_at: datetime | None


class CreativeTestsDocument(BaseModel):
    """The tests of the caller, the latest first; at most `limit`."""

    tests: list[CreativeTestSummary]


class ArmDocument(BaseModel):
    """One creative. The limits of `difference` hold at all times at once."""

    creative: str
    plays: int
    screen_hours: int
    attention_per_person_s: IntervalDocument | None = Field(
        description="attention seconds per exposed person, with P10 and P90 of this one look"
    )
    difference_s: float | None = Field(description="less that of the first creative")
    difference_low_s: float | None
    difference_high_s: float | None
    decision: ArmDecision | None = Field(description="null: the first creative")


class CreativeTestDetail(CreativeTestSummary):
    """A test with its result so far: it may be looked at as often as wanted."""

    at: datetime
    planned_screen_hours: int
    as_assigned_share: float | None = Field(description="plays that followed the assignment")
    arms: list[ArmDocument]


class AssignedHour(BaseModel):
    """What a screen shows in an hour."""

    starts_at: datetime
    creative: str


class AssignmentDocument(BaseModel):
    """The schedule of a screen, for its player."""

    location: str
    hours: list[AssignedHour]


@router.get("/api/creative-tests", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def get_creative_tests(
    request: Request,
    accounts: ListedAccounts,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
) -> CreativeTestsDocument:
    """List the tests of the caller; staff see all."""

    def read(connection: Connection) -> CreativeTestsDocument:
        found = list_tests(connection, accounts, most=limit)
        return CreativeTestsDocument(tests=[_summarise(one) for one in found])

    return await read_database(request, read)


@router.post(
    "/api/creative-tests",
    status_code=201,
    response_model=CreativeTestSummary,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def post_creative_test(
    request: Request, asked: CreativeTestRequest, who: CallerOf, idempotent: Idempotent
) -> Response:
    """Create a test: each screen and hour gets one of the creatives at random."""
    context: AppContext = get_context(request)
    account = choose_account(who, asked.account)

    def change(connection: Connection) -> Reply:
        new = NewCreativeTest(
            account=account, name=asked.name, creatives=tuple(asked.creatives),
            locations=tuple(asked.locations), alpha=asked.alpha, starts_at=asked.starts_at,
            ends_at=asked.ends_at,
        )  # fmt: skip
        test = create_test(connection, context.sites, new, by=who.name, now=context.clock())
        where = {"location": f"/api/creative-tests/{test.id}"}
        return Reply(201, _summarise(test).model_dump_json().encode(), where)

    return await run_in_threadpool(idempotent.run, context, change)


@router.get(
    "/api/creative-tests/{creative_test}",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_creative_test(
    request: Request, creative_test: TestId, who: CallerOf
) -> CreativeTestDetail:
    """Return a test with its result so far."""
    context: AppContext = get_context(request)

    def read(connection: Connection) -> CreativeTestDetail:
        test = find_test(connection, creative_test, who.accounts)
        return _describe(read_result(connection, context.sites, test, context.clock()))

    return await read_database(request, read)


@router.get(
    "/api/creative-tests/{creative_test}/assignment",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_assignment(
    request: Request,
    creative_test: TestId,
    who: CallerOf,
    location: Annotated[
        str | None, Query(max_length=63, description="null: the first of the test")
    ] = None,
    since: Annotated[
        AwareDatetime | None, Query(alias="from", description="null: the start of the test")
    ] = None,
    until: Annotated[AwareDatetime | None, Query(description="null: eight days later")] = None,
) -> AssignmentDocument:
    """Return which creative a screen shows in each hour of the test; at most eight days."""
    context: AppContext = get_context(request)

    def read(connection: Connection) -> AssignmentDocument:
        test = find_test(connection, creative_test, who.accounts)
        site = context.sites.location(location or test.locations[0]).id
        first = since or test.starts_at
        last = _choose_end(test, first, until)
        stored = test.find_location(context.sites, site)
        hours = [] if stored is None else _list_assigned(test, stored, first, last)
        return AssignmentDocument(location=site, hours=hours)

    return await read_database(request, read)


@router.post(
    "/api/creative-tests/{creative_test}/stop",
    response_model=CreativeTestSummary,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def stop_creative_test(
    request: Request, creative_test: TestId, who: CallerOf, idempotent: Idempotent
) -> Response:
    """End a test before its time."""
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        test = stop_test(connection, creative_test, who.accounts, by=who.name, now=context.clock())
        return Reply(200, _summarise(test).model_dump_json().encode(), {})

    return await run_in_threadpool(idempotent.run, context, change)


def _choose_end(test: CreativeTest, first: datetime, until: datetime | None) -> datetime:
    if until is None:
        rest = test.effective_end_at - first
        return test.effective_end_at if rest <= LONGEST_SPAN else first + LONGEST_SPAN
    if not timedelta() < until - first <= LONGEST_SPAN:
        raise RangeError("give `until` after `from`, at most eight days later")
    return until


def _list_assigned(
    test: CreativeTest, location: str, since: datetime, until: datetime
) -> list[AssignedHour]:
    first_s = to_seconds(max(since, test.starts_at)) // HOUR_S * HOUR_S
    until_s = to_seconds(min(until, test.effective_end_at))
    return [
        AssignedHour(
            starts_at=EPOCH + timedelta(seconds=hour_at),
            creative=assign_creative(
                test.assignment_key, HourKey(location, hour_at), test.creatives
            ),
        )
        for hour_at in range(first_s, until_s, HOUR_S)
    ]


def _summarise(test: CreativeTest) -> CreativeTestSummary:
    values = {name: getattr(test, name) for name in CreativeTestSummary.model_fields}
    values |= {"creatives": list(test.creatives), "locations": list(test.locations)}
    return CreativeTestSummary(**values)


def _describe(found: CreativeTestResult) -> CreativeTestDetail:
    share = found.as_assigned_share
    return CreativeTestDetail(
        **_summarise(found.test).model_dump(),
        at=found.at,
        planned_screen_hours=found.test.planned_clusters,
        as_assigned_share=None if share is None else round(share, DIGITS),
        arms=[_describe_arm(arm) for arm in found.arms],
    )


def _describe_arm(arm: ArmResult) -> ArmDocument:
    compared = arm.comparison
    return ArmDocument(
        creative=arm.creative,
        plays=arm.plays,
        screen_hours=arm.sums.clusters,
        attention_per_person_s=IntervalDocument.of(estimate_ratio(arm.sums)),
        difference_s=None if compared is None else _round(compared.difference),
        difference_low_s=None if compared is None else _round(compared.low),
        difference_high_s=None if compared is None else _round(compared.high),
        decision=None if compared is None else compared.decision,
    )


def _round(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
