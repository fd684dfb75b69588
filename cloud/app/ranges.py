"""An interval of a forecast as the API writes it."""

from pydantic import BaseModel, Field

from cloud.forecast.intervals.interval import Interval


class Range(BaseModel):
    """The value lies between `p10` and `p90` four times in five."""

    p10: float = Field(examples=[610.0])
    p50: float = Field(examples=[820.0])
    p90: float = Field(examples=[1090.0])


def range_of(interval: Interval, places: int) -> Range:
    """The interval, rounded to a number of decimal places."""
    return Range(
        p10=round(interval.p10, places),
        p50=round(interval.p50, places),
        p90=round(interval.p90, places),
    )
