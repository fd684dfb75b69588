"""From a brief and an offer to a plan: relax, round, check, describe.

Every plan is counted again from its slots before it is returned; a plan that breaks a limit is
discarded, even if the solver reported it as valid.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cloud.pricing.optimise.audit import find_violations
from cloud.pricing.optimise.brief import Brief, BriefError
from cloud.pricing.optimise.empty_plan import explain_empty_plan, is_affordable
from cloud.pricing.optimise.feasibility import find_conflicts
from cloud.pricing.optimise.linear_program import build_linear_program
from cloud.pricing.optimise.offer import Integers, Offer
from cloud.pricing.optimise.plan import MediaPlan, Outcome, ProgressListener, SearchProgress
from cloud.pricing.optimise.plan_description import describe_plan
from cloud.pricing.optimise.relaxation import RelaxedPlan, solve_relaxation
from cloud.pricing.optimise.relaxation_advice import advise_relaxations
from cloud.pricing.optimise.rounding import (
    CORES,
    fill_remaining,
    round_core,
    round_core_exactly,
    round_down,
)

log = logging.getLogger(__name__)
GOOD_ENOUGH: Final = 5e-4
"""Below this gap a larger core is not tried."""
RAISED_MINIMUMS: Final = (1.0, 1.003, 1.02)
"""Minimums are raised a little when integer positions just miss them."""


def optimise(
    brief: Brief, offer: Offer, listener: ProgressListener = lambda progress: None
) -> Outcome:
    """The best plan found with its bound, or the possible relaxations. Deterministic."""
    _refuse_unknown_groups(brief, offer)
    listener(SearchProgress("reading the brief", 0.0))
    asked = build_linear_program(brief, offer)
    if not (brief.minimums or is_affordable(asked)):
        return explain_empty_plan(asked)
    relaxed = None if find_conflicts(asked) else solve_relaxation(asked)
    if relaxed is None:
        listener(SearchProgress("no plan is possible: finding relaxations", 0.5))
        return advise_relaxations(asked)
    listener(SearchProgress("rounding to whole slots", 0.6))
    best = _best(relaxed, listener)
    if best is None and not brief.minimums:
        return explain_empty_plan(asked)
    if best is None:
        listener(SearchProgress("no plan is possible: finding relaxations", 0.9))
        return advise_relaxations(asked)
    listener(SearchProgress("done", 1.0, best))
    return best


def _best(relaxed: RelaxedPlan, listener: ProgressListener) -> MediaPlan | None:
    """The most valuable of the candidates that keep every limit, stopping at a good one."""
    best: MediaPlan | None = None
    for step, positions in enumerate(_candidates(relaxed)):
        broken = find_violations(relaxed.asked.brief, relaxed.asked.offer, positions)
        if broken:
            log.debug("optimise.refused", extra={"step": step, "broken": broken})
            continue
        if not positions.any():
            continue  # nothing bought is no plan
        plan = describe_plan(relaxed, positions)
        if best is None or plan.value > best.value:
            best = plan
            listener(SearchProgress("rounding to whole slots", 0.8, replace(best, finished=False)))
        if step and best.gap <= GOOD_ENOUGH:
            break
    return best


def _candidates(relaxed: RelaxedPlan) -> Iterator[Integers]:
    """Integer plans, fastest first, then those that meet minimums which rounding misses."""
    yield fill_remaining(relaxed.asked, round_down(relaxed))
    for times in RAISED_MINIMUMS:
        raised = relaxed if times == 1 else _raise_minimums(relaxed, times)
        found = None
        for core in CORES if raised is not None else ():
            assert raised is not None
            found = round_core(raised, core=core)
            if found is not None:
                yield fill_remaining(relaxed.asked, found)
        if found is not None or not relaxed.asked.brief.minimums:
            return
    has_curves = any(curve.minimum is not None for curve in relaxed.asked.curves)
    found = round_core_exactly(relaxed, core=CORES[-1]) if has_curves else None
    if found is not None:
        yield fill_remaining(relaxed.asked, found)


def _raise_minimums(relaxed: RelaxedPlan, times: float) -> RelaxedPlan | None:
    """The relaxation with its minimums raised, or None when that is infeasible."""
    asked = relaxed.asked
    raised = tuple(
        replace(minimum, least=minimum.least * times) for minimum in asked.brief.minimums
    )
    return solve_relaxation(
        build_linear_program(replace(asked.brief, minimums=raised), asked.offer), near=relaxed
    )


def _refuse_unknown_groups(brief: Brief, offer: Offer) -> None:
    missing = {minimum.group.name for minimum in brief.minimums} - set(offer.groups)
    if missing:
        raise BriefError(f"no data for {sorted(missing)}: leave that minimum out")
