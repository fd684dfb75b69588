"""Sales of shops by week, and features of each SKU in each store by day.

Amounts are minor units of the base currency, ratios basis points (1/10000) or thousandths; a figure
is null where it is unknown. The brackets of a description name the source: points are
`trusted.retail_price_points`, weekly is `curated.retail_weekly`, stores the list of stores.
"""

from typing import Final

import pyarrow as pa

from cloud.lake.curated.audience import count
from cloud.lake.tables import TIMESTAMP, LakeColumn, LakeTable, Zone

KEY: Final = (
    LakeColumn("product", pa.string(), "product, as the list of products has it"),
    LakeColumn("sku", pa.string(), "stock-keeping unit of the product"),
    LakeColumn("store", pa.string(), "store, as the list of stores has it"),
)

RETAIL_WEEKLY: Final = LakeTable(
    Zone.CURATED,
    "retail_weekly",
    (
        *KEY,
        LakeColumn("week_on", pa.date32(), "Monday of the week in UTC; the partition as well"),
        LakeColumn("region", pa.string(), "region of the store", nullable=True),
        LakeColumn("category", pa.string(), "category of the product, a path", nullable=True),
        LakeColumn("currency", pa.string(), "base currency of all amounts"),
        count("observed_days", "days with a point; a missing day is unknown", nullable=False),
        count("points", "price points", nullable=False),
        count("outlier_points", "of them, promotions far from the usual price", nullable=False),
        count("units", "units sold on observed days", nullable=False),
        count("revenue_minor", "revenue of them", nullable=False),
        count("price_minor", "mean price paid for a unit; of points without sales, their mean"),
        count("list_price_minor", "mean price before discounts"),
        count("cost_minor", "mean cost"),
        count("competitor_price_minor", "mean known price of the competitor"),
        count("deal_days", "observed days with a deal or clearance", nullable=False),
        count("feature_days", "observed days with an advertisement", nullable=False),
        count("holiday_days", "observed days that are holidays", nullable=False),
        count("stockout_days", "days without stock at some time", nullable=False),
        count("inventory_end", "newest known stock of the week, units"),
        LakeColumn("received_at", TIMESTAMP, "when the newest of its points was received"),
    ),
    sort_by=("product", "sku", "store"),
)

RETAIL_FEATURES: Final = LakeTable(
    Zone.CURATED,
    "retail_features",
    (
        *KEY,
        LakeColumn("region", pa.string(), "region of the store (points)", nullable=True),
        LakeColumn(
            "category",
            pa.string(),
            "category of the product, a path (points)",
            nullable=True,
        ),
        LakeColumn("currency", pa.string(), "base currency of all amounts (points)", nullable=True),
        count("price_minor", "price of the newest observed day, minor units (points)"),
        count("list_price_minor", "list price of that day, minor units (points)"),
        count("cost_minor", "cost of that day, minor units (points)"),
        count(
            "data_age_days",
            "days from the newest observed day to the day of the row (points)",
            nullable=False,
        ),
        count("margin_bp", "margin of the newest price, basis points of it (points)"),
        count(
            "discount_bp",
            "discount of the newest price, basis points of the list price (points)",
        ),
        count("observed_days_7d", "days with a point in the last 7 (points)"),
        count("observed_days_30d", "days with a point in the last 30 (points)"),
        count("observed_days_90d", "days with a point in the last 90 (points)"),
        count(
            "price_avg_7d_minor",
            "mean price of observed days in the last 7, minor units (points)",
        ),
        count(
            "price_avg_30d_minor",
            "mean price of observed days in the last 30, minor units (points)",
        ),
        count(
            "price_avg_90d_minor",
            "mean price of observed days in the last 90, minor units (points)",
        ),
        count(
            "units_day_avg_7d_milli",
            "units of an observed day in the last 7 on average, thousandths (points)",
        ),
        count(
            "units_day_avg_30d_milli",
            "units of an observed day in the last 30 on average, thousandths (points)",
        ),
        count(
            "units_day_avg_90d_milli",
            "units of an observed day in the last 90 on average, thousandths (points)",
        ),
        count("revenue_7d_minor", "revenue of observed days in the last 7, minor units (points)"),
        count("revenue_30d_minor", "revenue of observed days in the last 30, minor units (points)"),
        count("revenue_90d_minor", "revenue of observed days in the last 90, minor units (points)"),
        count(
            "price_median_90d_minor",
            "median price of observed days in the last 90, minor units (points)",
        ),
        count("price_min_90d_minor", "lowest price of them (points)"),
        count("price_max_90d_minor", "highest price of them (points)"),
        count("price_sd_90d_minor", "standard deviation of them, minor units (points)"),
        count("units_sd_90d", "standard deviation of units of a day in the last 90 (points)"),
        count(
            "price_to_avg_90d_bp",
            "newest price against the mean of 90 days, basis points (points)",
        ),
        count(
            "price_position_90d_bp",
            "newest price between the lowest (0) and the highest (10000) of 90 days (points)",
        ),
        count("margin_30d_bp", "margin of the last 30 days, basis points of revenue (points)"),
        count("discount_avg_30d_bp", "mean discount of the last 30 days, basis points (points)"),
        count("discount_max_90d_bp", "largest discount of the last 90 days, basis points (points)"),
        count(
            "units_change_7d_bp",
            "units of a day in the last 7 against the 7 before, basis points: velocity (points)",
        ),
        count("revenue_change_7d_bp", "revenue of a day, likewise (points)"),
        count("price_change_7d_bp", "mean price, likewise (points)"),
        count(
            "units_change_30d_bp",
            "units of a day in the last 30 against the 30 before, basis points (points)",
        ),
        count(
            "units_change_week_bp",
            "units of the last whole week against the one before, basis points (weekly)",
        ),
        count(
            "price_change_week_bp",
            "price of the last whole week against the one before, basis points (weekly)",
        ),
        count("price_changes_90d", "days on which the price changed in the last 90 (points)"),
        count(
            "days_since_price_change",
            "days since the newest of them; null without one (points)",
        ),
        count("deal_days_90d", "days with a deal or clearance in the last 90 (points)"),
        count("feature_days_90d", "days with an advertisement in the last 90 (points)"),
        count("promotion_days_30d", "days with any promotion in the last 30 (points)"),
        count("holiday_days_30d", "holidays in the last 30 days (points)"),
        count(
            "promotion_lift_bp",
            "units of a promoted week against others of 52, basis points (weekly)",
        ),
        count("inventory", "newest known stock, units (points)"),
        count(
            "stock_cover_days_milli",
            "days that the stock lasts at the sales of the last 30 days, thousandths (points)",
        ),
        count("stockout_days_30d", "days without stock at some time in the last 30 (points)"),
        count(
            "competitor_price_minor",
            "newest known price of the competitor, minor units (points)",
        ),
        count("competitor_gap_bp", "own newest price against it, basis points (points)"),
        count(
            "competitor_gap_avg_30d_bp",
            "mean own price against the competitor's in the last 30 days, basis points (points)",
        ),
        count(
            "competitor_lower_days_30d",
            "days on which the competitor was cheaper in the last 30 (points)",
        ),
        count(
            "competitor_days_30d",
            "days with a known price of the competitor in the last 30 (points)",
        ),
        count(
            "competitor_changes_90d",
            "days on which the competitor's price changed in the last 90 (points)",
        ),
        count(
            "competitor_follows_bp",
            "own changes that the competitor followed within 7 observed days, basis points "
            "(points)",
        ),
        count(
            "reaction_bp",
            "changes of the competitor that the own price followed within 7 observed days, "
            "basis points (points)",
        ),
        count(
            "season_weeks",
            "whole weeks of the season of the day, in this year and the last two, that the "
            "next ten columns use (weekly)",
        ),
        count("season_price_avg_minor", "mean weekly price in the season, minor units (weekly)"),
        count("season_price_median_minor", "median of them (weekly)"),
        count("season_price_min_minor", "lowest of them (weekly)"),
        count("season_price_max_minor", "highest of them (weekly)"),
        count("season_price_sd_minor", "standard deviation of them (weekly)"),
        count("season_units_avg_milli", "mean units of a week in the season, thousandths (weekly)"),
        count("season_units_median", "median of them (weekly)"),
        count("season_units_min", "lowest of them (weekly)"),
        count("season_units_max", "highest of them (weekly)"),
        count("season_units_sd", "standard deviation of them (weekly)"),
        count("observed_weeks_52w", "weeks with a row in the last 52 (weekly)"),
        count(
            "units_week_avg_52w_milli",
            "mean units of a week in the last 52, thousandths (weekly)",
        ),
        count("units_week_sd_52w", "standard deviation of them (weekly)"),
        count("weeks_without_sales_52w", "weeks with a row and no units in the last 52 (weekly)"),
        count(
            "seasonal_factor_bp",
            "units of the same five weeks a year ago, basis points of the year around them; "
            "null without that year (weekly)",
        ),
        count(
            "holiday_factor_bp",
            "units of weeks with a holiday, basis points of the others (weekly)",
        ),
        count(
            "elasticity_milli",
            "slope of log units on log price in 104 weeks, thousandths, without controls: "
            "descriptive; null with less than 8 weeks (weekly)",
        ),
        count("elasticity_weeks", "weeks that it uses: with sales, without stock-out (weekly)"),
        count(
            "elasticity_r2_bp",
            "share of the variance of log units that it explains, basis points (weekly)",
        ),
        count(
            "product_elasticity_milli",
            "the same over all stores of the product, within stores (weekly)",
        ),
        count(
            "product_stores",
            "stores that sold the SKU in the last 90 days (points)",
            nullable=False,
        ),
        count(
            "region_price_gap_bp",
            "newest price against the mean of the stores of the region, basis points (points)",
        ),
        count(
            "category_price_gap_bp",
            "newest price against the mean of the category in the store, basis points (points)",
        ),
        count(
            "region_units_share_bp",
            "units of the last 30 days, basis points of those of the region (points)",
        ),
        LakeColumn(
            "store_setting",
            pa.string(),
            "`urban`, `suburban` or `rural`; null where unknown (stores)",
            nullable=True,
        ),
        count("purchasing_power_index", "of the store's surroundings, 100 is average (stores)"),
        count(
            "stores_within_10km",
            "other stores of the list within 10 km: density of competition (stores)",
        ),
        LakeColumn(
            "first_received_on",
            pa.date32(),
            "day on which the oldest point of the 90 days was received (points)",
            nullable=False,
        ),
    ),
    sort_by=("product", "sku", "store"),
)

RETAIL_TABLES: Final = (RETAIL_WEEKLY, RETAIL_FEATURES)
