"""Run the optimiser in a process of its own, so that it can be stopped.

HiGHS does not always respect its time limit and cannot be interrupted from inside; ending the
process is the only reliable stop. The process is forked from a server that has loaded the solver.
If the parent dies, a limit of CPU seconds ends it. The best plan found so far is returned.
"""

import logging
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

from cloud.pricing.optimise.brief import Brief, BriefError
from cloud.pricing.optimise.offer import Offer
from cloud.pricing.optimise.plan import (
    Infeasible,
    MediaPlan,
    Outcome,
    ProgressListener,
    SearchProgress,
)

log = logging.getLogger(__name__)
POLL_S: Final = 0.2
"""How often the parent checks for cancellation."""
GRACE_S: Final = 5

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["cloud.pricing.optimise.search"])


class SearchStopped(RuntimeError):  # noqa: N818 - reads as what happened
    """The search was ended before it had any plan."""


@dataclass(frozen=True, slots=True)
class _Failed:
    sentence: str
    of_brief: bool


def optimise_in_subprocess(
    brief: Brief,
    offer: Offer,
    *,
    within_s: float,
    listener: ProgressListener = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
    niceness: int = 0,
) -> Outcome:
    """As `optimise`, for at most `within_s` and until `cancelled`; raises SearchStopped.

    A search that is ended after it had a plan answers with it, marked as not finished.
    """
    ours, theirs = _context.Pipe(duplex=False)
    child = _context.Process(
        target=_search,
        args=(theirs, brief, offer, within_s, niceness),
        daemon=True,
        name="optimise",
    )
    child.start()
    theirs.close()
    try:
        return _awaited(ours, time.monotonic() + within_s, listener, cancelled)
    finally:
        child.kill()
        child.join()
        child.close()
        ours.close()


def _awaited(
    ours: Connection, until_s: float, listener: ProgressListener, cancelled: Callable[[], bool]
) -> Outcome:
    best: MediaPlan | None = None
    while (left_s := until_s - time.monotonic()) > 0 and not cancelled():
        if not ours.poll(min(POLL_S, left_s)):
            continue
        try:
            message = ours.recv()
        except EOFError:
            raise SearchStopped("the search process exited: make the brief smaller") from None
        match message:
            case MediaPlan() | Infeasible():
                return message
            case _Failed():
                raise (
                    BriefError(message.sentence)
                    if message.of_brief
                    else RuntimeError(message.sentence)
                )
            case SearchProgress():
                best = message.plan or best
                listener(message)
    if best is None:
        raise SearchStopped(
            "the search was ended before it had found a plan: allow it more time, or ask for "
            "fewer days and locations"
        )
    return best


def _search(theirs: Connection, brief: Brief, offer: Offer, within_s: float, niceness: int) -> None:
    """The child process: search and send progress."""
    os.nice(niceness)
    limit_s = int(within_s) + GRACE_S
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
    from cloud.pricing.optimise.search import optimise

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the solver prints to standard output
    try:
        theirs.send(optimise(brief, offer, theirs.send))
    except BriefError as error:
        theirs.send(_Failed(str(error), of_brief=True))
    except Exception as error:
        log.exception("optimise.failed")
        theirs.send(_Failed(f"{type(error).__name__}: {error}", of_brief=False))
        raise
