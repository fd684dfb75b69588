"""Works out the plans that are kept: one at a time in each process, beside the API's own answers.

Hard truths. Every second the process says that it still works on its plan; when it hears that the
plan has been dropped, or that it is to stop itself, it ends the search. A stop hands the plan back
at once; a death hands it back when the process has not been heard of for two minutes.
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
from sqlalchemy.exc import DBAPIError

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
from cloud.sites.sites_file import UnknownLocation

log = logging.getLogger(__name__)
POLL_EVERY_S: Final = 1.0
DELETE_EXPIRED_EVERY: Final = timedelta(hours=1)
NICENESS: Final = 10
"""Whoever waits for an answer goes first."""
TOO_MANY_ATTEMPTS: Final = (
    f"the program ended {MAX_ATTEMPTS} times while it worked on this plan: ask for fewer days, "
    "places or minimums"
)
FAULT: Final = "a fault on this side; it is in the log with the plan's id"


class PlanWorker:
    """Takes the plans that wait, one after another."""

    def __init__(self, context: Callable[[], AppContext]) -> None:
        self._context = context
        self._stop = threading.Event()
        self._tidied_at: datetime | None = None
        self._is_lost = False

    def follow(self) -> None:
        """Work until told to stop."""
        while not self._stop.wait(POLL_EVERY_S):
            try:
                while not self._stop.is_set() and self.step():
                    pass
            except DBAPIError as error:
                self._lose(error)
            else:
                self._is_lost = False

    def stop(self) -> None:
        """End the search that is under way, and take no other."""
        self._stop.set()

    def step(self) -> bool:
        """Work one plan out; False when none waits."""
        context = self._context()
        now = context.clock()
        self._tidy(context, now)
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

    def _tidy(self, context: AppContext, now: datetime) -> None:
        if self._tidied_at is not None and now < self._tidied_at + DELETE_EXPIRED_EVERY:
            return
        with database.writing(context.engine) as connection:
            delete_expired_plans(connection, now)
        self._tidied_at = now

    def _lose(self, error: DBAPIError) -> None:
        if not self._is_lost:
            self._is_lost = True
            log.warning("plans.database_lost", extra={"error": type(error).__name__})


class _PlanSearch:
    """The search for one plan, from the question to what is written down."""

    def __init__(
        self, context: AppContext, plan: StoredPlan, turn: str, stop: threading.Event
    ) -> None:
        self._context = context
        self._plan = plan
        self._turn = turn
        self._stop = stop
        self._progress = SearchProgress("reading prices", 0.0)
        self._said_s = time.monotonic()
        self._is_ours = True

    def run(self) -> None:
        outcome = self._outcome()
        with database.writing(self._context.engine) as connection:
            if self._stop.is_set() and isinstance(outcome, str):
                plan_queue.release_claim(connection, self._plan.id, self._turn)
            elif self._is_ours:
                now = self._context.clock()
                if plan_queue.finish_plan(connection, self._plan.id, self._turn, now, outcome):
                    self._note(connection, now, outcome)
        log.info("plans.searched", extra={"plan": self._plan.id, "ours": self._is_ours})

    def _note(self, connection: Connection, now: datetime, outcome: PlanResult | str) -> None:
        """Enter in the log what came of it, so that an answer cannot be exchanged."""
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
        """What came of it; a string is the reason why nothing did."""
        if self._plan.turns > MAX_ATTEMPTS:
            return TOO_MANY_ATTEMPTS
        try:
            return self._answer()
        except (BriefError, SearchStopped, UnknownLocation, ForecastFailed) as error:
            return str(error)
        except DBAPIError:
            raise
        except Exception:  # no plan may end the thread that works on all of them
            log.exception("plans.fault", extra={"plan": self._plan.id})
            return FAULT

    def _answer(self) -> PlanResult:
        asked = read_stored_request(self._plan.question)
        brief = asked.to_brief()
        on_sale = read_plan_offer(self._context, brief, self._plan.account)
        found = self._found(brief, on_sale, asked.within_s)
        return PlanResult(
            PlanStatus.IMPOSSIBLE if isinstance(found, Infeasible) else PlanStatus.DONE,
            plan_response(found, brief, on_sale).model_dump_json().encode(),
            _versions(self._context, on_sale).model_dump_json().encode(),
        )

    def _found(self, brief: Brief, on_sale: PlanOffer, within_s: float) -> Outcome:
        found = optimise_in_subprocess(
            brief,
            on_sale.offer,
            within_s=within_s,
            listener=self._hear,
            cancelled=self._is_to_end,
            niceness=NICENESS,
        )
        if self._stop.is_set():
            raise SearchStopped("the process is stopping")  # half an answer is not kept
        return found

    def _hear(self, step: SearchProgress) -> None:
        self._progress = step

    def _is_to_end(self) -> bool:
        """Whether to end the search; asked several times a second."""
        if self._stop.is_set() or not self._is_ours:
            return True
        if time.monotonic() - self._said_s >= POLL_EVERY_S:
            self._said_s = time.monotonic()
            self._is_ours = self._holds_on()
        return not self._is_ours

    def _holds_on(self) -> bool:
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
            ForecastUsed(location=site.id, forecast=made.forecast.model, made_at=made.at)
            for site, made in zip(on_sale.sites, on_sale.made, strict=True)
        ],
    )
