"""Campaigns, delivery and performance as JSON documents.

Costs are in the currency of the campaign. Limits are P10 and P90. A figure that is not known is
null.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, Field

from cloud.booking.order_line import BookingStatus
from cloud.campaigns.booked_hours import CampaignLine
from cloud.campaigns.campaign import Campaign
from cloud.campaigns.delivery import is_final
from cloud.campaigns.demographics import CampaignDemographics
from cloud.campaigns.pacing import Pacing
from cloud.campaigns.performance import Performance, compute_cost, compute_roi
from cloud.campaigns.totals import DeliveryTotals
from cloud.database import EPOCH
from cloud.forecast.intervals.interval import Interval
from cloud.money import major, minor

DIGITS: Final = 3


class IntervalDocument(BaseModel):
    """A figure with its limits: P10 and P90."""

    value: float = Field(examples=[5100.0])
    low: float = Field(examples=[4700.0], description="P10")
    high: float = Field(examples=[5600.0], description="P90")

    @classmethod
    def of(cls, found: Interval | None) -> "IntervalDocument | None":
        """From quantiles."""
        if found is None:
            return None
        low, value, high = (round(one, DIGITS) for one in (found.p10, found.p50, found.p90))
        return cls(value=value, low=low, high=high)


class CostDocument(BaseModel):
    """A cost per thousand with its limits, in the currency of the campaign."""

    value: Decimal = Field(examples=["12.40"])
    low: Decimal = Field(examples=["11.10"])
    high: Decimal = Field(examples=["14.00"])

    @classmethod
    def of(cls, found: Interval | None, currency: str) -> "CostDocument | None":
        """From quantiles in minor units."""
        if found is None:
            return None
        low, value, high = (
            major(round(one), currency) for one in (found.p10, found.p50, found.p90)
        )
        return cls(value=value, low=low, high=high)


class RoiDocument(BaseModel):
    """Return on investment with its limits: 0.25 is a quarter more than the cost."""

    value: Decimal
    low: Decimal
    high: Decimal


class MeasuredDocument(BaseModel):
    """Only what cameras measured, as in the mart `campaign_performance`."""

    plays: int
    ots: float
    viewers: float
    attention_s: float = Field(description="time of people looking, in observed camera time")
    person_s: float
    cost_per_thousand: Decimal | None = Field(description="price of a thousand measured OTS")
    cost_per_thousand_attention_s: Decimal | None
    priced_share: float | None = Field(description="part of the price whose OTS are measured")


class TotalsDocument(BaseModel):
    """Delivery and audience of some hours, estimated where they were not observed."""

    plays: int = Field(description="plays that a camera or a play log has reported")
    booked_plays: float
    unknown_plays: float = Field(
        description="booked plays of hours in which neither a camera nor a log reports"
    )
    logged_plays: int
    estimated_plays: int = Field(description="plays whose audience is estimated")
    delivery_share: float | None
    observed_share: float | None = Field(description="observed part of the time of all plays")
    ots: IntervalDocument | None = Field(description="opportunities to see")
    viewers: IntervalDocument | None = Field(description="plays times people looking on average")
    attention_s: IntervalDocument | None
    price: Decimal | None = Field(description="price of the booked time; null: several currencies")
    cost_per_thousand: CostDocument | None
    cost_per_thousand_attention_s: CostDocument | None
    measured: MeasuredDocument


class PacingDocument(BaseModel):
    """What was delivered against what the forecast of the audience expects by now."""

    goal_ots: float
    expected_share: float | None
    delivered_share: IntervalDocument | None
    ratio: IntervalDocument | None = Field(description="1: as expected")
    play_rate: float
    projected_ots: IntervalDocument
    projected_share: IntervalDocument | None


class VisitorGroupDocument(BaseModel):
    """Visits of one age group and gender."""

    age: str = Field(examples=["25-34"])
    gender: str = Field(examples=["female"])
    visits: int
    onlookers: int
    share: float


class DemographicsDocument(BaseModel):
    """Visitors of the hours and places in which the campaign was shown."""

    described_visits: int | None = Field(description="null: fewer than ten")
    suppressed_visits: int | None = Field(
        description="in groups of fewer than ten, and in those from which they would follow; null: "
        "fewer than ten"
    )
    groups: list[VisitorGroupDocument]


class CampaignLineDocument(BaseModel):
    """A line of a campaign."""

    line_id: str = Field(examples=["SO-1-1"])
    order_id: str = Field(examples=["SO-1"])
    booking_status: BookingStatus
    location: str = Field(examples=["KX-01"])
    starts_at: datetime
    ends_at: datetime
    positions: int
    creatives: list[str]


class CampaignSummary(BaseModel):
    """A campaign without its figures."""

    id: str = Field(examples=["6d1c0e7be7c64a0f9a40a3f0d1a2b3c4"])
    account: str = Field(examples=["acme"])
    advertiser: str = Field(examples=["Acme"])
    name: str = Field(examples=["Winter"])
    starts_at: datetime
    ends_at: datetime
    is_running: bool
    currencies: list[str]
    orders: list[str]


class CampaignPage(BaseModel):
    """One page; campaigns that end last come first."""

    campaigns: list[CampaignSummary]
    next: str | None = Field(description="`after` of the next page; null on the last")


class CampaignDetail(CampaignSummary):
    """A campaign with its lines."""

    lines: list[CampaignLineDocument]


class PartDocument(TotalsDocument):
    """The totals of one line, creative or location."""

    key: str = Field(examples=["SO-1-1"])


class PerformanceDocument(CampaignSummary):
    """The performance of a campaign until `at`."""

    at: datetime
    is_final: bool = Field(description="late reports can no longer change it")
    totals: TotalsDocument
    pacing: PacingDocument
    roi: RoiDocument | None = Field(description="null: no value was stated")
    demographics: DemographicsDocument | None = Field(description="null: not measured")
    parts: list[PartDocument]


class HistoryStep(TotalsDocument):
    """The totals of one UTC day or hour."""

    starts_at: datetime


class HistoryDocument(BaseModel):
    """The history of a campaign, oldest first; steps without booked time are absent."""

    campaign: str
    step: str
    at: datetime
    steps: list[HistoryStep]


def describe_campaign(campaign: Campaign, now: datetime) -> dict[str, Any]:
    """The values of a `CampaignSummary`."""
    return {
        "id": campaign.id,
        "account": campaign.account,
        "advertiser": campaign.advertiser,
        "name": campaign.name,
        "starts_at": campaign.starts_at,
        "ends_at": campaign.ends_at,
        "is_running": campaign.is_running(now),
        "currencies": list(campaign.currencies),
        "orders": list(campaign.order_ids),
    }


def describe_line(line: CampaignLine) -> CampaignLineDocument:
    """A line as a document."""
    values = {name: getattr(line, name) for name in CampaignLineDocument.model_fields}
    return CampaignLineDocument(**{**values, "creatives": list(line.creatives)})


def describe_totals(totals: DeliveryTotals, currencies: tuple[str, ...]) -> dict[str, Any]:
    """The values of a `TotalsDocument`."""
    currency = currencies[0] if len(currencies) == 1 else None
    ots, attention = totals.ots.interval, totals.attention_s.interval
    booked = totals.ordered_milli / 1_000
    has_audience = totals.has_audience
    price = totals.price_minor
    return {
        "plays": totals.plays,
        "booked_plays": booked,
        "unknown_plays": totals.unknown_milli / 1_000,
        "logged_plays": totals.logged_plays,
        "estimated_plays": totals.estimated_plays,
        "delivery_share": round(totals.plays / booked, DIGITS) if booked else None,
        "observed_share": _rounded(totals.observed_share),
        "ots": IntervalDocument.of(ots) if has_audience else None,
        "viewers": IntervalDocument.of(totals.viewers.interval) if has_audience else None,
        "attention_s": IntervalDocument.of(attention) if has_audience else None,
        "price": major(price, currency) if currency else None,
        "cost_per_thousand": CostDocument.of(compute_cost(price, ots), currency)
        if currency
        else None,
        "cost_per_thousand_attention_s": CostDocument.of(compute_cost(price, attention), currency)
        if currency
        else None,
        "measured": _describe_measured(totals, currency),
    }


def _describe_measured(totals: DeliveryTotals, currency: str | None) -> MeasuredDocument:
    measured = totals.measured
    return MeasuredDocument(
        plays=measured.plays,
        ots=measured.ots_milli / 1_000,
        viewers=measured.looking_ots_milli / 1_000,
        attention_s=measured.looking_ms / 1_000,
        person_s=measured.person_ms / 1_000,
        cost_per_thousand=_cost(measured.ots_price_minor, measured.ots_milli, currency),
        cost_per_thousand_attention_s=_cost(
            measured.looking_price_minor, measured.looking_ms, currency
        ),
        priced_share=_rounded(
            measured.ots_price_minor / totals.price_minor if totals.price_minor else None
        ),
    )


def _cost(price_minor: int, thousandths: int, currency: str | None) -> Decimal | None:
    """The price of a thousand, rounded down as in the mart."""
    if not thousandths or currency is None:
        return None
    return major(1_000_000 * price_minor // thousandths, currency)


def describe_performance(
    found: Performance, parts: Mapping[str, DeliveryTotals], value_per_thousand: Decimal | None
) -> PerformanceDocument:
    """A performance as a document; `value_per_thousand` is what the advertiser states."""
    campaign, totals = found.campaign, found.totals
    currencies = campaign.currencies
    roi = None
    if value_per_thousand is not None and len(currencies) == 1:
        value = Decimal(minor(value_per_thousand, currencies[0]))
        roi = compute_roi(totals.price_minor, totals.ots.interval, value)
    return PerformanceDocument(
        **describe_campaign(campaign, found.at),
        at=found.at,
        is_final=all(is_final(line, found.at) for line in campaign.sold_lines.values()),
        totals=TotalsDocument(**describe_totals(totals, currencies)),
        pacing=_describe_pacing(found.pacing),
        roi=None if roi is None else RoiDocument(low=roi[0], value=roi[1], high=roi[2]),
        demographics=_describe_demographics(found.demographics),
        parts=[
            PartDocument(key=key, **describe_totals(part, currencies))
            for key, part in parts.items()
        ],
    )


def _describe_pacing(pacing: Pacing) -> PacingDocument:
    projected = IntervalDocument.of(pacing.projection)
    assert projected is not None
    return PacingDocument(
        goal_ots=round(pacing.goal_ots, DIGITS),
        expected_share=_rounded(pacing.expected_share),
        delivered_share=IntervalDocument.of(pacing.delivered_share),
        ratio=IntervalDocument.of(pacing.ratio),
        play_rate=round(pacing.play_rate, DIGITS),
        projected_ots=projected,
        projected_share=IntervalDocument.of(pacing.projected_share),
    )


def _describe_demographics(found: CampaignDemographics | None) -> DemographicsDocument | None:
    if found is None:
        return None
    return DemographicsDocument(
        described_visits=found.described_visits,
        suppressed_visits=found.suppressed_visits,
        groups=[
            VisitorGroupDocument(
                age=one.age, gender=one.gender, visits=one.visits, onlookers=one.onlookers,
                share=round(one.share, DIGITS),
            )
            for one in found.groups
        ],
    )  # fmt: skip


def describe_history(
    campaign: Campaign, step: str, at: datetime, steps: Iterable[tuple[int, DeliveryTotals]]
) -> HistoryDocument:
    """The history of a campaign; a step starts at seconds since 1970."""
    return HistoryDocument(
        campaign=campaign.id,
        step=step,
        at=at,
        steps=[
            HistoryStep(
                starts_at=EPOCH + timedelta(seconds=starts_at),
                **describe_totals(totals, campaign.currencies),
            )
            for starts_at, totals in steps
        ],
    )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, DIGITS)
