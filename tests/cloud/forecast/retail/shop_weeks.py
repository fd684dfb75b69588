"""Weekly sales of a simulated chain as a panel, with the true elasticities."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from cloud.forecast.retail.panel import Floats, SalesPanel, number_week
from simulators.shops.chain import Chain, draw_chain
from simulators.shops.options import ChainOptions
from simulators.shops.price_paths import CLEARANCE, DEAL, FEATURE
from simulators.shops.sales import DaySales, SalesSimulation

MONDAY = date(2024, 1, 1)
WEEK = 7


@dataclass(frozen=True)
class ShopWeeks:
    """A panel whose `elasticities` are (products, stores)."""

    chain: Chain
    panel: SalesPanel
    elasticities: Floats


def simulate_weeks(
    seed: int = 1, products: int = 8, stores: int = 12, weeks: int = 80
) -> ShopWeeks:
    """A chain whose first day is a Monday; every day is recorded."""
    chain = draw_chain(ChainOptions(stores, products, weeks * WEEK, MONDAY, seed))
    days = list(SalesSimulation(chain).run())
    return ShopWeeks(chain, _build_panel(chain, days), chain.responses.own)


def _build_panel(chain: Chain, days: list[DaySales]) -> SalesPanel:
    """(weeks, products, stores) arrays, flattened."""
    units = _sum_weeks([day.units for day in days])
    revenue = _sum_weeks([day.units * day.price_minor for day in days])
    promotions = np.stack([day.promotion for day in days])
    plain = _sum_weeks([day.price_minor for day in days]) / WEEK
    week, product, store = (one.ravel() for one in np.indices(units.shape))
    cities = chain.stores.city
    competitor = np.stack([day.competitor_minor[:, cities] for day in days])
    cost = np.repeat(chain.paths.cost_minor[:, :, None], units.shape[2], axis=2)
    return SalesPanel(
        products=chain.products.names,
        stores=chain.stores.names,
        categories=tuple(str(one) for one in chain.products.category),
        product=product,
        store=store,
        week=week + number_week(MONDAY),
        units=units.ravel(),
        price_minor=np.divide(revenue, units, out=plain, where=units > 0).ravel(),
        deal=(_sum_weeks(np.isin(promotions, (DEAL, CLEARANCE))) / WEEK).ravel(),
        feature=(_sum_weeks(promotions == FEATURE) / WEEK).ravel(),
        holiday=(_sum_weeks([_is_holiday(day) for day in days]) / WEEK).ravel(),
        cost_minor=(_sum_weeks(cost) / WEEK).ravel(),
        competitor_price_minor=(_sum_weeks(competitor) / WEEK).ravel(),
        is_censored=(_sum_weeks([day.is_stocked_out for day in days]) > 0).ravel(),
    )


def _is_holiday(day: DaySales) -> np.ndarray:
    return np.full(day.units.shape, day.holiday is not None)


def _sum_weeks(values: object) -> Floats:
    days = np.asarray(values, np.float64)
    return days.reshape(-1, WEEK, *days.shape[1:]).sum(axis=1)
