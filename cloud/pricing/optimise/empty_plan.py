"""Explain why the best plan buys nothing, and what would have to change for the first position.

Either a single position costs more than the money available, or no slot that matches the brief is
free or has any value.
"""

from typing import Final

from cloud.pricing.optimise.brief import Brief
from cloud.pricing.optimise.explanations import amount_in_words
from cloud.pricing.optimise.limits import Limit, list_limits
from cloud.pricing.optimise.linear_program import LinearProgram
from cloud.pricing.optimise.plan import Infeasible, LimitChange, Relaxation

HALF: Final = 0.5
"""Of a minor unit, since limits are floating point."""


def is_affordable(asked: LinearProgram) -> bool:
    """Whether the brief's budget buys any one position that serves the objective."""
    offer, brief = asked.offer, asked.brief
    buyable = asked.most > 0 if brief.minimums else (asked.most > 0) & (asked.wanted > 0)
    most_minor = min(one.size for one in list_limits(brief) if is_money(one, brief))
    affordable = offer.price_minor <= most_minor * brief.minor_per_unit + HALF
    return bool((buyable & affordable).any())


def is_money(limit: Limit, brief: Brief) -> bool:
    """Whether a limit is an amount of money."""
    return limit.unit == brief.currency


def explain_empty_plan(asked: LinearProgram) -> Infeasible:
    """Why no position is bought at all."""
    offer = asked.offer
    if not offer.free.any():
        return Infeasible(
            f"every slot that matches the brief is sold out ({len(offer)} slots): widen its dates, "
            "dayparts or locations",
            (),
        )
    wanted = (asked.wanted > 0) & (asked.most > 0)
    if not wanted.any():
        return Infeasible(
            "no slot of the brief adds anything to its objective: no audience of the target is "
            "expected there, or the slots only just earn their price; widen the brief",
            (),
        )
    return _explain_price(asked, int(offer.price_minor[wanted].min()))


def _explain_price(asked: LinearProgram, cheapest_minor: int) -> Infeasible:
    price = cheapest_minor / asked.brief.minor_per_unit
    short = [one for one in list_limits(asked.brief) if is_money(one, asked.brief)]
    changes = tuple(LimitChange(limit, price) for limit in short if limit.size < price)
    if not changes:
        return Infeasible(
            "no position fits the limits of the brief together: raise one of them", ()
        )
    above = " and ".join(_named(change.limit) for change in changes)
    cheapest = amount_in_words(changes[0].limit, price)
    sentence = f"no position can be bought: the cheapest costs {cheapest}, more than {above}"
    raised = " and ".join(
        f"raise {change.limit.name} from {amount_in_words(change.limit, change.limit.size)} to "
        f"{amount_in_words(change.limit, change.to)}"
        for change in changes
    )
    return Infeasible(sentence, (Relaxation(changes, True, raised),))


def _named(limit: Limit) -> str:
    return f"{limit.name} of {amount_in_words(limit, limit.size)}"
