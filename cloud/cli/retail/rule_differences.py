"""What a rule set of retail prices changes against another one, a line for each value."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from cloud.pricing.retail.rules import SELECTORS, PriceRules

NOTHING: Final = "nothing"


def list_differences(old: PriceRules, new: PriceRules) -> list[str]:
    """Each value that is other, such as `defaults.minimum_margin: 0.1 -> 0.12`; not the version.

    An override is named by its selectors, so that moving it within the file is no change of its
    values; of several with the same selectors each has its place among them.
    """
    before, after = (dict(_flatten_rules(rules)) for rules in (old, new))
    names = [*before, *(name for name in after if name not in before)]
    return [
        f"{name}: {before.get(name, NOTHING)} -> {after.get(name, NOTHING)}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def _flatten_rules(rules: PriceRules) -> Iterator[tuple[str, str]]:
    content: dict[str, Any] = msgspec.to_builtins(rules)
    yield from _flatten("defaults", content["defaults"])
    yield from _flatten("ladders", content["ladders"])
    counted: dict[str, int] = {}
    for override in content["overrides"]:
        selected = {kind: override.pop(kind) for kind in SELECTORS}
        name = ", ".join(f"{kind} {one}" for kind, one in selected.items() if one) or "everything"
        counted[name] = counted.get(name, 0) + 1
        place = f" #{counted[name]}" if counted[name] > 1 else ""
        yield from _flatten(f"overrides[{name}{place}]", override)


def _flatten(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        parts = [(f"{path}.{key}", one) for key, one in value.items()]
    elif isinstance(value, list):
        parts = [(f"{path}[{place}]", one) for place, one in enumerate(value)]
    else:
        yield path, "off" if value is None else str(value)
        return
    for name, one in parts:
        yield from _flatten(name, one)
