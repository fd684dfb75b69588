"""Key figures over HTTP."""

import pytest

from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.data_products.conftest import PATH, send

LINES = "order,line,customer,vendor,category,date,amount,cost,promised,delivered\n" + "".join(
    f"S{n},1,c{n % 4},V-{n % 2},{'toys' if n % 3 else 'books'},2026-{month:02}-1{n % 9},"
    f"{n}.00,{n / 2},2026-{month:02}-20,2026-{month:02}-{19 + n % 3}\n"
    for month in (1, 2, 3)
    for n in range(month * 10, month * 10 + 9)
)
VENDORS = "vendor code,name,country\nV-0,Nought Ltd,GB\nV-1,One GmbH,DE\n"


@pytest.fixture
def sales(api) -> ApiClient:
    assert send(api, "sales", "lines.csv", LINES).status_code == 201
    assert send(api, "sales", "vendors.csv", VENDORS).status_code == 201
    return api


def points(api: ApiClient, kpi: str, **asked) -> list[dict]:
    answer = api.get(f"{PATH}/sales/kpis/{kpi}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["points"]


def test_the_eight_key_figures_are_answered(sales):
    def values(kpi: str) -> list:
        return [one["value"] for one in points(sales, kpi)]

    assert values("revenue") == [12_600, 21_600, 30_600]
    assert values("revenue_growth") == [None, 7_143, 4_167]
    assert values("active_customers") == [4, 4, 4]
    assert values("average_order_value") == [1_400, 2_400, 3_400]
    assert values("gross_margin") == [5_000, 5_000, 5_000]
    assert values("retention") == [10_000, 10_000]
    assert values("churn") == [0, 0]
    assert values("on_time_share") == [6_667, 6_667, 6_667]
    assert [one["is_complete"] for one in points(sales, "revenue")] == [True, True, False]


def test_figures_are_grouped_filtered_and_ordered(sales):
    by_vendor = points(sales, "revenue", by="vendor", order="-value", limit=2)
    assert by_vendor[0]["dimensions"] == {"vendor": "Nought Ltd"}
    assert by_vendor[0]["value"] > by_vendor[1]["value"]
    toys = points(sales, "revenue", filter="category:toys", until="2026-02-01")
    assert [one["value"] for one in toys] == [8_100]
    assert points(sales, "revenue", search="one g") == points(sales, "revenue",
                                                              filter="vendor:One GmbH")  # fmt: skip
    assert sales.get(f"{PATH}/sales/kpis/revenue?by=colour").status_code == 422
    assert sales.get(f"{PATH}/sales/kpis/profit").status_code == 404
