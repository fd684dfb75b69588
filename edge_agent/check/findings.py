"""Results of checks: one line for a person, one object for a program, one exit status."""

import json
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from edge_agent.check.startup_errors import STARTUP_ERRORS
from wire.addresses import hide_addresses


class Level(IntEnum):
    """Severity; the exit status is the worst one."""

    OK = 0
    WARNING = 1
    FAILURE = 2


LEVEL_NAMES: Final = {Level.OK: "ok", Level.WARNING: "WARN", Level.FAILURE: "FAIL"}


class CheckResult(NamedTuple):
    """What was found, and what to do about it if anything."""

    level: Level
    found: str
    remedy: str = ""


class Finding(NamedTuple):
    """The result of one check; `device` is empty for the machine as a whole."""

    check: str
    device: str
    result: CheckResult


def ok(found: str) -> CheckResult:
    """No problem."""
    return CheckResult(Level.OK, found)


def warning(found: str, remedy: str) -> CheckResult:
    """A run works, but not well or not for long."""
    return CheckResult(Level.WARNING, found, remedy)


def failure(found: str, remedy: str = "") -> CheckResult:
    """A run does not work."""
    return CheckResult(Level.FAILURE, found, remedy)


def run_check(check: Callable[[], CheckResult]) -> CheckResult:
    """Run a check; an error that would stop a run is a failure."""
    try:
        return check()
    except (*STARTUP_ERRORS, OSError) as error:
        return failure(hide_addresses(str(error)))


def worst_level(findings: Sequence[Finding]) -> Level:
    """The worst level."""
    return max((finding.result.level for finding in findings), default=Level.OK)


def format_lines(findings: Sequence[Finding]) -> list[str]:
    """One line per finding, with the device if there are several."""
    several = len({finding.device for finding in findings if finding.device}) > 1
    names = [
        f"{finding.check} {finding.device}".strip() if several else finding.check
        for finding in findings
    ]
    width = max(map(len, names), default=0)
    return [
        f"{name:{width}} {LEVEL_NAMES[finding.result.level]:<5} {_sentence(finding.result)}"
        for name, finding in zip(names, findings, strict=True)
    ]


def _sentence(result: CheckResult) -> str:
    return ": ".join(filter(None, (result.found, result.remedy)))


def format_json(findings: Sequence[Finding]) -> str:
    """The worst level and every finding as a JSON object."""
    return json.dumps(
        {
            "level": LEVEL_NAMES[worst_level(findings)].lower(),
            "checks": [
                {
                    "check": finding.check,
                    "device": finding.device or None,
                    "level": LEVEL_NAMES[finding.result.level].lower(),
                    "found": finding.result.found,
                    "remedy": finding.result.remedy or None,
                }
                for finding in findings
            ],
        },
        indent=2,
    )
