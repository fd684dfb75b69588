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
    """Settings that cannot be used: where, what was found, what was expected."""


def load(path: Path) -> Settings:
    """Read a TOML file; raises SettingsError."""
    return read_file(path, parse)


def read_file(path: Path, parse: Callable[[str], T]) -> T:
    """Apply `parse` to the text of a file; every error names the file."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings {path} cannot be read: {error}") from error
    except SettingsError as error:
        raise SettingsError(f"settings {path}: {error}") from error


def parse(text: str) -> Settings:
    """Settings from TOML text; missing keys keep their defaults."""
    return convert_settings(parse_tables(text))


def parse_tables(text: str) -> dict[str, Any]:
    """The tables of TOML text; all numbers are finite."""
    try:
        return tomllib.loads(text, parse_float=_parse_finite)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not TOML: {error}") from error
    except ValueError as error:
        raise SettingsError(f"{error}; correct the line or remove it for the default") from error


def convert_settings(tables: Mapping[str, Any]) -> Settings:
    """Settings from parsed tables."""
    try:
        return msgspec.convert(tables, Settings)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(f"{error}; correct the line or remove it for the default") from error


def _parse_finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a finite number")
    return value
