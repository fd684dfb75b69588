"""Keeps the log up to date while a program runs: appends receipts, signs checkpoints."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from cloud.database import EPOCH, reading, writing
from cloud.database.failures import failure_of, is_passing
from cloud.receipts.appending import AppendResult, append_pending, has_pending
from cloud.receipts.checkpoint_store import LogChangedError, sign_head
from cloud.receipts.signing_keys import LogKeys

log = logging.getLogger(__name__)

APPEND_EVERY: Final = timedelta(seconds=5)
SIGN_EVERY: Final = timedelta(minutes=1)


class ReceiptLog:
    """Appends what is pending; signs checkpoints where the program has the key."""

    def __init__(
        self,
        engine: Engine,
        keys: LogKeys | None = None,
        roots: Sequence[x509.Certificate] = (),
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._roots = roots
        self._append_at = EPOCH
        self._sign_at = EPOCH

    def maintain(self, now: datetime) -> AppendResult:
        """Do what is due; an unavailable database is retried at the next call."""
        if now < self._append_at:
            return AppendResult()
        self._append_at = now + APPEND_EVERY
        try:
            result = self._append()
            self._sign(now)
        except DBAPIError as error:
            if not is_passing(error):
                raise
            log.warning("receipts.not_appended", extra={"reason": failure_of(error)})
            return AppendResult()
        if result.rejected:
            see = "python -m cloud receipts list --state rejected"
            log.warning("receipts.rejected", extra={"receipts": result.rejected, "see": see})
        return result

    def _append(self) -> AppendResult:
        """One batch; a full batch is followed by the next at once."""
        with reading(self._engine) as connection:
            if not has_pending(connection):
                return AppendResult()
        with writing(self._engine) as connection:
            result = append_pending(connection, self._roots)
            if has_pending(connection):
                self._append_at = EPOCH
        return result

    def _sign(self, now: datetime) -> None:
        if self._keys is None or now < self._sign_at:
            return
        self._sign_at = now + SIGN_EVERY
        try:
            with writing(self._engine) as connection:
                sign_head(connection, self._keys, now)
        except LogChangedError as error:  # reports are counted all the same
            log.error("receipts.log_changed", extra={"reason": str(error)})
