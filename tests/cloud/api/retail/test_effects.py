"""The effects of decisions over HTTP."""

from tests.cloud.api.retail.queue_client import QueueClient


def test_a_period_reports_acceptance_and_why_there_is_no_effect(queue: QueueClient) -> None:
    queue.decide(0, decision="accept")
    whole = queue.get("/effects?until=2026-11-21").json()["whole"]
    assert whole["acceptance"]["accepted"] == 1
    assert (whole["effect"], whole["missing"]) == (None, "too_short")
    assert queue.get("/effects?since=2026-11-21&until=2026-11-20").status_code == 422
