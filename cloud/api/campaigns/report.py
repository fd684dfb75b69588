"""`/api/campaigns/{campaign}/report.pdf`: the performance of a campaign as a PDF."""

from collections.abc import Iterable
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.campaigns.callers import CallerOf, CampaignId
from cloud.api.campaigns.documents import (
    CostDocument,
    DemographicsDocument,
    HistoryDocument,
    IntervalDocument,
    PerformanceDocument,
    TotalsDocument,
)
from cloud.api.campaigns.listing import read_campaign
from cloud.api.campaigns.observation import ObservationDocument, describe_observation
from cloud.api.campaigns.performance import PartBy, Step, read_history, read_performance_document
from cloud.app.context import AppContext
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, Caller, allow_roles
from cloud.campaigns.observation.camera_time import read_observation
from cloud.pdf_document import write_day, write_pdf_document

TEMPLATE: Final = Path(str(files("cloud.api.campaigns") / "report.typ"))
PDF: Final = "application/pdf"
UNKNOWN: Final = "not known"
MOST_PARTS: Final = 200
HOUR_S: Final = 3_600

router = APIRouter(tags=["campaigns"], dependencies=[allow_roles(*EVERYBODY)])


@router.get(
    "/api/campaigns/{campaign}/report.pdf",
    response_class=Response,
    responses={
        200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}},
        **problem_responses(*REFUSALS, 404, 422, 500, 503),
    },
)
async def get_report(request: Request, campaign: CampaignId, who: CallerOf) -> Response:
    """Return delivery, audience, costs, pacing and observed time until now as a PDF."""

    def write() -> Response:
        found = read_performance_document(request, campaign, who, PartBy.LOCATION, None)
        _, history = read_history(request, campaign, who, Step.DAY)
        observation = _read_observation(request, campaign, who)
        values = describe_report(found, history, observation)
        content = write_pdf_document(TEMPLATE, values, found.at.date())
        name = f'attachment; filename="{campaign}-report.pdf"'
        return Response(content, media_type=PDF, headers={"content-disposition": name})

    return await run_in_threadpool(write)


def _read_observation(request: Request, campaign: str, who: Caller) -> ObservationDocument:
    context: AppContext = get_context(request)
    lines = read_campaign(context, campaign, who).lines.values()
    with database.reading(context.engine) as connection:
        return describe_observation(
            read_observation(connection, context.sites, lines, context.clock())
        )


def describe_report(
    found: PerformanceDocument, history: HistoryDocument, observation: ObservationDocument
) -> dict[str, Any]:
    """The values of the template: texts only. What is not known says so; it is never zero."""
    currency = " and ".join(found.currencies)
    return {
        "title": f"Campaign report: {found.name}",
        "made": [found.at.year, found.at.month, found.at.day],
        "advertiser": found.advertiser,
        "facts": _list_facts(found),
        "currency": currency,
        "totals": list(_list_totals(found.totals, currency)),
        "pacing": list(_list_pacing(found)),
        "observation": list(_list_observation(observation)),
        "parts": [
            [one.key, *_list_short(one)] for one in found.parts[:MOST_PARTS]
        ],
        "days": [
            [write_day(one.starts_at.date()), *_list_short(one)] for one in history.steps
        ],
        "groups": _list_groups(found.demographics),
        "demographics_note": _note_demographics(found.demographics),
    }  # fmt: skip


def _list_facts(found: PerformanceDocument) -> list[tuple[str, str]]:
    first, last = (write_day(one.date()) for one in (found.starts_at, found.ends_at))
    return [
        ("Advertiser", found.advertiser),
        ("Flight", f"{first} to {last}"),
        ("Orders", ", ".join(found.orders)),
        ("Figures until", f"{found.at:%Y-%m-%d %H:%M} UTC"),
        ("State", "final" if found.is_final else "late reports may still change it"),
    ]


def _list_totals(totals: TotalsDocument, currency: str) -> Iterable[tuple[str, str]]:
    yield "Plays", f"{totals.plays:,} of {totals.booked_plays:,.0f} booked"
    yield "Plays that nobody reported", f"{totals.unknown_plays:,.0f}"
    yield "Opportunities to see", _write_interval(totals.ots)
    yield "Viewers", _write_interval(totals.viewers)
    yield "Attention seconds", _write_interval(totals.attention_s)
    yield "Observed part of the time of all plays", _write_share(totals.observed_share)
    yield f"Price of the booked time, {currency}", _write_amount(totals.price)
    yield f"Cost per thousand OTS, {currency}", _write_interval(totals.cost_per_thousand)
    attention = totals.cost_per_thousand_attention_s
    yield f"Cost per thousand attention seconds, {currency}", _write_interval(attention)


def _list_pacing(found: PerformanceDocument) -> Iterable[tuple[str, str]]:
    pacing = found.pacing
    yield "Goal, OTS", f"{pacing.goal_ots:,.0f}"
    yield "Expected by now", _write_share(pacing.expected_share)
    yield "Delivered", _write_interval(pacing.delivered_share)
    yield "Delivered against expected", _write_interval(pacing.ratio)
    yield "Projected at the end, OTS", _write_interval(pacing.projected_ots)


def _list_observation(found: ObservationDocument) -> Iterable[tuple[str, str]]:
    yield "Observed", _write_hours(found.observed_s)
    for cause, seconds in found.unobserved_s.items():
        yield f"Not observed: {cause}", _write_hours(seconds)
    yield "Not reported", _write_hours(found.unreported_s)


def _list_short(totals: TotalsDocument) -> list[str]:
    intervals = (totals.ots, totals.viewers, totals.attention_s)
    middles = [UNKNOWN if one is None else f"{one.value:,.0f}" for one in intervals]
    return [f"{totals.plays:,}", *middles, _write_share(totals.observed_share)]


def _list_groups(found: DemographicsDocument | None) -> list[list[str]]:
    if found is None:
        return []
    return [[one.age, one.gender, f"{one.visits:,}", f"{one.share:.0%}"] for one in found.groups]


def _note_demographics(found: DemographicsDocument | None) -> str:
    if found is None:
        return "Not measured: no camera of the campaign estimates age and gender."
    few = found.suppressed_visits
    return (
        "Visitors of the hours and places of the campaign. "
        f"{'Fewer than ten' if few is None else f'{few:,}'} visits are in groups that are not "
        "shown, since one of them has fewer than ten."
    )


def _write_interval(found: IntervalDocument | CostDocument | None) -> str:
    if found is None:
        return UNKNOWN
    middle, low, high = map(_write_number, (found.value, found.low, found.high))
    return f"{middle} (P10 {low}, P90 {high})"


def _write_number(number: float | Decimal) -> str:
    if isinstance(number, Decimal):
        return f"{number:,}"
    return f"{number:,.0f}" if abs(number) >= 10 else f"{number:,.3g}"


def _write_share(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share:.1%}"


def _write_amount(amount: Decimal | None) -> str:
    return UNKNOWN if amount is None else f"{amount:,}"


def _write_hours(seconds: float) -> str:
    return f"{seconds / HOUR_S:,.1f} camera hours"
