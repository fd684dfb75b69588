"""The services of `compose.yaml` as plain processes: their commands, variables, health checks.

Only addresses and paths of the containers are replaced by those of this machine. Added are the
ports of broker and enrolment, since several tests share the machine, and Mosquitto's account.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from provisioning.__main__ import main as provisioning
from simulators.servers.mosquitto import free_port
from simulators.servers.process_group import ProcessGroup
from tests.auth_plugin import build_auth_plugin
from tests.provisioning.deployment_files import COMPOSE, ROOT, interpolate

DIGEST: Final = "@sha256:" + "0" * 64
VALUES: Final = {
    "BASE_IMAGE": "base" + DIGEST, "POSTGRES_IMAGE": "database" + DIGEST,
    "REDIS_IMAGE": "redis" + DIGEST,
    "HOST_NAMES": "sales.example.org", "SMTP_RELAY": "127.0.0.1:9",
    "MAIL_FROM": "onlooker@example.org", "LINK": "https://sales.example.org",
}  # fmt: skip
STACK: Final[dict[str, Any]] = yaml.safe_load(interpolate(COMPOSE.read_text(), VALUES))
SERVICES: Final[dict[str, dict[str, Any]]] = STACK["services"]
IN_ORDER: Final = ("broker", "ca-service", "serve", "stream", "fleet", "alerts", "notifications")
"""After the upgrade; PostgreSQL and Redis are those of the tests."""
PROVISIONING: Final = frozenset({"broker", "ca-service"})
METRICS_PORT: Final = "9100"


class ComposeServices:
    """The services over one database and one Redis, in a folder in place of the volumes."""

    def __init__(
        self, folder: Path, processes: ProcessGroup, database_url: str, redis_url: str
    ) -> None:
        self.folder, self.processes = folder, processes
        ports: set[int] = set()
        while len(ports) < len(IN_ORDER) + 3:  # one that is free can be given twice
            ports.add(free_port())
        self.broker_port, self.api_port, self.enrolment_port, *others = ports
        self._metrics_ports = dict(zip(IN_ORDER, map(str, others), strict=True))
        self._redis_url = redis_url
        for name in ("secrets", "authority", "var/broker", "var/ca", "var/lake"):
            (folder / name).mkdir(parents=True)
        self._write_secret("database_url", database_url)
        self._write_secret("ca_passphrase", "a passphrase of the tests")

    def issue_certificates(self) -> None:
        """The authority and the certificates of step 3 of docs/deploy.md."""
        ca, own, secrets = (self.folder / name for name in ("authority/ca", "own", "secrets"))
        _require(["ca", "init", "--dir", ca])
        for service in ("stream", "fleet"):
            _require(["ca", "issue", "--dir", ca, "--service", service, "--out", own])
        for name in ("broker", "server"):
            issued = self.folder / name
            _require(["ca", "issue", "--dir", ca, "--server", "localhost", "--out", issued])
            for ending in ("crt", "key"):
                (issued / f"localhost.{ending}").rename(secrets / f"{name}.{ending}")
        for file in own.iterdir():
            file.rename(secrets / file.name)

    def issue_claim(self, name: str) -> Path:
        """The certificate of a batch of cameras."""
        ca, out = self.folder / "authority/ca", self.folder / "factory"
        _require(["ca", "issue", "--dir", ca, "--claim", name, "--out", out])
        return out / f"{name}.crt"

    def run(self, *words: str) -> str:
        """`docker compose run --rm upgrade WORDS`: what it printed."""
        return self.processes.run("upgrade", ["cloud", *words], self.environment_of("upgrade"))

    def start(self) -> None:
        """Start what runs without end, after the upgrade."""
        self.run(*SERVICES["upgrade"]["command"])
        for name in IN_ORDER:
            program = "provisioning" if name in PROVISIONING else "cloud"
            command = [*self._command_of(name), *self._own_options(name)]
            self.processes.start(name, [program, *command], self.environment_of(name))

    def environment_of(self, name: str) -> dict[str, str]:
        """The variables of a service."""
        given: Mapping[str, str] = SERVICES[name].get("environment", {})
        return {key: self._replace(name, value) for key, value in given.items()}

    def is_healthy(self, name: str) -> bool:
        """What the health check of a service says."""
        _, _, option, code = SERVICES[name]["healthcheck"]["test"]
        words = [sys.executable, option, self._replace(name, code)]
        return subprocess.run(words, capture_output=True).returncode == 0

    def _command_of(self, name: str) -> list[str]:
        return [self._replace(name, word) for word in SERVICES[name]["command"]]

    def _own_options(self, name: str) -> Iterator[str]:
        if name == "broker":
            yield from ("--port", str(self.broker_port), "--bind", "127.0.0.1")
            yield from ("--auth-plugin", str(build_auth_plugin()))
            yield from ("--user", pwd.getpwuid(os.geteuid()).pw_name)
        if name == "fleet":
            yield from ("--enrolment-port", str(self.enrolment_port))
            yield from ("--enrolment-bind", "127.0.0.1")

    def _replace(self, name: str, text: str) -> str:
        """A word of a service with this machine's paths, names and ports."""
        for secret, one in STACK["secrets"].items():
            text = text.replace(f"/run/secrets/{secret}", f"{self.folder}/{one['file'][2:]}")
        for config, one in STACK["configs"].items():
            text = str(ROOT / one["file"]) if text == f"/{config}" else text
        for inside, outside in (
            ("/run/secrets", f"{self.folder}/secrets"), ("/authority", f"{self.folder}/authority"),
            ("/var/lib/onlooker", f"{self.folder}/var"), ("redis://redis:6379/0", self._redis_url),
            ("broker:8883", f"localhost:{self.broker_port}"), ("8883", str(self.broker_port)),
            ("0.0.0.0", "127.0.0.1"), ("8080", str(self.api_port)),
            (METRICS_PORT, self._metrics_ports.get(name, METRICS_PORT)),
        ):  # fmt: skip
            text = text.replace(inside, outside)
        return text

    def _write_secret(self, name: str, text: str) -> None:
        file = self.folder / STACK["secrets"][name]["file"]
        file.write_text(f"{text}\n")
        file.chmod(0o600)


def _require(words: list[Any]) -> None:
    assert provisioning([*map(str, words)]) == 0
