"""Experiments over HTTP: what cannot be tested is refused with its reason."""

from datetime import timedelta

from cloud.database import writing
from cloud.database.retail import retail_stores
from tests.cloud.api.retail.queue_client import DAY, IDS, QueueClient
from tests.cloud.app_context import FRIDAY_NOON, ManualClock
from tests.cloud.retail_points import PRODUCT, insert_points, point_row, store_row


def test_an_experiment_needs_more_clusters_than_this_chain_has(queue: QueueClient) -> None:
    asked = {
        "name": "5 % less", "products": [PRODUCT], "change_bp": -500,
        "starts_at": "2026-11-21T00:00:00Z", "ends_at": "2026-12-19T00:00:00Z",
    }  # fmt: skip
    answer = queue("POST", "/experiments", json=asked)
    assert (answer.status_code, answer.json()["title"]) == (422, "Invalid experiment")
    assert queue.get("/experiments").json() == {"experiments": []}
    assert queue.get(f"/experiments/{IDS[0]}").status_code == 404


def test_an_experiment_runs_and_is_stopped(queue: QueueClient, clock: ManualClock) -> None:
    with writing(queue.engine) as connection:
        more = [store_row(number) for number in range(6, 24)]
        connection.execute(retail_stores.insert(), more)
        insert_points(connection, [point_row(one["store"], FRIDAY_NOON - DAY) for one in more])
    asked = {
        "name": "5 % less", "products": [PRODUCT], "change_bp": -500, "seed": 3,
        "starts_at": FRIDAY_NOON.isoformat(), "ends_at": (FRIDAY_NOON + 28 * DAY).isoformat(),
    }  # fmt: skip
    made = queue("POST", "/experiments", json=asked)
    assert (made.status_code, made.json()["clusters"]) == (201, {"control": 6, "treated": 6})
    clock.now += timedelta(hours=1)
    name = made.json()["id"]
    found = queue.get(f"/experiments/{name}").json()
    assert (found["decision"], found["measures"]) == ("too_early", [])
    again = queue("POST", "/experiments", json=asked | {"starts_at": clock.now.isoformat()})
    assert (again.status_code, again.json()["title"]) == (409, "Experiment conflict")
    stopped = queue("POST", f"/experiments/{name}/stop", json={"reason": "a mistake"})
    assert stopped.json()["experiment"]["state"] == "stopped"
    assert len(stopped.json()["results"]) == 12
