"""Orders against plays by location and hour: what was booked, shown, and seen. Hours are UTC.

A figure is null where it is unknown. Order columns are null for a creative that no line has
ordered; figures of plays are null for a line without a creative.
"""

from typing import Final

import pyarrow as pa

from cloud.lake.curated.audience import HOUR, count
from cloud.lake.tables import LakeColumn, LakeTable, Zone


def _text(name: str, description: str) -> LakeColumn:
    return LakeColumn(name, pa.string(), description, nullable=True)


CAMPAIGN_PERFORMANCE: Final = LakeTable(
    Zone.CURATED,
    "campaign_performance",
    (
        LakeColumn(
            "location", pa.string(), "present id of the location; as reported where no site has it"
        ),
        *HOUR,
        _text("order_id", "order; null: no line has ordered the creative"),
        _text("line_id", "line of the order"),
        count("line_version", "version of the line, the newest"),
        _text("account", "account that ordered"),
        _text("advertiser", "advertiser"),
        _text("campaign", "campaign"),
        _text("booking_status", "state of the line as OpenDirect names it"),
        _text("creative", "what was shown; null: the line has no creative"),
        _text("currency", "currency of the prices, ISO 4217"),
        count("booked_s", "booked time of loop positions: 3600 for one position and hour"),
        count("price_minor", "price of the booked time, in minor units of the currency"),
        count("ordered_plays_milli", "plays that the booked time holds, in thousandths"),
        count("cameras", "cameras that report the creative"),
        count("plays", "plays by the camera that reports most of them"),
        count("play_s", "their time: plays times the spot length of the location"),
        count("delivery_milli", "plays in thousandths of the ordered plays"),
        count("observed_ms", "camera time that was measured during the creative"),
        count("observed_share_milli", "observed_ms in thousandths of cameras times play time"),
        count("person_ms", "time of people in view during the creative"),
        count("facing_ms", "of it, with the face towards the camera"),
        count("looking_ms", "of it, with the head pointing at the screen"),
        count("unsure_ms", "time of people whose head could not be measured"),
        count("looking_share_milli", "looking_ms in thousandths of person_ms"),
        count("ots_milli", "plays times the average number of people in view, in thousandths"),
        count("looking_ots_milli", "plays times the average number looking, in thousandths"),
        count("measured_price_minor", "price_minor where ots_milli is known, else null"),
        count("cpm_minor", "price of a thousand opportunities to see, in minor units"),
        count("hour_observed_ms", "camera time of the hour that was measured", nullable=False),
        count("expected_ms", "camera time of all cameras that the sites file expects"),
        count("unattributed_ms", "of hour_observed_ms, time in which the creative is not known"),
        count("unattributed_person_ms", "time of people of the hour without their creative"),
        count("hour_visits", "all visits that ended in the hour; they are not split by creative"),
        count("hour_onlookers", "of them, engaged: people who looked for a second or more"),
        count("hour_dwell_ms", "time in view of all visits that ended in the hour"),
        count("attention_rate_milli", "hour_onlookers in thousandths of hour_visits"),
        count("dwell_mean_ms", "mean time in view of the visits that ended in the hour"),
    ),
    sort_by=("location", "hour", "order_id", "line_id", "creative"),
)
