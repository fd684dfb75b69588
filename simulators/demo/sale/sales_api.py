"""The sales API, as the programs of a buyer, a seller and the finance department call it."""

import http.client
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from simulators.demo.running import DemoError

ANSWER_WITHIN_S: Final = 60


class SaleRole(StrEnum):
    """Who calls, by the role of the key."""

    BUYER = "advertiser"
    SELLER = "sales"
    FINANCE = "finance"


@dataclass(frozen=True, slots=True)
class SalesApi:
    """An address, and a key of each party."""

    url: str
    keys: Mapping[SaleRole, str]

    def get(self, who: SaleRole, path: str) -> Any:
        """Read; raises DemoError for an answer that is none of the 200s."""
        return json.loads(self.read(who, path))

    def read(self, who: SaleRole, path: str) -> bytes:
        """Read a file; raises DemoError."""
        return self._send(urllib.request.Request(self.url + path, headers=self._key(who)))  # noqa: S310  loopback

    def change(self, who: SaleRole, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Send a change once, with a key of its own; raises DemoError where it is refused."""
        headers = {
            **self._key(who),
            "Content-Type": "application/json",
            "Idempotency-Key": secrets.token_hex(16),
        }
        request = urllib.request.Request(  # noqa: S310  loopback
            self.url + path, json.dumps(body).encode(), headers, method=method
        )
        return json.loads(self._send(request))

    def read_first_event(self, who: SaleRole, path: str) -> Any:
        """The data of the first server-sent event; raises DemoError."""
        request = urllib.request.Request(self.url + path, headers=self._key(who))  # noqa: S310  loopback
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_S) as answer:  # noqa: S310
                return next(_read_data(answer))
        except (OSError, http.client.HTTPException, StopIteration) as error:
            raise DemoError(f"GET {path}: no event ({type(error).__name__}: {error})") from error

    def _key(self, who: SaleRole) -> dict[str, str]:
        return {"X-API-Key": self.keys[who]}

    def _send(self, request: urllib.request.Request) -> bytes:
        what = f"{request.get_method()} {request.selector}"
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_S) as answer:  # noqa: S310
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                refusal = error.read(2_000).decode(errors="replace")
            raise DemoError(f"{what} is answered with {error.code}: {refusal}") from error
        except (OSError, http.client.HTTPException) as error:
            raise DemoError(f"{what} is not answered: {error}") from error


def _read_data(answer: http.client.HTTPResponse) -> Iterator[Any]:
    for line in answer:
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))
