"""Bidders are called with HTTPS on the public internet only; no failure quotes an address."""

import pytest

from cloud.messaging.failures import TargetError
from cloud.trade.deals.bidder_client import LOCAL, BidderClient, BidderError, open_bidder_client
from simulators.bidding.server import Bidder

LOCAL_CLIENT = BidderClient(is_local_allowed=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://bid.example.com/", "http://127.0.0.1/", "ftp://bid.example.com/", "bid.example.com",
        "https://", "https://[/", "", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_an_address_without_tls_or_host_is_refused(url: str) -> None:
    with pytest.raises(TargetError) as refused:
        BidderClient().parse(url)
    assert "example" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/secret", "https://10.0.0.1/secret", "https://169.254.169.254/secret",
        "https://[::1]/secret", "https://[::ffff:10.0.0.1]/secret",
        "https://[64:ff9b::a00:1]/secret", "https://localhost/secret",
    ],
)  # fmt: skip
def test_a_private_address_is_not_connected_to(url: str) -> None:
    for call in (lambda: BidderClient().notify(url), lambda: BidderClient().ask(url, b"{}", 500)):
        with pytest.raises(BidderError, match="no address of the public internet") as refused:
            call()
        assert refused.value.is_final
        assert "secret" not in str(refused.value)


def test_http_is_for_a_simulated_bidder_on_this_machine_only(monkeypatch) -> None:
    assert LOCAL_CLIENT.parse("http://127.0.0.1:1/x").host == "127.0.0.1"
    with pytest.raises(TargetError):
        LOCAL_CLIENT.parse("http://bid.example.com/")
    monkeypatch.setenv(LOCAL, "0")
    assert not open_bidder_client().is_local_allowed
    monkeypatch.setenv(LOCAL, "1")
    assert open_bidder_client().is_local_allowed


@pytest.mark.parametrize(
    ("status", "is_final"), [(302, True), (404, True), (429, False), (500, False)]
)
def test_only_some_failures_of_a_notice_are_tried_again(status: int, is_final: bool) -> None:
    bidder = Bidder(notice_status=status)
    url = bidder.start()
    try:
        with pytest.raises(BidderError, match=str(status)) as refused:
            LOCAL_CLIENT.notify(f"{url}/win")
    finally:
        bidder.stop()
    assert refused.value.is_final is is_final
