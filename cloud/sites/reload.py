"""The sites file, read again when it has changed: one implementation for every program.

A file that cannot be read or is not valid changes nothing: the last valid version stays in force,
the reason is logged once for each version of the file and is in `problem`. The steady clock is
injected; nothing here sleeps or starts a thread. `SitesFile` may be shared between threads.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cloud.sites.sites import Sites
from cloud.sites.sites_file import load_sites
from cloud.yaml_document import DocumentError

log = logging.getLogger(__name__)

CHECK_EVERY_S: Final = 2.0
Signature = tuple[int, int, int]


class SitesFile:
    """The sites of one file; refuses to start with a file that cannot be read.

    Raises:
        DocumentError: at construction, the file is missing or not valid.
    """

    def __init__(
        self,
        path: Path,
        *,
        steady_clock: Callable[[], float] = time.monotonic,
        accept: Callable[[Sites], None] = lambda _: None,
    ) -> None:
        """`accept` raises DocumentError for a new version that the program cannot work with."""
        self._path = path
        self._accept = accept
        self._clock = steady_clock
        self._lock = threading.Lock()
        self._signature = self._stat()
        self._sites = load_sites(path)
        self._check_at = steady_clock() + CHECK_EVERY_S
        self.problem: str | None = None
        """Why the present content of the file is not in force; None when it is."""

    @property
    def sites(self) -> Sites:
        """The sites in force: another object whenever a new version of the file was read."""
        if self._clock() >= self._check_at and self._lock.acquire(blocking=False):
            try:
                self._check_at = self._clock() + CHECK_EVERY_S
                self._check()
            finally:
                self._lock.release()
        return self._sites

    def _check(self) -> None:
        signature = self._stat()
        if signature == self._signature:
            return
        self._signature = signature
        try:
            sites = load_sites(self._path)
            self._accept(sites)
        except DocumentError as error:
            self.problem = str(error)
            log.error(
                "sites_file.refused",
                extra={"reason": str(error), "in_force": "the last valid version"},
            )
        else:
            self._sites = sites
            self.problem = None
            log.info("sites_file.read", extra={"locations": len(self._sites)})

    def _stat(self) -> Signature | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
