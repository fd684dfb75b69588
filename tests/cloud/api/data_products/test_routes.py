"""Data products over HTTP: files are sent and previewed, results and key figures are read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.products.open_lake import ServedProducts
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock
from tests.cloud.products.conftest import HEADING

PATH = "/api/data-products"
TODAY = ManualClock()().date()
ORDERS = HEADING + "".join(
    f"A{n},c{n % 3},{TODAY - timedelta(days=n)},paid,{n}.00,GBP\n" for n in range(1, 8)
)
LINES = "order,line,customer,vendor,category,date,amount,cost,promised,delivered\n" + "".join(
    f"S{n},1,c{n % 4},V-{n % 2},{'toys' if n % 3 else 'books'},2026-{month:02}-1{n % 9},"
    f"{n}.00,{n / 2},2026-{month:02}-20,2026-{month:02}-{19 + n % 3}\n"
    for month in (1, 2, 3)
    for n in range(month * 10, month * 10 + 9)
)
VENDORS = "vendor code,name,country\nV-0,Nought Ltd,GB\nV-1,One GmbH,DE\n"


@pytest.fixture
def api(context: AppContext, tmp_path) -> ApiClient:
    served = ServedProducts(str(tmp_path / "lake"))
    return ApiClient(create_app(replace(context, served_products=served)))


def send(api: ApiClient, product: str, name: str, content: str, *, to: str = "uploads"):
    return api("POST", f"{PATH}/{product}/{to}?name={name}", content=content.encode())


def test_a_server_without_a_lake_says_so(ask):
    assert ask.get(PATH).json() == {"configured": False, "products": []}
    assert ask.get(f"{PATH}/orders").json()["title"] == "No lake"


def test_a_file_is_previewed_loaded_once_and_answered(api):
    preview = send(api, "orders", "orders.csv", ORDERS + "A9,c1,x,paid,1,GBP\n", to="previews")
    assert (preview.json()["good"], preview.json()["bad"]) == (7, 1)
    assert "ordered_on" in preview.json()["bad_rows"][0]["reason"]
    assert api.get(f"{PATH}/orders/uploads").json() == {"uploads": []}

    sent = send(api, "orders", "orders.csv", ORDERS)
    assert sent.status_code == 201
    assert (sent.json()["upload"]["rows_loaded"], sent.json()["failure"]) == (7, None)
    assert send(api, "orders", "again.csv", ORDERS + "").status_code == 404
    again = send(api, "orders", "orders-2.csv", ORDERS).json()
    assert again["is_duplicate"] is True
    [upload] = api.get(f"{PATH}/orders/uploads").json()["uploads"]
    assert (upload["file_name"], upload["state"]) == ("orders.csv", "loaded")

    detail = api.get(f"{PATH}/orders").json()
    assert detail["last_run"]["failure"] is None
    assert detail["tables"][0]["table"] == "orders_by_status"
    assert detail["cost"]["stored_bytes"] > 0


def test_rows_are_filtered_searched_ordered_and_paged(api):
    send(api, "orders", "orders.csv", ORDERS)
    table = f"{PATH}/orders/tables/orders_by_customer"
    assert [row[0] for row in api.get(table).json()["rows"]] == ["c1", "c0", "c2"]
    assert api.get(f"{table}?order=orders&limit=1&offset=1").json()["total"] == 3
    assert len(api.get(f"{table}?filter=customer_id:c2").json()["rows"]) == 1
    assert len(api.get(f"{table}?search=C1").json()["rows"]) == 1
    assert api.get(f"{table}?search=' OR 1=1 --").json()["rows"] == []
    assert api.get(f"{table}?filter=customer_id:' OR '1'='1").json()["rows"] == []
    assert api.get(f"{table}?filter=orders:2").json()["title"] == "Invalid question"
    assert api.get(f"{table}?order=nothing").status_code == 422
    assert api.get(f"{PATH}/orders/tables/orders_kept").status_code == 404


def test_a_refused_file_is_explained_and_recorded(api):
    refused = send(api, "orders", "orders.csv", "a,b\n1,2\n")
    assert (refused.status_code, refused.json()["title"]) == (422, "File refused")
    assert "expected also order_id" in refused.json()["detail"]
    [upload] = api.get(f"{PATH}/orders/uploads").json()["uploads"]
    assert upload["state"] == "refused"


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
