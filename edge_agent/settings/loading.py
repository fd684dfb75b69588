"""Reads settings from TOML. A file with any error is refused as a whole."""

import math
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from edge_agent.settings.camera_settings import Settings

T = TypeVar("T")


class SettingsError(ValueError):
    """Settings that cannot be used: where, what was found, what was wanted."""


def load(path: Path) -> Settings:
    """Read a TOML file, or raise SettingsError with what to correct."""
    return read_file(path, parse)


def read_file(path: Path, parse: Callable[[str], T]) -> T:
    """What `parse` makes of a file's text; the file's name stands in every error."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings {path} cannot be read: {error}") from error
    except SettingsError as error:
        raise SettingsError(f"settings {path}: {error}") from error


def parse(text: str) -> Settings:
    """Settings from TOML text; what it does not name keeps its default."""
    return convert_settings(parse_tables(text))


def parse_tables(text: str) -> dict[str, Any]:
    """The tables of a TOML text, numbers finite."""
    try:
        return tomllib.loads(text, parse_float=_parse_finite)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not TOML: {error}") from error
    except ValueError as error:
        raise SettingsError(f"{error}; correct the line or remove it for the default") from error


def convert_settings(tables: Mapping[str, Any]) -> Settings:
    """Settings from tables that were read already."""
    try:
        return msgspec.convert(tables, Settings)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(f"{error}; correct the line or remove it for the default") from error


def _parse_finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a number to measure with")
    return value
