"""The truth of a simulated chain as a JSON document: what estimates are compared with."""

from typing import Any, Final

import numpy as np

from simulators.shops.chain import Chain
from simulators.shops.options import Floats
from simulators.shops.responses import WEEKDAYS

DIGITS: Final = 5


def describe_truth(chain: Chain) -> dict[str, Any]:
    """Elasticities, lifts, shares and baselines; elasticities are of demand on the same day."""
    options = chain.options
    return {
        "options": {
            "stores": options.stores, "products": options.products, "days": options.days,
            "first_on": options.first_on.isoformat(), "seed": options.seed,
        },
        "weekdays": [_round(value) for value in WEEKDAYS],
        "products": [_describe_product(chain, number) for number in range(options.products)],
        "series": _describe_series(chain),
    }  # fmt: skip


def _describe_product(chain: Chain, number: int) -> dict[str, Any]:
    responses, products = chain.responses, chain.products
    cross = {
        products.names[other]: _round(value)
        for other, value in enumerate(responses.cross[number])
        if value
    }
    return {
        "product": products.names[number],
        "reference_price_minor": int(products.reference_minor[number]),
        "cross_elasticities": cross,
        "competitor_elasticity": _round(responses.competitor[number]),
        "deal_lift": _round(responses.deal_lift[number]),
        "feature_lift": _round(responses.feature_lift[number]),
        "holiday_lift": _round(responses.holiday_lift[number]),
        "stockpiling_share": _round(responses.stockpiling_share[number]),
        "season_amplitude": _round(products.season_share[number]),
        "season_peak_day": round(float(products.season_day[number])),
    }


def _describe_series(chain: Chain) -> list[dict[str, Any]]:
    """Own elasticity and weekly units at the reference price, by product and store."""
    weekly: Floats = chain.responses.baseline * np.exp(WEEKDAYS).sum()
    return [
        {
            "product": product,
            "store": store,
            "elasticity": _round(chain.responses.own[row, column]),
            "baseline_units": _round(weekly[row, column]),
        }
        for row, product in enumerate(chain.products.names)
        for column, store in enumerate(chain.stores.names)
    ]


def _round(value: float) -> float:
    return round(float(value), DIGITS)
