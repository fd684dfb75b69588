"""Evaluates AWS IoT policies: whether AWS would allow an attempt.

Supported: Allow and Deny, wildcards in actions and resources (`*`, `?`), policy variables, Bool and
StringEquals. An explicit Deny wins; without a matching Allow the attempt is refused. A statement
with a variable that has no value matches nothing. Any other element raises PolicyError.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

VARIABLE: Final = re.compile(r"\$\{([^}]+)\}")
CONDITIONS: Final = ("Bool", "StringEquals")


class PolicyError(ValueError):
    """A policy that uses an element that this evaluator does not support."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One action on one resource, with the policy variables of the connection."""

    action: str
    resource: str
    variables: Mapping[str, str]


def is_allowed(policies: Iterable[Mapping[str, Any]], attempt: Attempt) -> bool:
    """Whether all policies together allow the attempt."""
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in policy["Statement"]
        if _matches(statement, attempt)
    }
    return "Allow" in effects and "Deny" not in effects


def _matches(statement: Mapping[str, Any], attempt: Attempt) -> bool:
    unknown = set(statement) - {"Effect", "Action", "Resource", "Condition", "Sid"}
    if unknown:
        raise PolicyError(f"statement elements {sorted(unknown)} are not supported")
    actions = _as_list(statement["Action"])
    resources = _as_list(statement["Resource"])
    return (
        any(_action_matches(action, attempt.action) for action in actions)
        and any(_resource_matches(resource, attempt) for resource in resources)
        and _condition_holds(statement.get("Condition", {}), attempt)
    )


def _resource_matches(resource: str, attempt: Attempt) -> bool:
    filled = _resource_pattern(resource, attempt.variables)
    return filled is not None and re.fullmatch(filled, attempt.resource, re.DOTALL) is not None


def _resource_pattern(resource: str, variables: Mapping[str, str]) -> str | None:
    """The resource as a pattern; a wildcard in the value of a variable is a plain character."""
    pattern, end = "", 0
    for found in VARIABLE.finditer(resource):
        if (value := variables.get(found[1])) is None:
            return None
        pattern += _pattern(resource[end : found.start()]) + re.escape(value)
        end = found.end()
    return pattern + _pattern(resource[end:])


def _pattern(text: str) -> str:
    return re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")


def _action_matches(wanted: str, action: str) -> bool:
    return re.fullmatch(_pattern(wanted), action) is not None


def _condition_holds(condition: Mapping[str, Any], attempt: Attempt) -> bool:
    for operator, wanted in condition.items():
        if operator not in CONDITIONS:
            raise PolicyError(
                f"condition {operator} is not supported; use {' or '.join(CONDITIONS)}"
            )
        for variable, values in wanted.items():
            if attempt.variables.get(variable) not in _as_list(values):
                return False
    return True


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
