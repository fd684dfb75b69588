"""Data products and the rows of their results over HTTP."""

from tests.cloud.api.data_products.conftest import ORDERS, PATH, send


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
