"""What a check found: one line for a person, one object for a program, one exit status for both."""

import json
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from edge_agent.check.startup_errors import STARTUP_ERRORS
from wire.addresses import hide_addresses


class Level(IntEnum):
    """How grave; also the exit status when nothing is graver."""

    OK = 0
    WARNING = 1
    FAILURE = 2


LEVEL_NAMES: Final = {Level.OK: "ok", Level.WARNING: "WARN", Level.FAILURE: "FAIL"}


class CheckResult(NamedTuple):
    """What was found, and what to do about it where something is to be done."""

    level: Level
    found: str
    remedy: str = ""


class Finding(NamedTuple):
    """The verdict of one check; `device` is empty where it concerns the whole machine."""

    check: str
    device: str
    verdict: CheckResult


def ok(found: str) -> CheckResult:
    """In order."""
    return CheckResult(Level.OK, found)


def warning(found: str, remedy: str) -> CheckResult:
    """A run works, but not well or not for long."""
    return CheckResult(Level.WARNING, found, remedy)


def failure(found: str, remedy: str = "") -> CheckResult:
    """A run does not work."""
    return CheckResult(Level.FAILURE, found, remedy)


def run_check(check: Callable[[], CheckResult]) -> CheckResult:
    """The verdict of a check, which fails where a run would be refused."""
    try:
        return check()
    except (*STARTUP_ERRORS, OSError) as error:
        return failure(hide_addresses(str(error)))


def worst_level(findings: Sequence[Finding]) -> Level:
    """The gravest level."""
    return max((finding.verdict.level for finding in findings), default=Level.OK)


def format_lines(findings: Sequence[Finding]) -> list[str]:
    """A line for each; the device is named where there are several."""
    several = len({finding.device for finding in findings if finding.device}) > 1
    names = [f"{one.check} {one.device}".strip() if several else one.check for one in findings]
    width = max(map(len, names), default=0)
    return [
        f"{name:{width}} {LEVEL_NAMES[one.verdict.level]:<5} {_sentence(one.verdict)}"
        for name, one in zip(names, findings, strict=True)
    ]


def _sentence(result: CheckResult) -> str:
    return ": ".join(filter(None, (result.found, result.remedy)))


def format_json(findings: Sequence[Finding]) -> str:
    """The worst level and every finding, as one object."""
    return json.dumps(
        {
            "level": LEVEL_NAMES[worst_level(findings)].lower(),
            "checks": [
                {
                    "check": one.check,
                    "device": one.device or None,
                    "level": LEVEL_NAMES[one.verdict.level].lower(),
                    "found": one.verdict.found,
                    "remedy": one.verdict.remedy or None,
                }
                for one in findings
            ],
        },
        indent=2,
    )
