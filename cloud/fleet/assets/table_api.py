"""A client of ServiceNow's Table API for the records of cameras.

`GET /api/now/table/TABLE` returns pages of `{"result": [...]}`, `POST` creates a record, `PATCH`
with its `sys_id` changes one. The table is `cmdb_ci_hardware`, or one that extends it and has the
columns `u_...`. Credentials are sent over TLS only, except to this host.
"""

import http.client
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from cloud.fleet.assets.asset import COLUMNS, CameraAsset
from cloud.fleet.registry.devices import RegistryError
from cloud.messaging.deadline import Deadline
from cloud.messaging.http_request import http_request
from wire.addresses import AddressError, NetworkAddress, parse_address

ADDRESS_VARIABLE: Final = "ONLOOKER_SERVICENOW_URL"
"""`https://USER:PASSWORD@INSTANCE`, with `/TABLE` after it for another table."""
TABLE: Final = "cmdb_ci_hardware"
PAGE: Final = 500
CALL_S: Final = 30.0
MOST_BYTES: Final = 8 << 20
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
OK: Final = (200, 201)


class CmdbError(RegistryError):
    """The CMDB cannot be reached, or refuses a call."""


@dataclass(frozen=True, slots=True)
class StoredAsset:
    """An asset of the CMDB and the id of its record."""

    sys_id: str
    asset: CameraAsset


@dataclass(frozen=True, slots=True)
class TableApi:
    """The records of one table of one instance."""

    address: NetworkAddress
    page: int = PAGE

    @classmethod
    def from_environment(cls) -> "TableApi":
        """The instance of `ONLOOKER_SERVICENOW_URL`.

        Raises:
            CmdbError: it is not set, is no such address, or would send a password without TLS.
        """
        written = os.environ.get(ADDRESS_VARIABLE)
        if not written:
            raise CmdbError(
                f"name a CSV file, or set {ADDRESS_VARIABLE} to https://USER:PASSWORD@INSTANCE"
            )
        try:
            address = parse_address(written, ("https", "http"))
        except AddressError as error:
            raise CmdbError(f"{ADDRESS_VARIABLE}: {error}") from error
        if not address.is_secure and address.host not in LOOPBACK:
            raise CmdbError(f"{ADDRESS_VARIABLE}: found {address}, expected https://")
        return cls(address)

    def read(self) -> list[StoredAsset]:
        """All records, by name.

        Raises:
            CmdbError: a call fails, or its answer is not that of the Table API.
        """
        return list(self._read_pages())

    def write(self, assets: Iterable[CameraAsset]) -> tuple[int, int]:
        """Create records that are missing and change those that differ; how many of each."""
        stored = {one.asset.name: one for one in self.read()}
        created = changed = 0
        for asset in assets:
            before = stored.get(asset.name)
            if before is None:
                self._call("POST", body=asset.as_record())
                created += 1
            elif before.asset != asset:
                self._call("PATCH", before.sys_id, body=asset.as_record())
                changed += 1
        return created, changed

    def _read_pages(self) -> Iterator[StoredAsset]:
        offset = 0
        while True:
            query = {
                "sysparm_fields": ",".join(("sys_id", *COLUMNS)),
                "sysparm_query": "ORDERBYname",
                "sysparm_exclude_reference_link": "true",
                "sysparm_limit": self.page,
                "sysparm_offset": offset,
            }
            rows = self._call("GET", query=query)
            if not isinstance(rows, list):
                raise CmdbError(f"{self.address}: found no list of records in `result`")
            for row in rows:
                yield StoredAsset(str(row.get("sys_id", "")), CameraAsset.of(row))
            if len(rows) < self.page:
                return
            offset += self.page

    def _call(
        self,
        method: str,
        sys_id: str = "",
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, str] | None = None,
    ) -> Any:
        table = self.address.path.strip("/") or TABLE
        path = f"/api/now/table/{quote(table)}" + (f"/{quote(sys_id)}" if sys_id else "")
        target = replace(self.address, path=path, query=urlencode(query or {}))
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        try:
            answer = http_request(
                target, Deadline.after(CALL_S), method=method, headers=headers,
                body=None if body is None else msgspec.json.encode(body), most_bytes=MOST_BYTES,
            )  # fmt: skip
        except (OSError, http.client.HTTPException) as error:
            raise CmdbError(
                f"{self.address} cannot be reached: {type(error).__name__}; check the address"
            ) from error
        if answer.status not in OK:
            raise CmdbError(
                f"{self.address}: {method} {table} was answered with {answer.status}, expected "
                "200 or 201: check the user, its roles and the table"
            )
        try:
            return msgspec.json.decode(answer.body)["result"]
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise CmdbError(f"{self.address}: the answer is not that of the Table API") from error
