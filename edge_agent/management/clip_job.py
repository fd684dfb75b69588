"""Job `clip`: cuts a clip from recorded video for an audit, uploads it, and deletes the cut."""

import tempfile
from pathlib import Path

from edge_agent.management.http_transfer import TransferError, validate_url
from edge_agent.management.job_runner import BackgroundTask, JobContext, reject, succeed
from edge_agent.recorder.segments import ClipError, find_segments, upload_clip, write_clip
from wire.fleet.jobs import ClipJob, JobResult


class ClipJobRunner:
    """Uploads recorded video; rejects the job when the camera does not record."""

    def __init__(self, job: ClipJob, context: JobContext) -> None:
        self._job = job
        self._context = context
        self._folder = Path(context.own.recorder.folder, context.device)
        self._upload: BackgroundTask[int] | None = None

    def pump(self, now_s: float) -> JobResult | None:
        if self._upload is None:
            reason = self._find_rejection()
            if reason:
                return reject(reason)
            self._upload = BackgroundTask(self._upload_clip)
        size_bytes = self._upload.result()
        return None if size_bytes is None else succeed(bytes=str(size_bytes))

    def abandon(self) -> None:
        """Nothing to undo: a running upload finishes."""

    def _find_rejection(self) -> str:
        settings, job = self._context.own, self._job
        if not settings.recorder.on:
            return "the recorder is off: settings recorder.on"
        try:
            validate_url(job.url, settings.fleet.hosts)
        except TransferError as error:
            return str(error)
        if not any(find_segments(self._folder, job.starts_at, job.ends_at)):
            return "no video of that time: not recorded, or deleted already"
        return ""

    def _upload_clip(self) -> int:
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            clip_file = write_clip(
                self._folder, self._job.starts_at, self._job.ends_at, Path(folder, "clip.ts")
            )
            try:
                return upload_clip(clip_file, self._job.url)
            except ClipError as error:
                raise TransferError(str(error)) from None
