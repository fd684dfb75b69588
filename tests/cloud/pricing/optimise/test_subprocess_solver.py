"""The search in its own process: the same plan, progress, and a certain end."""

import math
import os
from datetime import date

import numpy as np
import pytest

from cloud.pricing.optimise import subprocess_solver
from cloud.pricing.optimise.brief import AudienceGroup, Brief, BriefError, Minimum
from cloud.pricing.optimise.offer import GroupAudience, Offer
from cloud.pricing.optimise.plan import SearchProgress
from cloud.pricing.optimise.search import optimise
from cloud.pricing.optimise.subprocess_solver import SearchStopped, optimise_in_subprocess

EVERYBODY = AudienceGroup()


def offer(slots):
    chance = np.random.default_rng(11)
    contacts = np.round(chance.lognormal(2, 0.5, slots), 3)
    return Offer(
        key=np.arange(slots).astype(str),
        names=("KX-01",),
        location=np.zeros(slots, dtype=np.int64),
        day=np.zeros(slots, dtype=np.int64),
        price_minor=chance.integers(50, 500, slots),
        free=np.ones(slots, dtype=np.int64),
        target=GroupAudience(contacts, np.array([1000.0])),
        low=contacts / 2,
        high=contacts * 2,
        groups={},
    )


def brief(**asked):
    fields = {"budget_minor": 5_000, "currency": "GBP"}
    days = {"first_on": date(2026, 11, 23), "until_on": date(2026, 11, 24)}
    return Brief(**(fields | days | asked))


def test_it_finds_the_same_plan_and_says_how_it_goes(capfd):
    received = []
    found = optimise_in_subprocess(brief(), offer(200), within_s=60, listener=received.append)
    assert found == optimise(brief(), offer(200))
    assert [step.done for step in received] == sorted(step.done for step in received)
    assert received[0] == SearchProgress("reading the brief", 0.0)
    assert capfd.readouterr().out == ""


def test_a_brief_that_cannot_be_read_is_refused_as_if_it_were_here():
    asked = brief(minimums=(Minimum(EVERYBODY, "reach", 5.0),))
    with pytest.raises(BriefError, match="leave that minimum out"):
        optimise_in_subprocess(asked, offer(20), within_s=60)


def endless(theirs, *_):
    """A search that has a plan and then never ends."""
    found = optimise(brief(), offer(50))
    theirs.send(SearchProgress("rounding to whole slots", 0.8, found))
    theirs.send(SearchProgress(str(os.getpid()), 0.9))
    while True:
        math.factorial(2000)


def search_without_progress(*_):
    while True:
        math.factorial(2000)


def test_an_endless_search_is_ended_with_the_best_plan_so_far(monkeypatch):
    monkeypatch.setattr(subprocess_solver, "_search", endless)
    received = []
    found = optimise_in_subprocess(
        brief(),
        offer(50),
        within_s=120,
        listener=received.append,
        cancelled=lambda: len(received) == 2,
    )
    assert found == optimise(brief(), offer(50))
    with pytest.raises(ProcessLookupError):
        os.kill(int(received[1].stage), 0)


def test_a_search_without_a_plan_is_stopped_with_a_sentence(monkeypatch):
    monkeypatch.setattr(subprocess_solver, "_search", search_without_progress)
    with pytest.raises(SearchStopped, match="allow it more time"):
        optimise_in_subprocess(brief(), offer(20), within_s=0.3)


def dying(*_):
    os._exit(9)


def test_a_search_whose_process_exits_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(subprocess_solver, "_search", dying)
    with pytest.raises(SearchStopped, match="process exited"):
        optimise_in_subprocess(brief(), offer(20), within_s=600)
