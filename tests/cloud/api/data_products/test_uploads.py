"""Files that are sent: refused with the reason, and recorded."""

from tests.cloud.api.data_products.conftest import PATH, send


def test_a_refused_file_is_explained_and_recorded(api):
    refused = send(api, "orders", "orders.csv", "a,b\n1,2\n")
    assert (refused.status_code, refused.json()["title"]) == (422, "File refused")
    assert "expected also order_id" in refused.json()["detail"]
    [upload] = api.get(f"{PATH}/orders/uploads").json()["uploads"]
    assert upload["state"] == "refused"
