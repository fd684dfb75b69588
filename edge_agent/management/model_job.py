"""Another detector: fetched, checked, tried beside the old one, put in its place, and watched.

Until the watch has ended the old detector is what the camera would begin with: whatever happens
on the way, a restart included, leads back to it.
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
from edge_agent.perception.model_cards import read_card
from edge_agent.perception.model_errors import ModelError
from edge_agent.perception.networks import Networks
from edge_agent.settings.camera_settings import Settings
from edge_agent.updates.model_store import model_digest, model_id, open_detector
from edge_agent.updates.signature import verify_signature
from edge_agent.updates.version_history import AcceptedVersion, VersionHistory
from wire.jobs import JobResult, ModelJob, Package
from wire.model_card import ModelCard

log = logging.getLogger(__name__)

MAX_MODEL_BYTES = 256 * 1024 * 1024


class ModelJobRunner:
    """One model job. `refusal` is why it will not even be begun."""

    def __init__(self, job: ModelJob, means: JobContext, *, was_watching: bool = False) -> None:
        self._job = job
        self._means = means
        self._was_watching = was_watching
        self._fetching: BackgroundTask[tuple[Path, FaceDetector]] | None = None
        self._card: Path | None = None
        self._beside: ComparingDetector | None = None
        self._candidate: FaceDetector | None = None
        self._began_s = 0.0
        self._replaced = ""
        self._before: Networks | None = None
        self._check: ChangeCheck | None = None
        self._watch_ends_s = 0.0
        self._faults = 0

    @property
    def is_watching(self) -> bool:
        """Whether the new one measures already, on probation."""
        return self._check is not None

    def refusal(self) -> str | None:
        """Why the document cannot be obeyed."""
        if "detector" in self._means.shadow.desired:
            return "the config shadow names the detector: take it out of `desired` first"
        package = self._job.package
        if package is None:
            found = self._means.models.find(self._job.version)
            if found is None:
                return f"no model {self._job.version!r} here, and no package with it"
            self._refuse_older(read_card(found))
            return None
        fleet = self._means.own.fleet
        verify_signature(package.card.encode(), package.signature, fleet.signers)
        validate_url(package.url, fleet.hosts)
        self._refuse_older(msgspec.json.decode(package.card, type=ModelCard))
        return None

    @property
    def _versions(self) -> VersionHistory:
        allow_older = self._means.own.fleet.allow_older
        return VersionHistory(self._means.identity.versions, allow_older=allow_older)

    def _refuse_older(self, card: ModelCard) -> None:
        """Raise VersionError; the model that the present one replaced may come back from here."""
        is_undone = self._job.package is None and model_id(card) == self._versions.previous
        if not is_undone:
            own = self._means.models.provided(card.name)  # it came with the program
            floor = AcceptedVersion(version=own.version, digest=model_digest(own)) if own else None
            self._versions.check(card.name, card.version, model_digest(card), floor=floor)

    def pump(self, now_s: float) -> JobResult | None:
        if self._was_watching:
            return fail("the agent ended while it was watched; the old one is back")
        if self._means.shadow.is_trying:
            return None
        if self._check is not None:
            return self._watch(self._check, now_s)
        if self._beside is not None:
            return self._compare(self._beside, now_s)
        if self._fetching is None:
            if reason := self._refused():
                return reject(reason)
            self._fetching = BackgroundTask(self._prepared)
        came = self._fetching.result()
        if came is not None:
            self._begin(*came, now_s)
        return None

    def abandon(self) -> None:
        if self._before is not None:
            self._means.camera.apply(self._means.shadow.settings, self._before)

    def _refused(self) -> str | None:
        try:
            return self.refusal()
        except (ValueError, RuntimeError, ModelError) as error:
            return str(error)

    def _prepared(self) -> tuple[Path, FaceDetector]:
        """Bring it here and open it; takes its time."""
        package = self._job.package
        card = self._means.models.find(self._job.version) if package is None else None
        if package is not None:
            card = self._means.models.install(
                package.card.encode(), partial(self._fetched, package)
            )
        assert card is not None
        return card, open_detector(card, self._means.shadow.settings)

    def _fetched(self, package: Package, size_bytes: int) -> bytes:
        if size_bytes > MAX_MODEL_BYTES:
            raise ValueError(f"a model of {size_bytes} bytes: at most {MAX_MODEL_BYTES}")
        hosts = self._means.own.fleet.hosts
        return download(package.url, hosts=hosts, limit_bytes=size_bytes)

    def _begin(self, card: Path, candidate: FaceDetector, now_s: float) -> None:
        settings = self._means.shadow.settings
        self._before = self._means.models.load(settings)
        self._card, self._candidate, self._began_s = card, candidate, now_s
        self._replaced = self._means.models.in_use(settings)
        if self._job.package is None:  # it has measured here before
            self._take_over(now_s)
            return
        self._beside = ComparingDetector(self._before[0], candidate)
        self._means.camera.apply(settings, (self._beside, self._before[1]))
        log.info("model.beside", extra={"version": self._job.version})

    def _compare(self, beside: ComparingDetector, now_s: float) -> JobResult | None:
        trial = self._job.trial
        is_over = now_s - self._began_s > trial.longest_s
        reason = reason_to_reject(beside.tally, trial, is_over=is_over)
        if reason is None:
            return None
        if reason:
            self.abandon()
            return fail(reason, **beside.tally.as_details())
        self._take_over(now_s)
        return None

    def _take_over(self, now_s: float) -> None:
        assert self._before is not None
        assert self._candidate is not None
        settings = self._with_new_name(self._means.shadow.settings)
        before = self._means.camera.status
        self._faults = before.model_faults
        self._check = ChangeCheck(before, settings.digest, now_s)
        self._watch_ends_s = now_s + self._job.trial.watch_s
        self._means.camera.apply(settings, (self._candidate, self._before[1]))
        log.info("model.took_over", extra={"version": self._job.version})

    def _watch(self, check: ChangeCheck, now_s: float) -> JobResult | None:
        assert self._card is not None
        details = self._beside.tally.as_details() if self._beside else {}
        pulse = self._means.camera.status
        harm = check.find_harm(pulse, now_s)
        if pulse.model_faults > self._faults:
            harm = "it fails on the pictures"
        if harm:
            self.abandon()
            return fail(harm, **details)
        if harm is None or now_s < self._watch_ends_s:
            return None
        card, replaced = read_card(self._card), self._replaced
        self._versions.record(card.name, card.version, model_digest(card), previous=replaced)
        self._means.models.choose(self._card)
        self._means.shadow.rebase(self._means.models.apply_choice(self._means.own))
        return succeed(**details)

    def _with_new_name(self, settings: Settings) -> Settings:
        assert self._candidate is not None
        models = msgspec.structs.replace(settings.models, detector=self._candidate.name)
        return msgspec.structs.replace(settings, models=models)
