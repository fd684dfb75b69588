"""`/api/retail/scenarios`: what-ifs of retail prices, computed and saved.

A preview is computed only; a saved what-if keeps the answer of the moment of saving.
"""

import secrets
from datetime import timedelta
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.overrides import MAX_AUTHOR
from cloud.api.retail.scenario_answers import answer_scenario
from cloud.api.retail.scenario_models import (
    SavedScenarioResponse,
    SavedScenariosResponse,
    SavedScenarioSummary,
    ScenarioAnswer,
    ScenarioQuestion,
    ScenarioRequest,
)
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import change_once, read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.retail.services import get_retail
from cloud.auth.access import RETAIL_ROLES, Caller, allow_roles, receive_caller
from cloud.database import EPOCH, microseconds
from cloud.sales.retail.scenarios import (
    SavedScenario,
    ScenarioPosition,
    delete_scenario,
    find_scenario,
    list_scenarios,
    save_scenario,
)

MAX_PAGE: Final = 100
CURSOR: Final = r"^[0-9]{1,16}-[0-9a-f]{32}$"

router = APIRouter(tags=["retail"], dependencies=[allow_roles(*RETAIL_ROLES)])
Asker = Annotated[Caller, Depends(receive_caller)]
ScenarioId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"], max_length=64)]


@router.post(
    "/api/retail/scenarios",
    status_code=201,
    response_model=SavedScenarioResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def post_scenario(
    request: Request, asked: ScenarioRequest, who: Asker, idempotent: Idempotent
) -> Response:
    """Answer a what-if and save it under a name."""
    context, retail = get_context(request), get_retail(request)

    def change(connection: Connection) -> Reply:
        now = context.clock()
        answer = answer_scenario(connection, retail, asked, now)
        question = ScenarioQuestion(**asked.model_dump(exclude={"name"}))
        saved = SavedScenario(
            secrets.token_hex(16), asked.name, asked.product, question.model_dump_json(),
            answer.model_dump_json(), who.name[:MAX_AUTHOR], now,
        )  # fmt: skip
        save_scenario(connection, saved)
        location = f"/api/retail/scenarios/{saved.id}"
        return Reply(201, _write(saved), {"location": location})

    return await change_once(request, idempotent, change)


@router.post(
    "/api/retail/scenarios/preview",
    responses=problem_responses(*REFUSALS, 404, 413, 422, 500, 503),
)
async def preview_scenario(request: Request, asked: ScenarioQuestion) -> ScenarioAnswer:
    """Answer a what-if without saving it, such as while a slider moves."""
    context, retail = get_context(request), get_retail(request)

    def read() -> ScenarioAnswer:
        with database.reading(context.engine) as connection:
            return answer_scenario(connection, retail, asked, context.clock())

    return await run_in_threadpool(read)


@router.get(
    "/api/retail/scenarios",
    response_model=SavedScenariosResponse,
    responses=problem_responses(*REFUSALS, 422, 500, 503),
)
async def get_scenarios(
    request: Request,
    product: Annotated[str | None, Query(max_length=63, examples=["juice-1"])] = None,
    after: Annotated[str | None, Query(pattern=CURSOR, description="`next` of a page")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
) -> SavedScenariosResponse:
    """List the saved what-ifs, latest first, of one product or of all."""
    position = None if after is None else _position(after)
    found = await read_database(
        request, lambda connection: list_scenarios(connection, product, position, limit + 1)
    )
    shown = found[:limit]
    further = _cursor(shown[-1]) if len(found) > limit else None
    return SavedScenariosResponse(scenarios=[*map(_summarise, shown)], next=further)


@router.get(
    "/api/retail/scenarios/{scenario}",
    response_model=SavedScenarioResponse,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_scenario(request: Request, scenario: ScenarioId) -> Response:
    """Return one saved what-if with its answer."""
    body = await read_database(
        request, lambda connection: _write(find_scenario(connection, scenario))
    )
    return Response(body, media_type="application/json")


@router.delete(
    "/api/retail/scenarios/{scenario}",
    status_code=204,
    response_class=Response,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def remove_scenario(
    request: Request, scenario: ScenarioId, who: Asker, idempotent: Idempotent
) -> Response:
    """Delete a saved what-if."""
    context = get_context(request)

    def change(connection: Connection) -> Reply:
        by = who.name[:MAX_AUTHOR]
        delete_scenario(connection, scenario, by=by, now=context.clock())
        return Reply(204)

    return await change_once(request, idempotent, change)


def _summarise(saved: SavedScenario) -> SavedScenarioSummary:
    return SavedScenarioSummary(
        id=saved.id,
        name=saved.name,
        question=ScenarioQuestion.model_validate_json(saved.question),
        created_by=saved.created_by,
        created_at=saved.created_at,
    )


def _write(saved: SavedScenario) -> bytes:
    """The answer as it was stored, not computed again."""
    summary = _summarise(saved).model_dump(mode="json")
    return msgspec.json.encode({**summary, "answer": msgspec.Raw(saved.answer.encode())})


def _cursor(saved: SavedScenario) -> str:
    return f"{microseconds(saved.created_at)}-{saved.id}"


def _position(written: str) -> ScenarioPosition:
    at_us, _, name = written.partition("-")
    return ScenarioPosition(EPOCH + timedelta(microseconds=int(at_us)), name)
