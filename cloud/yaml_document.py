"""Strict reading of YAML files that people write: the sites file, rate cards, alert recipients.

A file is accepted as a whole or refused with an error that names the place inside it. Refused are
unknown and repeated keys, aliases, deep nesting, infinite numbers and files over the size limit.
"""

import math
from collections import Counter
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import yaml

from cloud.suggestions import explain_field

LARGEST_FILE_BYTES: Final = 16 * 1024 * 1024  # 10,000 locations need about 6 MB
DEEPEST: Final = 32

Plain = TypeVar("Plain", bound=msgspec.Struct)


class DocumentError(ValueError):
    """A YAML document that is not valid; the message says where and why."""


def read_document(
    path: Path, kind: type[Plain], *, upgrade: Callable[[object], None] = lambda _: None
) -> Plain:
    """Read a YAML file as a value of `kind`; `upgrade` edits the parsed data of former versions.

    Raises:
        DocumentError: names the file and the place inside it.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(content) > LARGEST_FILE_BYTES:
        raise DocumentError(f"{path} is larger than {LARGEST_FILE_BYTES} bytes")
    try:
        _refuse_aliases(content)
        plain = yaml.load(content, Loader=_PlainLoader)  # noqa: S506 - a stricter SafeLoader
        _refuse_infinite_numbers(plain, "$")
        upgrade(plain)
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{path}: {explain_field(str(error), kind)}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise DocumentError(f"{path}: {error}") from error
    except (LookupError, AttributeError, TypeError) as error:  # the YAML library's own
        raise DocumentError(f"{path}: a value does not fit the !!tag before it") from error


class _PlainLoader(yaml.CSafeLoader):
    """Safe YAML in which no key may be given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [str(key.value) for key, _ in node.value]
        for key, times in Counter(keys).items():
            if times > 1:
                line = node.start_mark.line + 1
                raise yaml.YAMLError(
                    f"key {key!r} is given {times} times in the block that starts on line {line}"
                )
        return super().construct_mapping(node, deep)


def _refuse_aliases(content: bytes) -> None:
    """Refuse aliases, which can expand a small file to a huge one, and deep nesting."""
    depth = 0
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError(f"the alias *{event.anchor}: write the value out instead")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise yaml.YAMLError(f"nested more than {DEEPEST} levels deep")


def _refuse_infinite_numbers(plain: object, place: str) -> None:
    if isinstance(plain, float) and not math.isfinite(plain):
        raise ValueError(f"{plain} is not a number that can be used - at `{place}`")
    if isinstance(plain, dict):
        for key, inner in plain.items():
            _refuse_infinite_numbers(inner, f"{place}.{key}")
    if isinstance(plain, list):
        for index, inner in enumerate(plain):
            _refuse_infinite_numbers(inner, f"{place}[{index}]")
