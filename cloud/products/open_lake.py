"""The data products of the lake that a server was started with.

The libraries of the lake take half a second to load: a process that is asked for no product does
not load them.
"""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Engine

if TYPE_CHECKING:
    from cloud.lake.lake import Lake
    from cloud.products.definitions.product import DataProduct
    from cloud.products.kpis.service import KpiService


class NoLakeError(RuntimeError):
    """The server was started without a lake."""


@dataclass
class ServedProducts:
    """The lake at an address, opened once, and the rows in memory of its key figures."""

    address: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _lake: "Lake | None" = None
    _services: "dict[str, KpiService]" = field(default_factory=dict)

    def open(self, engine: Engine) -> "Lake":
        """The lake.

        Raises:
            NoLakeError: there is none.
            OSError: its storage cannot be opened.
        """
        from cloud.lake.lake import Lake
        from cloud.lake.storage import open_storage

        if self.address is None:
            raise NoLakeError(
                "this server was started without a lake: start it with --lake, or ONLOOKER_LAKE"
            )
        with self._lock:
            if self._lake is None:
                self._lake = Lake(open_storage(self.address), engine)
            return self._lake

    def service(self, engine: Engine, product: "DataProduct") -> "KpiService":
        """The key figures of a product; see `open`."""
        from cloud.products.kpis.service import KpiService

        lake = self.open(engine)
        with self._lock:
            if product.name not in self._services:
                self._services[product.name] = KpiService(lake, product)
            return self._services[product.name]
