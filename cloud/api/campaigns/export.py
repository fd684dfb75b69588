"""`/api/campaigns/{campaign}/performance.csv` and `/history.csv`: the figures as CSV files.

A figure that is not known is an empty field. Costs are in the currency of the campaign.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from cloud.api.campaigns.callers import CallerOf, CampaignId
from cloud.api.campaigns.documents import CostDocument, IntervalDocument, TotalsDocument
from cloud.api.campaigns.performance import PartBy, Step, read_history, read_performance_document
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.server.csv_answer import CSV_CONTENT, answer_csv
from cloud.auth.access import EVERYBODY, allow_roles

PLAIN: Final = (
    "plays", "booked_plays", "unknown_plays", "estimated_plays", "delivery_share",
    "observed_share", "price",
)  # fmt: skip
INTERVALS: Final = (
    "ots", "viewers", "attention_s", "cost_per_thousand", "cost_per_thousand_attention_s",
)  # fmt: skip
FIGURES: Final = (
    *PLAIN,
    *(f"{name}{end}" for name in INTERVALS for end in ("", "_p10", "_p90")),
    "currency",
)
TOTAL: Final = "total"

router = APIRouter(tags=["campaigns"], dependencies=[allow_roles(*EVERYBODY)])
RESPONSES: Final = {**CSV_CONTENT, **problem_responses(*REFUSALS, 404, 422, 500, 503)}


@router.get(
    "/api/campaigns/{campaign}/performance.csv", response_class=Response, responses=RESPONSES
)
async def export_performance(
    request: Request,
    campaign: CampaignId,
    who: CallerOf,
    by: Annotated[PartBy, Query(description="what the rows are")] = PartBy.LINE,
) -> Response:
    """Export delivery, audience and costs until now: one row for each part, and their total."""

    def export() -> Response:
        found = read_performance_document(request, campaign, who, by, None)
        currency = _only(found.currencies)
        rows = [(part.key, *list_figures(part, currency)) for part in found.parts]
        rows.append((TOTAL, *list_figures(found.totals, currency)))
        return answer_csv(f"{campaign}-performance", (by.value, *FIGURES), rows)

    return await run_in_threadpool(export)


@router.get("/api/campaigns/{campaign}/history.csv", response_class=Response, responses=RESPONSES)
async def export_history(
    request: Request, campaign: CampaignId, who: CallerOf, step: Step = Step.DAY
) -> Response:
    """Export delivery and audience of each UTC day or hour with booked time."""

    def export() -> Response:
        currencies, found = read_history(request, campaign, who, step)
        rows: list[tuple[datetime | str | object, ...]] = [
            (one.starts_at, *list_figures(one, _only(currencies))) for one in found.steps
        ]
        return answer_csv(f"{campaign}-history", ("starts_at", *FIGURES), rows)

    return await run_in_threadpool(export)


def list_figures(totals: TotalsDocument, currency: str | None) -> tuple[object, ...]:
    """The figures of a row, in the order of `FIGURES`."""
    plain = tuple(getattr(totals, name) for name in PLAIN)
    intervals = (value for name in INTERVALS for value in _spread(getattr(totals, name)))
    return (*plain, *intervals, currency)


def _spread(found: IntervalDocument | CostDocument | None) -> tuple[object, ...]:
    return (None, None, None) if found is None else (found.value, found.low, found.high)


def _only(currencies: Sequence[str]) -> str | None:
    return currencies[0] if len(currencies) == 1 else None
