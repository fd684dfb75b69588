"""A campaign's receipts over the API: of its own account only, and only with the log's key."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.api.campaigns import receipts
from cloud.receipts.signing_keys import LogKeys
from cloud.receipts.verification import TrustedKeys, verify_file
from tests.cloud.api.campaigns.conftest import SPRING, WINTER, CampaignApi
from tests.cloud.campaigns.campaign_data import SEVEN
from tests.cloud.receipts.receipt_data import LOG_KEY, ORIGIN, PUBLIC_LOG_KEY


@pytest.fixture
def with_key(api: CampaignApi, monkeypatch: pytest.MonkeyPatch) -> CampaignApi:
    context = replace(api.context, receipt_keys=LogKeys(ORIGIN, (LOG_KEY,)))
    monkeypatch.setattr(receipts, "get_context", lambda _: context)
    return api


def test_the_file_of_the_own_campaign_states_what_is_missing(with_key: CampaignApi) -> None:
    found = with_key.get(f"/api/campaigns/{WINTER}/receipts")
    assert found.status_code == 200, found.text
    assert found.headers["content-type"] == "text/plain; charset=utf-8"
    outcome = verify_file(found.content, TrustedKeys([], [PUBLIC_LOG_KEY]))
    assert outcome.faults == []
    missing = {(one.location, one.starts_at, one.ends_at) for one in outcome.missing}
    assert missing == {("KX-01", SEVEN, SEVEN + timedelta(hours=2, minutes=-5))}


def test_another_account_has_no_such_campaign(with_key: CampaignApi) -> None:
    others = with_key.get(f"/api/campaigns/{SPRING}/receipts")
    unknown = with_key.get(f"/api/campaigns/{'0' * 32}/receipts")
    assert (others.status_code, others.json()["detail"]) == (404, unknown.json()["detail"])
    line = with_key.get(f"/api/campaigns/{WINTER}/receipts?line=SO-2-1")
    assert line.status_code == 404


def test_a_server_without_the_key_says_so(api: CampaignApi) -> None:
    found = api.get(f"/api/campaigns/{WINTER}/receipts")
    assert found.status_code == 503
    assert "--receipts-key" in found.json()["detail"]


def test_the_page_gets_the_outcome_of_the_same_verification(with_key: CampaignApi) -> None:
    found = with_key.get(f"/api/campaigns/{WINTER}/receipts/verification").json()
    assert found["is_verified"]
    assert (found["fault_count"], found["receipts"]) == (0, 0)
    assert found["missing_count"] == len(found["missing"]) >= 1
    assert not found["is_root_given"]
    assert found["log_key"] == PUBLIC_LOG_KEY.text
    others = with_key.get(f"/api/campaigns/{SPRING}/receipts/verification")
    assert others.status_code == 404


def test_a_verification_is_limited_and_shared_for_a_minute(
    with_key: CampaignApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = SEVEN + timedelta(hours=1)
    path = f"/api/campaigns/{WINTER}/receipts/verification?from=2026-01-01T00:00:00Z"
    asked = []

    def find_start(_connection, lines, _size, most):
        asked.append((len(lines), most))
        return start

    monkeypatch.setattr(receipts, "find_start_of_latest", find_start)
    first, again = (with_key.get(path).json() for _ in range(2))

    assert (asked, again) == ([(1, 2_000)], first)
    assert first["verified_from"] == start.isoformat().replace("+00:00", "Z")
    assert [one["starts_at"] for one in first["missing"]] == [first["verified_from"]]
    with_key.get(f"{path}&line=SO-1-1")
    assert len(asked) == 2
