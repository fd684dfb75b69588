"""All tables of the marts."""

from typing import Final

from cloud.lake.curated.audience import AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS
from cloud.lake.curated.benchmarks import LOCATION_BENCHMARKS
from cloud.lake.curated.campaigns import CAMPAIGN_PERFORMANCE
from cloud.lake.curated.demographics import LOCATION_DEMOGRAPHICS
from cloud.lake.curated.pricing import PRICING_HISTORY
from cloud.lake.curated.profiles import LOCATION_PROFILES
from cloud.lake.curated.seasons import LOCATION_SEASONS
from cloud.lake.tables import LakeTable

CURATED_TABLES: Final[tuple[LakeTable, ...]] = (
    AUDIENCE_METRICS,
    AUDIENCE_DEMOGRAPHICS_HOURLY,
    CAMPAIGN_PERFORMANCE,
    LOCATION_PROFILES,
    LOCATION_DEMOGRAPHICS,
    LOCATION_BENCHMARKS,
    LOCATION_SEASONS,
    PRICING_HISTORY,
)
