"""A clip of the recorder's video for an audit: cut, sent, and the cut deleted again."""

import tempfile
from pathlib import Path

from edge_agent.management.http_transfer import TransferError, validate_url
from edge_agent.management.job_runner import BackgroundTask, JobContext, reject, succeed
from edge_agent.recorder.segments import ClipError, find_segments, upload_clip, write_clip
from wire.jobs import ClipJob, JobResult


class ClipJobRunner:
    """Sends what was recorded; a camera that does not record refuses."""

    def __init__(self, job: ClipJob, means: JobContext) -> None:
        self._job = job
        self._means = means
        self._folder = Path(means.own.recorder.folder, means.device)
        self._work: BackgroundTask[int] | None = None

    def pump(self, now_s: float) -> JobResult | None:
        if self._work is None:
            refusal = self._refusal()
            if refusal:
                return reject(refusal)
            self._work = BackgroundTask(self._sent)
        size_bytes = self._work.result()
        return None if size_bytes is None else succeed(bytes=str(size_bytes))

    def abandon(self) -> None:
        """Nothing was changed; what is on its way arrives."""

    def _refusal(self) -> str:
        own, job = self._means.own, self._job
        if not own.recorder.on:
            return "the recorder is off: settings recorder.on"
        try:
            validate_url(job.url, own.fleet.hosts)
        except TransferError as error:
            return str(error)
        if not any(find_segments(self._folder, job.starts_at, job.ends_at)):
            return "nothing was recorded then, or it is deleted already"
        return ""

    def _sent(self) -> int:
        with tempfile.TemporaryDirectory(dir=self._folder) as here:
            cut = write_clip(
                self._folder, self._job.starts_at, self._job.ends_at, Path(here, "clip.ts")
            )
            try:
                return upload_clip(cut, self._job.url)
            except ClipError as error:
                raise TransferError(str(error)) from None
