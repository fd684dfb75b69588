"""Calls to bidders: a bid request, and notices. The addresses were chosen by others.

Only the public internet is reached, with HTTPS, without redirects, within one deadline for the
whole call, and with a bounded answer. A simulated bidder on this machine is reached where
`ONLOOKER_LOCAL_BIDDERS` is 1: for tests and demonstrations. No failure quotes an address.
"""

import os
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from cloud.messaging.deadline import Deadline
from cloud.messaging.failures import PrivateAddressError, TargetError, describe_error
from cloud.messaging.http_request import WebhookResponse, http_request
from cloud.messaging.public_addresses import is_public
from cloud.trade.openrtb.bid_response import MOST_BYTES
from wire.addresses import WEB_SCHEMES, NetworkAddress, parse_address
from wire.hosts import AddressError

HEADERS: Final = {"Content-Type": "application/json", "x-openrtb-version": "2.6"}
NOTICE_S: Final = 10.0
NO_CONTENT: Final = 204
LATER: Final = frozenset({408, 425, 429})
LOCAL: Final = "ONLOOKER_LOCAL_BIDDERS"


class BidderError(Exception):
    """A call without a usable answer; `is_final` where another attempt has the same result."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class BidderClient:
    """Asks bidders and tells them what became of their bids."""

    is_local_allowed: bool = False
    tls: ssl.SSLContext | None = None

    def parse(self, url: str) -> NetworkAddress:
        """The address of a bidder; raises TargetError."""
        try:
            address = parse_address(url, WEB_SCHEMES)
            address.host.encode("idna")
        except (AddressError, UnicodeError):
            raise TargetError("the address is none of a web service: write https://...") from None
        if not address.is_secure and not (self.is_local_allowed and _is_loopback(address.host)):
            raise TargetError("the address has no TLS: write https://...")
        return address

    def ask(self, url: str, request: bytes, tmax_ms: int) -> bytes:
        """Send a bid request; the answer is empty for no bid.

        Raises:
            BidderError: no whole answer in time, or one that is no success.
        """
        answer = self._call(url, tmax_ms / 1_000, request)
        if answer.status == NO_CONTENT:
            return b""
        if answer.status // 100 != 2:
            raise BidderError(f"the bidder answered {answer.status}")
        if not answer.is_whole:
            raise BidderError(f"the answer has more than {MOST_BYTES} bytes")
        return answer.body

    def notify(self, url: str) -> None:
        """Call the address of a notice; raises BidderError."""
        status = self._call(url, NOTICE_S, None).status
        if status // 100 != 2:
            is_final = status // 100 in (3, 4) and status not in LATER
            raise BidderError(f"the notice was answered with {status}", is_final=is_final)

    def _call(self, url: str, seconds: float, body: bytes | None) -> WebhookResponse:
        try:
            return http_request(
                self.parse(url), Deadline.after(seconds), body=body, headers=HEADERS,
                most_bytes=MOST_BYTES, tls=self.tls, is_allowed=self._is_allowed,
            )  # fmt: skip
        except (PrivateAddressError, TargetError) as error:
            raise BidderError(str(error), is_final=True) from None
        except Exception as error:  # noqa: BLE001 - a boundary: the other end may do anything
            raise BidderError(describe_error(error)) from None

    def _is_allowed(self, address: str) -> bool:
        return is_public(address) or (self.is_local_allowed and _is_loopback(address))


def open_bidder_client() -> BidderClient:
    """The client by the environment."""
    return BidderClient(is_local_allowed=os.environ.get(LOCAL) == "1")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
