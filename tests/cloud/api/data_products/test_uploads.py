"""Files that are sent: refused with the reason, and recorded."""

from cloud.lake.manifest import LakeConflictError
from cloud.products import runs
from tests.cloud.api.data_products.conftest import ORDERS, PATH, send


def test_a_refused_file_is_explained_and_recorded(api):
    refused = send(api, "orders", "orders.csv", "a,b\n1,2\n")
    assert (refused.status_code, refused.json()["title"]) == (422, "File refused")
    assert "expected also order_id" in refused.json()["detail"]
    [upload] = api.get(f"{PATH}/orders/uploads").json()["uploads"]
    assert upload["state"] == "refused"


def test_a_file_whose_run_was_refused_is_sent_again(api, monkeypatch):
    def conflict(*_, **__):
        raise LakeConflictError("another program promotes")

    with monkeypatch.context() as patch:
        patch.setattr(runs, "promote_uploads", conflict)
        assert send(api, "orders", "orders.csv", ORDERS).status_code == 409
    again = send(api, "orders", "orders.csv", ORDERS)
    assert (again.status_code, again.json()["is_duplicate"]) == (201, True)
    assert api.get(f"{PATH}/orders/tables/orders_by_customer").json()["total"] == 3
