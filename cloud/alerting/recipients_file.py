"""The recipients file, read again when it has changed.

A file that cannot be read any more changes nothing: the last valid version stays in force, and the
reason is logged once for each version of the file.
"""

import logging
from pathlib import Path

from cloud.alerting.recipients import TO_LOG, Recipient, Recipients, load
from cloud.estate import EstateError

log = logging.getLogger(__name__)

Signature = tuple[int, int, int]


class RecipientsFile:
    """The recipients of one file; of no file, the log.

    Raises:
        EstateError: at construction, the file cannot be read or has no usable recipient.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._signature = self._stat()
        self._found = TO_LOG if path is None else load(path)
        _complain(self._found)

    def read(self) -> tuple[Recipient, ...]:
        """The recipients in force; looks whether the file has changed."""
        signature = self._stat()
        if self._path is not None and signature != self._signature:
            self._signature = signature
            try:
                self._found = load(self._path)
            except EstateError as error:
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


def _complain(found: Recipients) -> None:
    for one in found.refused:
        fields = {"line": one.line, "recipient": one.name, "reason": one.reason}
        log.error("recipient.refused", extra=fields)
