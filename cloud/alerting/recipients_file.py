"""The recipients file, read again when it has changed.

A file that cannot be read any more changes nothing: the last valid version stays in force, and the
reason is logged once for each version of the file. The file is also read again when the sites file
has changed, because it names locations; a recipient that was valid before then stays in force.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from cloud.alerting.recipients import TO_LOG, Recipient, Recipients, load_recipients
from cloud.sites.sites import Sites
from cloud.yaml_document import DocumentError

log = logging.getLogger(__name__)

Signature = tuple[int, int, int]


class RecipientsFile:
    """The recipients of one file; of no file, the log.

    Raises:
        DocumentError: at construction, the file cannot be read or has no usable recipient.
    """

    def __init__(
        self, path: Path | None, read_sites: Callable[[], Sites | None] = lambda: None
    ) -> None:
        """`read_sites` gives the locations in force; None leaves the locations unchecked."""
        self._path = path
        self._read_sites = read_sites
        self._sites = read_sites()
        self._signature = self._stat()
        self._found = TO_LOG if path is None else load_recipients(path, sites=self._sites)
        _complain(self._found)

    def read(self) -> tuple[Recipient, ...]:
        """The recipients in force; looks whether the file has changed."""
        signature, sites = self._stat(), self._read_sites()
        is_changed = signature != self._signature
        if self._path is not None and (is_changed or sites is not self._sites):
            self._signature, self._sites = signature, sites
            try:
                found = load_recipients(self._path, sites=sites)
                self._found = found if is_changed else _with_former(found, self._found)
            except DocumentError as error:
                fields = {"reason": str(error), "in_force": "the last valid version"}
                log.error("recipients_file.refused", extra=fields)
            else:
                _complain(self._found)
                log.info("recipients_file.read", extra={"recipients": len(self._found.usable)})
        return self._found.usable

    def _stat(self) -> Signature | None:
        if self._path is None:
            return None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _with_former(found: Recipients, before: Recipients) -> Recipients:
    """With those in force before that the new sites file refuses: their other locations count."""
    refused = {one.name for one in found.refused}
    former = tuple(one for one in before.usable if repr(one.name) in refused)
    return Recipients((*found.usable, *former), found.refused)


def _complain(found: Recipients) -> None:
    for one in found.refused:
        fields = {"line": one.line, "recipient": one.name, "reason": one.reason}
        log.error("recipient.refused", extra=fields)
