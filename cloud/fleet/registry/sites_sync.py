"""The cameras of the sites file are devices of the fleet, also those that are added later."""

import logging
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from cloud.database import writing
from cloud.fleet.history import Author
from cloud.fleet.registry import devices
from cloud.sites.reload import SitesFile
from cloud.sites.sites import Sites

log = logging.getLogger(__name__)


class SitesSync:
    """Registers what the sites file lists, again whenever the file has changed."""

    def __init__(self, engine: Engine, sites_file: SitesFile) -> None:
        self._engine = engine
        self._sites_file = sites_file
        self._registered: Sites | None = None

    def register(self, now: datetime) -> int:
        """Register the cameras that are new; how many."""
        sites = self._sites_file.sites
        if sites is self._registered:
            return 0
        with writing(self._engine) as connection:
            new = devices.register_sites(connection, sites, Author("sites file", now))
        self._registered = sites
        return new

    def register_again(self, now: datetime) -> None:
        """The same; a database that is away is tried at the next call."""
        try:
            if new := self.register(now):
                log.info("fleet.registered", extra={"devices": new})
        except DBAPIError as error:
            log.warning("database.unavailable", extra={"reason": type(error.orig).__name__})
