"""Job `model`: downloads a detector, verifies it, compares it with the current one, and adopts it.

Until the probation period has ended the agent starts with the old detector, so that any failure or
restart returns to it.
"""

import logging
from functools import partial
from pathlib import Path

import msgspec

from edge_agent.management.detector_comparison import ComparingDetector, reason_to_reject
from edge_agent.management.http_transfer import download, validate_url
from edge_agent.management.job_runner import BackgroundTask, JobContext, fail, reject, succeed
from edge_agent.management.self_check import ChangeCheck
from edge_agent.perception.face_detector import FaceDetector
from edge_agent.perception.model_cards import WEIGHTS, read_card
from edge_agent.perception.model_errors import ModelError
from edge_agent.perception.networks import Networks
from edge_agent.settings.camera_settings import Settings
from edge_agent.updates.model_store import model_digest, model_id, open_detector
from edge_agent.updates.signature import verify_signature
from edge_agent.updates.version_history import AcceptedVersion, VersionHistory
from wire.fleet.jobs import JobResult, ModelJob, Package
from wire.model_card import ModelCard

log = logging.getLogger(__name__)

MAX_MODEL_BYTES = 256 * 1024 * 1024


class ModelJobRunner:
    """Runs one model job. `find_rejection` says why the document is rejected."""

    def __init__(
        self, job: ModelJob, context: JobContext, *, was_on_probation: bool = False
    ) -> None:
        self._job = job
        self._context = context
        self._was_on_probation = was_on_probation
        self._download: BackgroundTask[tuple[Path, FaceDetector]] | None = None
        self._card: Path | None = None
        self._comparison: ComparingDetector | None = None
        self._candidate: FaceDetector | None = None
        self._started_s = 0.0
        self._replaced_model = ""
        self._before: Networks | None = None
        self._check: ChangeCheck | None = None
        self._probation_ends_s = 0.0
        self._faults = 0

    @property
    def is_on_probation(self) -> bool:
        """Whether the new detector measures already, in its probation period."""
        return self._check is not None

    def find_rejection(self) -> str | None:
        """Why the document is rejected; None when it is not."""
        if "detector" in self._context.shadow.desired:
            return "the config shadow names the detector: remove it from `desired` first"
        package = self._job.package
        if package is None:
            card_path = self._context.models.find(self._job.version)
            if card_path is None:
                return f"no model {self._job.version!r} on this camera, and no package in the job"
            self._reject_older(read_card(card_path), is_bundled=card_path.parent == WEIGHTS)
            return None
        fleet = self._context.own.fleet
        verify_signature(package.card.encode(), package.signature, fleet.signers)
        validate_url(package.url, fleet.hosts)
        self._reject_older(msgspec.json.decode(package.card, type=ModelCard))
        return None

    @property
    def _versions(self) -> VersionHistory:
        allow_older = self._context.own.fleet.allow_older
        return VersionHistory(self._context.identity.versions, allow_older=allow_older)

    def _reject_older(self, card: ModelCard, *, is_bundled: bool = False) -> None:
        """Raise VersionError for an older model, except the one that the current model replaced.

        The content of a bundled model is not compared: an update of the program, which is signed
        and not older, may have changed the text of its card.
        """
        is_undone = self._job.package is None and model_id(card) == self._versions.previous
        if not is_undone:
            settings = self._context.models.provided(card.name)  # installed with the program
            floor = (
                AcceptedVersion(version=settings.version, digest=model_digest(settings))
                if settings
                else None
            )
            digest = "" if is_bundled else model_digest(card)
            self._versions.check(card.name, card.version, digest, floor=floor)

    def pump(self, now_s: float) -> JobResult | None:
        if self._was_on_probation:
            return fail("the agent ended in the probation period; the old detector is in use again")
        if self._context.shadow.is_trying:
            return None
        if self._check is not None:
            return self._check_probation(self._check, now_s)
        if self._comparison is not None:
            return self._compare(self._comparison, now_s)
        if self._download is None:
            if reason := self._find_rejection():
                return reject(reason)
            self._download = BackgroundTask(self._prepare)
        downloaded = self._download.result()
        if downloaded is not None:
            self._start_comparison(*downloaded, now_s)
        return None

    def abandon(self) -> None:
        if self._before is not None:
            self._context.camera.apply(self._context.shadow.settings, self._before)

    def _find_rejection(self) -> str | None:
        try:
            return self.find_rejection()
        except (ValueError, RuntimeError, ModelError) as error:
            return str(error)

    def _prepare(self) -> tuple[Path, FaceDetector]:
        """Download the model and open it."""
        package = self._job.package
        card = self._context.models.find(self._job.version) if package is None else None
        if package is not None:
            card = self._context.models.install(
                package.card.encode(), partial(self._download_weights, package)
            )
        assert card is not None
        return card, open_detector(card, self._context.shadow.settings)

    def _download_weights(self, package: Package, size_bytes: int) -> bytes:
        if size_bytes > MAX_MODEL_BYTES:
            raise ValueError(f"a model of {size_bytes} bytes: at most {MAX_MODEL_BYTES}")
        hosts = self._context.own.fleet.hosts
        return download(package.url, hosts=hosts, limit_bytes=size_bytes)

    def _start_comparison(self, card: Path, candidate: FaceDetector, now_s: float) -> None:
        settings = self._context.shadow.settings
        self._before = self._context.models.load(settings)
        self._card, self._candidate, self._started_s = card, candidate, now_s
        self._replaced_model = self._context.models.in_use(settings)
        if self._job.package is None:  # it has measured on this camera before
            self._start_probation(now_s)
            return
        self._comparison = ComparingDetector(self._before[0], candidate)
        self._context.camera.apply(settings, (self._comparison, self._before[1]))
        log.info("model.comparing", extra={"version": self._job.version})

    def _compare(self, comparison: ComparingDetector, now_s: float) -> JobResult | None:
        trial = self._job.trial
        is_over = now_s - self._started_s > trial.longest_s
        reason = reason_to_reject(comparison.counts, trial, is_over=is_over)
        if reason is None:
            return None
        if reason:
            self.abandon()
            return fail(reason, **comparison.counts.as_details())
        self._start_probation(now_s)
        return None

    def _start_probation(self, now_s: float) -> None:
        assert self._before is not None
        assert self._candidate is not None
        settings = self._with_new_name(self._context.shadow.settings)
        before = self._context.camera.status
        self._faults = before.model_faults
        self._check = ChangeCheck(before, settings.digest, now_s)
        self._probation_ends_s = now_s + self._job.trial.watch_s
        self._context.camera.apply(settings, (self._candidate, self._before[1]))
        log.info("model.probation", extra={"version": self._job.version})

    def _check_probation(self, check: ChangeCheck, now_s: float) -> JobResult | None:
        assert self._card is not None
        details = self._comparison.counts.as_details() if self._comparison else {}
        status = self._context.camera.status
        fault = check.find_harm(status, now_s)
        if status.model_faults > self._faults:
            fault = "the new detector raises errors on frames"
        if fault:
            self.abandon()
            return fail(fault, **details)
        if fault is None or now_s < self._probation_ends_s:
            return None
        card, replaced_model = read_card(self._card), self._replaced_model
        self._versions.record(card.name, card.version, model_digest(card), previous=replaced_model)
        self._context.models.choose(self._card)
        self._context.shadow.rebase(self._context.models.apply_choice(self._context.own))
        return succeed(**details)

    def _with_new_name(self, settings: Settings) -> Settings:
        assert self._candidate is not None
        models = msgspec.structs.replace(settings.models, detector=self._candidate.name)
        return msgspec.structs.replace(settings, models=models)
