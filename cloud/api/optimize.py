"""`POST /api/pricing/optimize`: the best plan for a budget with its bound, or relaxations.

An infeasible brief is also answered with 200, with its reasons. The search runs in a subprocess. It
ends at its time limit or when the client disconnects; the best plan found until then is the answer,
marked as not finished. One search runs at a time, the others wait in a queue.
`Accept: text/event-stream` streams the progress of the search.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from cloud.app.buyer import BuyerOf
from cloud.app.context import AppContext
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.search_queue import SearchQueue, SearchQueueFull
from cloud.auth.access import BUYER_ROLES, allow_roles
from cloud.planning.plan_offers import PlanOffer, read_plan_offer
from cloud.planning.plan_request import PlanRequest
from cloud.planning.plan_response import InfeasibleResponse, PlanResponse, plan_response
from cloud.pricing.optimise.brief import Brief
from cloud.pricing.optimise.offer import Offer
from cloud.pricing.optimise.plan import Outcome, ProgressListener, SearchProgress
from cloud.pricing.optimise.subprocess_solver import SearchStopped, optimise_in_subprocess

CHECK_CLIENT_EVERY_S: Final = 0.5
STREAM: Final = "text/event-stream"
STREAMED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {STREAM: {"schema": {"type": "string"}}}}
}

router = APIRouter(tags=["pricing"], dependencies=[allow_roles(*BUYER_ROLES)])


@router.post(
    "/api/pricing/optimize",
    response_model=PlanResponse | InfeasibleResponse,
    responses={**STREAMED, **problem_responses(*REFUSALS, 404, 413, 422, 500, 503)},
)
async def optimize_plan(request: Request, asked: PlanRequest, buyer: BuyerOf) -> Response:
    """Choose the best slots for a budget, with a bound on how much better any choice could be."""
    context: AppContext = get_context(request)
    queue: SearchQueue = request.app.state.search_queue
    brief = asked.to_brief()
    for name in brief.locations:
        context.sites.location(name)
    on_sale = await run_in_threadpool(read_plan_offer, context, brief, buyer.account)
    if STREAM in request.headers.get("accept", ""):
        return StreamingResponse(_stream(queue, brief, on_sale, asked.within_s), media_type=STREAM)
    async with queue, _client_watch(request) as gone:
        found = await _search(brief, on_sale.offer, asked.within_s, gone)
    return Response(_encode(found, brief, on_sale), media_type="application/json")


async def _search(
    brief: Brief,
    offer: Offer,
    within_s: float,
    gone: threading.Event,
    listener: ProgressListener = lambda progress: None,
) -> Outcome:
    search = partial(
        optimise_in_subprocess,
        brief,
        offer,
        within_s=within_s,
        listener=listener,
        cancelled=gone.is_set,
    )
    return await run_in_threadpool(search)


@asynccontextmanager
async def _client_watch(request: Request) -> AsyncIterator[threading.Event]:
    """An event that is set once the client has disconnected."""
    gone = threading.Event()

    async def watch() -> None:
        while not await request.is_disconnected():
            await asyncio.sleep(CHECK_CLIENT_EVERY_S)
        gone.set()

    watching = asyncio.create_task(watch())
    try:
        yield gone
    finally:
        watching.cancel()


async def _stream(
    queue: SearchQueue, brief: Brief, on_sale: PlanOffer, within_s: float
) -> AsyncIterator[str]:
    """`progress` events until the search ends, then an `answer` or a `problem`."""
    gone = threading.Event()
    steps: asyncio.Queue[SearchProgress | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def report(step: SearchProgress) -> None:
        loop.call_soon_threadsafe(steps.put_nowait, step)

    try:
        async with queue:
            search = asyncio.create_task(_search(brief, on_sale.offer, within_s, gone, report))
            search.add_done_callback(lambda _: steps.put_nowait(None))
            while (step := await steps.get()) is not None:
                yield _event("progress", json.dumps({"stage": step.stage, "done": step.done}))
            yield _event("answer", _encode(await search, brief, on_sale))
    except (SearchStopped, SearchQueueFull) as error:
        yield _event("problem", json.dumps({"status": 503, "detail": str(error)}))
    finally:
        gone.set()


def _encode(found: Outcome, brief: Brief, on_sale: PlanOffer) -> str:
    return plan_response(found, brief, on_sale).model_dump_json()


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"
