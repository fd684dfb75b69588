"""The public price data beside the project; a test that uses it is skipped where it is absent."""

import csv
import functools
import gzip
from pathlib import Path

import numpy as np
import pytest

from cloud.forecast.retail.panel import SalesPanel, encode

DATA = Path(__file__).resolve().parents[5] / "shared" / "data" / "pricing"
LAST_TUNED_WEEK = 140
"""Settings were chosen on the weeks up to it; the later ones are the hold-out."""


@functools.cache
def read_orange_juice() -> SalesPanel:
    """Eleven brands of orange juice in 83 stores, weeks 40 to 160."""
    path = DATA / "oj_dominicks.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is not here: the data are not part of the project")
    with gzip.open(path, "rt") as lines:
        rows = np.genfromtxt(lines, delimiter=",", names=True)
    products, product = encode([f"{int(one):02}" for one in rows["brand"]])
    stores, store = encode([f"{int(one):03}" for one in rows["store"]])
    price, unknown = rows["pack_price"] * 100, np.full(len(rows), np.nan)
    return SalesPanel(
        products=products,
        stores=stores,
        categories=("juice/orange",) * len(products),
        product=product,
        store=store,
        week=rows["week"].astype(np.int64),
        units=np.exp(rows["log_units"]),
        price_minor=price,
        deal=rows["deal"],
        feature=rows["feat"],
        holiday=np.zeros(len(rows)),
        cost_minor=price * (1 - rows["gross_margin_pct"] / 100),
        competitor_price_minor=unknown,
        is_censored=np.zeros(len(rows), dtype=bool),
    )


def read_avocados(kind: str) -> dict[str, np.ndarray]:
    """Log price, log units, market and week of one kind of avocado."""
    path = DATA / "avocado_hass_market.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is not here: the data are not part of the project")
    with gzip.open(path, "rt") as lines:
        rows = [row for row in csv.DictReader(lines) if row["type"] == kind]
    return {
        "log_price": np.log([float(row["price"]) for row in rows]),
        "log_units": np.log([float(row["units"]) for row in rows]),
        "market": encode([row["market"] for row in rows])[1],
        "week": encode([row["week_ending"] for row in rows])[1],
    }
