"""What a check found: one line for a person, one object for a program, one exit status for both."""

import json
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from edge_agent.check.startup_errors import REFUSALS
from wire.addresses import hide_addresses


class Level(IntEnum):
    """How grave; also the exit status when nothing is graver."""

    OK = 0
    WARNING = 1
    FAILURE = 2


WORDS: Final = {Level.OK: "ok", Level.WARNING: "WARN", Level.FAILURE: "FAIL"}


class Verdict(NamedTuple):
    """What was found, and what to do about it where something is to be done."""

    level: Level
    found: str
    remedy: str = ""


class Finding(NamedTuple):
    """The verdict of one check; `device` is empty where it concerns the whole machine."""

    check: str
    device: str
    verdict: Verdict


def ok(found: str) -> Verdict:
    """In order."""
    return Verdict(Level.OK, found)


def warning(found: str, remedy: str) -> Verdict:
    """A run works, but not well or not for long."""
    return Verdict(Level.WARNING, found, remedy)


def failure(found: str, remedy: str = "") -> Verdict:
    """A run does not work."""
    return Verdict(Level.FAILURE, found, remedy)


def verdict_of(check: Callable[[], Verdict]) -> Verdict:
    """The verdict of a check, which fails where a run would be refused."""
    try:
        return check()
    except (*REFUSALS, OSError) as error:
        return failure(hide_addresses(str(error)))


def worst(findings: Sequence[Finding]) -> Level:
    """The gravest level."""
    return max((finding.verdict.level for finding in findings), default=Level.OK)


def as_lines(findings: Sequence[Finding]) -> list[str]:
    """A line for each; the device is named where there are several."""
    several = len({finding.device for finding in findings if finding.device}) > 1
    names = [f"{one.check} {one.device}".strip() if several else one.check for one in findings]
    width = max(map(len, names), default=0)
    return [
        f"{name:{width}} {WORDS[one.verdict.level]:<5} {_sentence(one.verdict)}"
        for name, one in zip(names, findings, strict=True)
    ]


def _sentence(result: Verdict) -> str:
    return ": ".join(filter(None, (result.found, result.remedy)))


def as_json(findings: Sequence[Finding]) -> str:
    """The worst level and every finding, as one object."""
    return json.dumps(
        {
            "level": WORDS[worst(findings)].lower(),
            "checks": [
                {
                    "check": one.check,
                    "device": one.device or None,
                    "level": WORDS[one.verdict.level].lower(),
                    "found": one.verdict.found,
                    "remedy": one.verdict.remedy or None,
                }
                for one in findings
            ],
        },
        indent=2,
    )
