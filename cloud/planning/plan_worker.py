"""Compute stored plans, one at a time in each process, beside the requests of the API.

The worker renews its claim on a plan every second. The search ends when the plan has been deleted,
when another process has claimed it, or when this process is stopping. A stop releases the claim at
once; after a crash the claim expires in two minutes.
"""

import getpass
import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cloud import database
from cloud.app.context import AppContext, ForecastFailed
from cloud.auth import audit
from cloud.planning.plan_offers import PlanOffer, read_plan_offer
from cloud.planning.plan_response import ForecastUsed, PlanVersions, plan_response
from cloud.planning.stored_plans import read_stored_request
from cloud.pricing.optimise.brief import Brief, BriefError
from cloud.pricing.optimise.plan import Infeasible, Outcome, SearchProgress
from cloud.pricing.optimise.subprocess_solver import SearchStopped, optimise_in_subprocess
from cloud.sales import plan_queue
from cloud.sales.plan_queue import MAX_ATTEMPTS, PlanResult
from cloud.sales.plans import PlanStatus, StoredPlan, delete_expired_plans
from cloud.sites.sites import UnknownLocation

log = logging.getLogger(__name__)
POLL_EVERY_S: Final = 1.0
DELETE_EXPIRED_EVERY: Final = timedelta(hours=1)
NICENESS: Final = 10
"""Requests that wait for an answer take precedence."""
TOO_MANY_ATTEMPTS: Final = (
    f"the process exited {MAX_ATTEMPTS} times while it computed this plan: request fewer days, "
    "locations or minimums"
)
FAULT: Final = "an internal error; it is in the log with the plan's id"


class PlanWorker:
    """Computes the waiting plans, the oldest first."""

    def __init__(self, context: Callable[[], AppContext]) -> None:
        self._context = context
        self._stop = threading.Event()
        self._deleted_at: datetime | None = None
        self._is_database_lost = False

    def follow(self) -> None:
        """Compute plans until `stop` is called."""
        while not self._stop.wait(POLL_EVERY_S):
            try:
                while not self._stop.is_set() and self.step():
                    pass
            except SQLAlchemyError as error:
                self._log_lost_database(error)
            else:
                self._is_database_lost = False

    def stop(self) -> None:
        """End the current search and start no other."""
        self._stop.set()

    def step(self) -> bool:
        """Compute one plan; False when none is waiting."""
        context = self._context()
        now = context.clock()
        self._delete_expired(context, now)
        with database.reading(context.engine) as connection:
            if not plan_queue.has_unclaimed_plan(connection, now):
                return False
        turn = secrets.token_hex(8)
        with database.writing(context.engine) as connection:
            plan = plan_queue.claim_plan(connection, turn, now)
        if plan is None:
            return False
        _PlanSearch(context, plan, turn, self._stop).run()
        return True

    def _delete_expired(self, context: AppContext, now: datetime) -> None:
        if self._deleted_at is not None and now < self._deleted_at + DELETE_EXPIRED_EVERY:
            return
        with database.writing(context.engine) as connection:
            delete_expired_plans(connection, now)
        self._deleted_at = now

    def _log_lost_database(self, error: SQLAlchemyError) -> None:
        if not self._is_database_lost:
            self._is_database_lost = True
            log.warning("plans.database_lost", extra={"error": type(error).__name__})


class _PlanSearch:
    """The search for one plan, from the stored request to the stored answer."""

    def __init__(
        self, context: AppContext, plan: StoredPlan, turn: str, stop: threading.Event
    ) -> None:
        self._context = context
        self._plan = plan
        self._turn = turn
        self._stop = stop
        self._progress = SearchProgress("reading prices", 0.0)
        self._renewed_s = time.monotonic()
        self._has_claim = True

    def run(self) -> None:
        outcome = self._outcome()
        with database.writing(self._context.engine) as connection:
            if self._stop.is_set() and isinstance(outcome, str):
                plan_queue.release_claim(connection, self._plan.id, self._turn)
            elif self._has_claim:
                now = self._context.clock()
                if plan_queue.finish_plan(connection, self._plan.id, self._turn, now, outcome):
                    self._record(connection, now, outcome)
        log.info("plans.searched", extra={"plan": self._plan.id, "ours": self._has_claim})

    def _record(self, connection: Connection, now: datetime, outcome: PlanResult | str) -> None:
        """Record digests of the outcome in the audit log, so that an exchanged answer is found."""
        details = {"account": self._plan.account, "status": PlanStatus.FAILED, "answer": None}
        if isinstance(outcome, PlanResult):
            details["status"] = outcome.status
            details["answer"] = hashlib.sha256(outcome.answer).hexdigest()
            details["versions"] = hashlib.sha256(outcome.versions).hexdigest()
        else:
            details["sentence"] = hashlib.sha256(outcome.encode()).hexdigest()
        audit.record_change(
            connection, at=now, actor=getpass.getuser(), action="plan.finish",
            about=self._plan.id, details=details,
        )  # fmt: skip

    def _outcome(self) -> PlanResult | str:
        """The result; a string is the reason for having none."""
        if self._plan.turns > MAX_ATTEMPTS:
            return TOO_MANY_ATTEMPTS
        try:
            return self._answer()
        except (BriefError, SearchStopped, UnknownLocation, ForecastFailed) as error:
            return str(error)
        except SQLAlchemyError:
            raise
        except Exception:  # one plan must not end the thread of all plans
            log.exception("plans.fault", extra={"plan": self._plan.id})
            return FAULT

    def _answer(self) -> PlanResult:
        asked = read_stored_request(self._plan.question)
        brief = asked.to_brief()
        on_sale = read_plan_offer(self._context, brief, self._plan.account)
        found = self._search(brief, on_sale, asked.within_s)
        return PlanResult(
            PlanStatus.IMPOSSIBLE if isinstance(found, Infeasible) else PlanStatus.DONE,
            plan_response(found, brief, on_sale).model_dump_json().encode(),
            _versions(self._context, on_sale).model_dump_json().encode(),
        )

    def _search(self, brief: Brief, on_sale: PlanOffer, within_s: float) -> Outcome:
        found = optimise_in_subprocess(
            brief,
            on_sale.offer,
            within_s=within_s,
            listener=self._record_progress,
            cancelled=self._must_end,
            niceness=NICENESS,
        )
        if self._stop.is_set():
            raise SearchStopped("the process is stopping")  # a partial answer is not stored
        return found

    def _record_progress(self, step: SearchProgress) -> None:
        self._progress = step

    def _must_end(self) -> bool:
        """Whether to end the search; called several times a second."""
        if self._stop.is_set() or not self._has_claim:
            return True
        if time.monotonic() - self._renewed_s >= POLL_EVERY_S:
            self._renewed_s = time.monotonic()
            self._has_claim = self._renew_claim()
        return not self._has_claim

    def _renew_claim(self) -> bool:
        now, step = self._context.clock(), self._progress
        with database.writing(self._context.engine) as connection:
            return plan_queue.renew_claim(
                connection, self._plan.id, self._turn, now, step.stage, step.done
            )


def _versions(context: AppContext, on_sale: PlanOffer) -> PlanVersions:
    return PlanVersions(
        rate_card=context.card.version,
        rate_card_digest=context.card_digest,
        forecasts=[
            ForecastUsed(location=site.id, forecast=used.forecast.model, made_at=used.at)
            for site, used in zip(on_sale.sites, on_sale.forecasts, strict=True)
        ],
    )
