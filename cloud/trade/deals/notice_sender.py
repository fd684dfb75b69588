"""Send due notices on a thread of the API, every minute, and end interrupted bid requests.

Several processes may do so at once: each notice is claimed before it is sent.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cloud import database
from cloud.app.context import AppContext
from cloud.trade.deals.bidder_client import BidderClient
from cloud.trade.deals.notices import NoticeCount, send_notices
from cloud.trade.deals.request_store import expire_requests

log = logging.getLogger(__name__)
EVERY_S: Final = 60.0


class BidNoticeSender:
    """Sends until it is stopped."""

    def __init__(self, context: Callable[[], AppContext], client: BidderClient) -> None:
        self._context = context
        self._client = client
        self._stop = threading.Event()

    def follow(self) -> None:
        """Send every minute until `stop`."""
        while not self._stop.wait(EVERY_S):
            self.step()

    def step(self) -> NoticeCount:
        """Send what is due; a failure of the database is logged, and the next step tries again."""
        context = self._context()
        try:
            with database.writing(context.engine) as connection:
                expired = expire_requests(connection, context.clock())
            count = send_notices(context, self._client)
        except SQLAlchemyError as error:
            log.warning("notices.not_sent", extra={"error": type(error).__name__})
            return NoticeCount()
        if expired or count != NoticeCount():
            fields = {"sent": count.sent, "failed": count.failed, "void": count.void}
            log.info("notices.sent", extra={**fields, "interrupted": expired})
        return count

    def stop(self) -> None:
        """End `follow` after the present step."""
        self._stop.set()
