"""The rules of ingest as the environment sets them."""

import pytest

from cloud.ingest.retail.rules import OutlierMethod, read_ingest_rules
from cloud.settings import SettingsError


def test_the_environment_sets_base_currency_and_method() -> None:
    assert read_ingest_rules({}).base_currency == "GBP"
    rules = read_ingest_rules(
        {"ONLOOKER_RETAIL_BASE_CURRENCY": "EUR", "ONLOOKER_RETAIL_OUTLIERS": "sigma"}
    )
    assert (rules.base_currency, rules.outliers.method) == ("EUR", OutlierMethod.SIGMA)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("ONLOOKER_RETAIL_BASE_CURRENCY", "euro", "is no currency"),
     ("ONLOOKER_RETAIL_OUTLIERS", "median", "allowed are mad, sigma")],
)  # fmt: skip
def test_other_values_are_refused(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read_ingest_rules({name: value})
