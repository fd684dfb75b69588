"""The truth of a chain."""

from simulators.shops.chain import Chain
from simulators.shops.truth import describe_truth


def test_the_truth_names_every_series(chain: Chain) -> None:
    truth = describe_truth(chain)
    assert len(truth["series"]) == 12 * 16
    assert all(-5 < each["elasticity"] < -1 for each in truth["series"])
    assert truth["series"][13]["store"] == chain.stores.names[1]


def test_cross_elasticities_are_within_a_category(chain: Chain) -> None:
    first = describe_truth(chain)["products"][0]
    assert first["product"] == "juice-orange-01"
    assert set(first["cross_elasticities"]) == {"juice-orange-02"}
