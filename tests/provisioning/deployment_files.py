"""Reads the deployment's files and compares what they name with the programs of the tree."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from cloud.cli.main import load_command

ROOT: Final = Path(__file__).resolve().parents[2]
COMPOSE: Final = ROOT / "compose.yaml"
KUBERNETES: Final = ROOT / "provisioning/kubernetes"
DEPLOY_PAGE: Final = ROOT / "docs/deploy.md"
VARIABLE: Final = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<text>[^}]*))?\}")
MAIL_OPTIONS: Final = frozenset({"--smtp", "--mail-from", "--link"})
MAILING: Final = ("alerts", "notifications", "serve")
"""Programs that send mails; `serve` sends invitations and the links of forgotten passwords."""
FOREIGN: Final = frozenset({"FORWARDED_ALLOW_IPS"})
"""Variables that libraries read: uvicorn."""


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables, as Compose replaces them; KeyError for a required one."""

    def replace(found: re.Match[str]) -> str:
        name, kind = found["name"], found["kind"]
        return values.get(name, found["text"]) if kind == "-" else values[name]

    return VARIABLE.sub(replace, text)


def required_variables(text: str) -> set[str]:
    """Variables without a default."""
    return {found["name"] for found in VARIABLE.finditer(text) if found["kind"] == "?"}


def read_manifests() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every document of the Kubernetes example, with the name of its file."""
    for file in sorted(KUBERNETES.glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            yield file.name, document


def pod_of(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The template of the pods that a document creates, if any."""
    spec = document.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    found: dict[str, Any] | None = spec.get("template")
    return found


def require_program(command: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The cloud's program must accept the command line; nothing is run."""
    monkeypatch.setattr("cloud.cli.main.write_json_lines", lambda: None)
    try:
        load_command([*command])
    except SystemExit as refused:
        raise AssertionError(f"refused: onlooker-cloud {' '.join(command)}") from refused


def mail_options(words: Sequence[str]) -> dict[str, str]:
    """The options of mails in a command line, with their values."""
    return {name: words[at + 1] for at, name in enumerate(words) if name in MAIL_OPTIONS}


def source_variables() -> frozenset[str]:
    """The environment variables that the programs read."""
    files = (one for name in ("cloud", "provisioning") for one in (ROOT / name).rglob("*.py"))
    found = {name for one in files for name in re.findall(r"\bONLOOKER_[A-Z_]+", one.read_text())}
    addresses = {f"ONLOOKER_{name}_URL" for name in ("DATABASE", "BROKER", "REDIS")}
    return frozenset(found | addresses | FOREIGN)


def named_paths(words: Sequence[str]) -> set[str]:
    """Absolute paths among options and values of variables, `@` removed."""
    return {one.removeprefix("@") for one in words if one.startswith(("/", "@/"))}
