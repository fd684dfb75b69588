"""Job `preview`: sends one coarse picture, where the local settings allow it."""

import logging
from typing import Final

from edge_agent.management.http_transfer import TransferError, upload, validate_url
from edge_agent.management.job_runner import BackgroundTask, JobContext, reject, succeed
from edge_agent.management.remote_preview import MIN_PAUSE_S
from wire.fleet.jobs import JobResult, PreviewJob

log = logging.getLogger(__name__)

UPLOAD_TIMEOUT_S: Final = 15.0
NOT_ALLOWED: Final = "not allowed on this device: settings privacy.remote_preview"


class PreviewJobRunner:
    """Sends a picture to the address of the job; rejects the job where that is not allowed."""

    def __init__(self, job: PreviewJob, context: JobContext) -> None:
        self._job = job
        self._context = context
        self._upload: BackgroundTask[int] | None = None

    def pump(self, now_s: float) -> JobResult | None:
        if self._upload is None:
            reason = self._find_rejection(now_s)
            if reason:
                log.warning("preview.rejected", extra={"reason": reason})
                return reject(reason)
            self._upload = BackgroundTask(self._send)
        size_bytes = self._upload.result()
        if size_bytes is None:
            return None
        log.warning("preview.sent", extra={"bytes": size_bytes})
        return succeed(bytes=str(size_bytes))

    def abandon(self) -> None:
        """Nothing to undo: a running upload finishes."""

    def _find_rejection(self, now_s: float) -> str:
        own, job = self._context.own, self._job
        if not own.privacy.remote_preview:
            return NOT_ALLOWED
        if self._context.clock() >= job.valid_until:
            return "the request has expired"
        try:
            validate_url(job.url, own.fleet.hosts)
        except TransferError as error:
            return str(error)
        if not self._context.preview.take_turn(now_s):
            return f"one picture in {MIN_PAUSE_S:.0f} s is sent: ask again later"
        return ""

    def _send(self) -> int:
        content = self._context.preview.encoded_picture()
        upload(
            self._job.url,
            content,
            hosts=self._context.own.fleet.hosts,
            content_type="application/json",
            longest_s=UPLOAD_TIMEOUT_S,
        )
        return len(content)
