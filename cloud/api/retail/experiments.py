"""`/api/retail/experiments`: price experiments by clusters of stores, and their results."""

import secrets
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Connection

from cloud.analytics.retail.cluster_comparison import ExperimentDecision
from cloud.analytics.retail.experiment_results import ExperimentResult, read_experiment_result
from cloud.api.operations.transactions import change_database_once
from cloud.api.retail.prices import (
    CHANGE,
    READ,
    RollBackRequest,
    RollBackResponse,
    describe_roll_back,
)
from cloud.api.retail.workflow_models import ID_PATTERN, Code, StrictModel
from cloud.app.idempotency.idempotent_request import Idempotent
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import RETAIL_ROLES, allow_roles
from cloud.sales.retail.active_rules import read_active_rules
from cloud.sales.retail.cluster_assignment import ExperimentArm
from cloud.sales.retail.experiment_steps import (
    MOST_CHANGE_BP,
    NewExperiment,
    start_experiment,
    stop_experiment,
)
from cloud.sales.retail.experiments import (
    ExperimentState,
    PriceExperiment,
    find_experiment,
    list_experiments,
)
from cloud.sales.retail.hard_rules import HardRuleCheck, nearest_on_ladder

MOST_LISTED = 200
MAX_SEED = 2**53 - 1

ExperimentId = Annotated[str, Path(alias="experiment", pattern=ID_PATTERN, examples=["0" * 32])]

router = APIRouter(tags=["retail prices"], dependencies=[allow_roles(*RETAIL_ROLES)])


class ExperimentRequest(StrictModel):
    """An experiment: products whose price differs in the treated clusters."""

    name: Annotated[str, Field(min_length=3, max_length=120, examples=["orange juice 5 % less"])]
    products: list[Code] = Field(min_length=1, max_length=50)
    change_bp: int = Field(
        ge=-MOST_CHANGE_BP, le=MOST_CHANGE_BP, examples=[-500], description="basis points"
    )
    region: Code | None = Field(None, description="null: every region")
    starts_at: AwareDatetime
    ends_at: AwareDatetime = Field(description="7 to 180 days after the start")
    alpha: float = Field(0.05, gt=0, le=0.2)
    harm_limit_bp: int = Field(0, ge=0, le=5_000, description="of the margin that may be lost")
    seed: int | None = Field(None, ge=0, le=MAX_SEED, description="null: drawn and recorded")


class ExperimentResponse(BaseModel):
    """A price experiment."""

    id: str
    name: str
    products: list[str]
    change_bp: int
    arms: dict[ExperimentArm, list[str]] = Field(description="the stores of each arm")
    clusters: dict[ExperimentArm, int]
    seed: int
    alpha: float
    harm_limit_bp: int
    pre_from_on: date
    starts_at: datetime
    ends_at: datetime
    state: ExperimentState
    stopped_at: datetime | None
    stopped_by: str | None
    stop_reason: str | None
    created_at: datetime
    created_by: str


class ExperimentsResponse(BaseModel):
    """The experiments, the latest first."""

    experiments: list[ExperimentResponse]


class MeasureResponse(BaseModel):
    """One measure a store and day; amounts are minor units of the base currency."""

    name: str = Field(examples=["margin"])
    control: float
    treated: float
    difference: float = Field(description="adjusted by the period before")
    change: float | None = Field(description="as a share of the control")
    low: float | None = Field(description="limits that hold at every look")
    high: float | None
    fixed_low: float | None = Field(description="limits of one look at the planned end")
    fixed_high: float | None
    variance_share: float | None = Field(description="of the variance, after the adjustment")


class ContaminationResponse(BaseModel):
    """How far the arms were kept apart."""

    adherence: float | None = Field(description="share of points with the approved price")
    compared_points: int
    overridden: int
    near_pairs: int
    clean: bool


class ExperimentResultResponse(BaseModel):
    """The result so far."""

    experiment: ExperimentResponse
    at: datetime
    days: int = Field(description="whole days that count, without the first")
    observed_clusters: dict[ExperimentArm, int]
    decision: ExperimentDecision
    proposes_roll_back: bool
    measures: list[MeasureResponse]
    contamination: ContaminationResponse


class StoppedResponse(BaseModel):
    """A stopped experiment and what became of its prices."""

    experiment: ExperimentResponse
    results: list[RollBackResponse]


@router.get("/api/retail/experiments", responses=READ)
async def get_experiments(request: Request) -> ExperimentsResponse:
    """List the price experiments, the latest first."""
    now = get_context(request).clock()
    found = await read_database(
        request, lambda connection: list_experiments(connection, most=MOST_LISTED)
    )
    return ExperimentsResponse(experiments=[_describe(one, now) for one in found])


@router.post(
    "/api/retail/experiments",
    status_code=201,
    response_model=ExperimentResponse,
    responses=CHANGE,
)
async def create_experiment(
    request: Request, asked: ExperimentRequest, idempotent: Idempotent
) -> Response:
    """Draw the arms and approve the treated prices, all or nothing."""
    seed = secrets.randbelow(MAX_SEED) if asked.seed is None else asked.seed

    def act(connection: Connection, actor: str, now: datetime) -> ExperimentResponse:
        new = NewExperiment(
            name=asked.name, products=tuple(asked.products), change_bp=asked.change_bp,
            starts_at=asked.starts_at, ends_at=asked.ends_at, seed=seed, region=asked.region,
            alpha=asked.alpha, harm_limit_bp=asked.harm_limit_bp,
        )  # fmt: skip
        nearest = nearest_on_ladder(read_active_rules(connection, now))
        check = HardRuleCheck(now)
        return _describe(start_experiment(connection, new, check, nearest, by=actor, now=now), now)

    return await change_database_once(request, idempotent, act, 201)


@router.get(
    "/api/retail/experiments/{experiment}",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_experiment(request: Request, name: ExperimentId) -> ExperimentResultResponse:
    """Return an experiment with its result so far."""
    now = get_context(request).clock()

    def read(connection: Connection) -> ExperimentResultResponse:
        experiment = find_experiment(connection, name)
        return _describe_result(read_experiment_result(connection, experiment, now), now)

    return await read_database(request, read)


@router.post(
    "/api/retail/experiments/{experiment}/stop", response_model=StoppedResponse, responses=CHANGE
)
async def stop(
    request: Request, name: ExperimentId, asked: RollBackRequest, idempotent: Idempotent
) -> Response:
    """End an experiment before its time, and roll its prices back."""

    def act(connection: Connection, actor: str, now: datetime) -> StoppedResponse:
        check = HardRuleCheck(now)
        stopped, results = stop_experiment(connection, name, asked.reason, check, by=actor, now=now)
        return StoppedResponse(
            experiment=_describe(stopped, now), results=[describe_roll_back(one) for one in results]
        )

    return await change_database_once(request, idempotent, act)


def _describe(one: PriceExperiment, now: datetime) -> ExperimentResponse:
    names = ExperimentResponse.model_fields.keys() - {"arms", "clusters", "state", "products"}
    drawn = list(one.assignment.values())
    return ExperimentResponse(
        **{name: getattr(one, name) for name in names},
        products=list(one.products),
        arms={arm: one.stores_of(arm) for arm in ExperimentArm},
        clusters={arm: drawn.count(arm) for arm in ExperimentArm},
        state=one.state_at(now),
    )


def _describe_result(result: ExperimentResult, now: datetime) -> ExperimentResultResponse:
    found = result.contamination
    return ExperimentResultResponse(
        experiment=_describe(result.experiment, now),
        at=result.at,
        days=result.days,
        observed_clusters=dict(result.clusters),
        decision=result.decision,
        proposes_roll_back=result.proposes_roll_back,
        measures=[
            MeasureResponse(
                name=name, control=one.control_mean, treated=one.treated_mean,
                difference=one.difference, change=one.change, low=one.low, high=one.high,
                fixed_low=one.fixed_low, fixed_high=one.fixed_high,
                variance_share=one.variance_share,
            )
            for name, one in result.measures.items()
        ],
        contamination=ContaminationResponse(
            adherence=found.adherence, compared_points=found.compared_points,
            overridden=found.overridden, near_pairs=found.near_pairs, clean=found.is_clean,
        ),
    )  # fmt: skip
