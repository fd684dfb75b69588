"""`compose.yaml` is valid, starts programs that exist, and runs them without rights."""

import re
from typing import Any, Final

import compose_spec
import pytest
import yaml

from cloud import settings
from cloud.__main__ import main
from provisioning.__main__ import main as provisioning_main
from provisioning.broker.command import add_arguments as add_broker_arguments
from provisioning.ca_service import add_arguments as add_ca_service_arguments
from tests.provisioning.deployment_files import (
    COMPOSE,
    DEPLOY_PAGE,
    MAIL_OPTIONS,
    MAILING,
    ROOT,
    interpolate,
    mail_options,
    named_paths,
    require_program,
    required_variables,
    source_variables,
)
from wire.command_line import Parser

DIGEST: Final = "@sha256:" + "0" * 64
VALUES: Final = {
    "BASE_IMAGE": "base" + DIGEST, "POSTGRES_IMAGE": "database" + DIGEST,
    "REDIS_IMAGE": "redis" + DIGEST,
    "HOST_NAMES": "sales.example.org", "SMTP_RELAY": "relay.example.org:25",
    "MAIL_FROM": "onlooker@example.org", "LINK": "https://sales.example.org",
}  # fmt: skip
TEXT: Final = COMPOSE.read_text()
FILLED: Final = interpolate(TEXT, VALUES)
STACK: Final[dict[str, Any]] = yaml.safe_load(FILLED)
SERVICES: Final[dict[str, dict[str, Any]]] = STACK["services"]
OWN: Final = sorted(name for name, one in SERVICES.items() if "build" in one)
PROGRAMS: Final = sorted(set(OWN) - {"broker", "authority", "ca-service"})
ONE_SHOT: Final = {"upgrade", "nightly", "authority"}
ENDLESS: Final = {"serve", "stream", "fleet", "ca-service", "alerts", "notifications"}
DOCKERFILE: Final = (ROOT / "provisioning/container/cloud.Dockerfile").read_text()


def test_the_file_is_valid_for_a_reader_of_the_specification():
    resolved = yaml.safe_dump({name: one for name, one in STACK.items() if name[:2] != "x-"})
    assert sorted(compose_spec.PyCompose.from_yaml(resolved).service_names()) == sorted(SERVICES)
    with pytest.raises(Exception, match="helthcheck"):
        compose_spec.PyCompose.from_yaml(resolved.replace("healthcheck:", "helthcheck:"))


def test_every_required_variable_is_described():
    assert required_variables(TEXT) == VALUES.keys()
    page = DEPLOY_PAGE.read_text()
    assert [name for name in VALUES if f"`{name}`" not in page] == []


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_has_no_rights_and_limited_resources(name: str):
    one = SERVICES[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["user"] not in ("0", "root")
    assert {"cpus", "memory"} <= one["deploy"]["resources"]["limits"].keys()
    assert ("healthcheck" in one) == (name not in ONE_SHOT)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_accepts_its_command_line(name: str, monkeypatch: pytest.MonkeyPatch):
    require_program(SERVICES[name]["command"], monkeypatch)
    assert SERVICES[name]["environment"].keys() <= source_variables()


def test_programs_that_send_mails_use_one_relay_sender_and_address():
    options = [mail_options(SERVICES[name]["command"]) for name in MAILING]
    assert options[0].keys() == MAIL_OPTIONS
    assert options == [options[0]] * len(MAILING)


def test_every_program_that_runs_without_end_is_started():
    assert SERVICES.keys() >= ENDLESS


def test_the_broker_accepts_its_command_line():
    parser = Parser()
    add_broker_arguments(parser)
    command, *words = SERVICES["broker"]["command"]
    assert (command, parser.parse_args(words).host) == ("broker", [])
    assert SERVICES["broker"]["environment"].keys() <= source_variables()


def test_the_ca_service_accepts_its_command_line():
    parser = Parser()
    add_ca_service_arguments(parser)
    command, *words = SERVICES["ca-service"]["command"]
    asked = parser.parse_args(words)
    assert (command, SERVICES["ca-service"]["network_mode"]) == ("ca-service", "none")
    fleet = SERVICES["fleet"]["command"]
    assert str(asked.socket) == fleet[fleet.index("--ca-socket") + 1]
    assert str(asked.dir) == fleet[fleet.index("--authority") + 1]


def test_only_the_authority_and_its_service_can_sign_certificates():
    with_passphrase = [
        name for name, one in SERVICES.items() if "ca_passphrase" in one.get("secrets", ())
    ]
    assert sorted(with_passphrase) == ["authority", "ca-service"]


@pytest.mark.parametrize("name", ["broker", "fleet"])
def test_the_keys_of_the_authority_are_hidden_from_who_reads_its_register(name: str):
    mounts = [volume.split(":") for volume in SERVICES[name]["volumes"]]
    assert ["./authority/ca", "/authority/ca", "ro"] in mounts
    hidden = {target for source, target, *_ in mounts if source == "/dev/null"}
    assert hidden == {"/authority/ca/issuing.key", "/authority/ca/claims.key"}  # root: offline


def test_the_authority_is_created_within_its_volume(tmp_path, capsys):
    (source,) = SERVICES["authority"]["volumes"]
    folder = SERVICES["authority"]["command"][-1]
    assert folder.rpartition("/")[0] == source.rpartition(":")[2]  # its draft is beside it
    words = [word.replace("/authority", str(tmp_path)) for word in SERVICES["authority"]["command"]]
    assert provisioning_main(["ca", "init", *words[2:]]) == 0
    assert provisioning_main(words) == 0


@pytest.mark.parametrize("name", OWN)
def test_every_file_that_a_program_reads_is_mounted(name: str):
    one = SERVICES[name]
    mounted = {f"/run/secrets/{secret}" for secret in one.get("secrets", ())}
    mounted |= {f"/{config}" for config in one.get("configs", ())}
    mounted |= {volume.split(":")[1] for volume in one.get("volumes", ())}
    mounted |= {"/run/secrets"} if one.get("secrets") else set()
    named = named_paths([*one["command"], *one["environment"].values()])
    lake = {settings_path for settings_path in named if settings_path.startswith("/var/lib/")}
    inner = {path for path in named for mount in mounted if path.startswith(f"{mount}/")}
    assert named - lake - inner <= mounted
    if name in ("serve", "nightly"):
        assert lake <= mounted


def test_a_volume_that_a_program_writes_to_belongs_to_its_user_in_the_image():
    owned = " ".join(re.findall(r"chown onlooker:onlooker (.+)$", DOCKERFILE, re.MULTILINE)).split()
    for name in OWN:
        for volume in SERVICES[name].get("volumes", ()):
            source, target, *mode = volume.split(":")
            if source in STACK["volumes"] and mode != ["ro"]:
                assert target in owned, volume


def test_every_named_file_and_target_exists():
    for config in STACK["configs"].values():
        assert (ROOT / config["file"]).is_file(), config
    for name in OWN:
        built = SERVICES[name]["build"]
        assert (ROOT / built["dockerfile"]).is_file()
        assert f"AS {built['target']}\n" in DOCKERFILE
    used = {secret for one in SERVICES.values() for secret in one.get("secrets", ())}
    assert used == STACK["secrets"].keys()
    page = DEPLOY_PAGE.read_text()
    files = [one["file"].removeprefix("./") for one in STACK["secrets"].values()]
    assert [file for file in files if file not in page] == []


def test_the_image_copies_what_exists_and_starts_entry_points_of_the_project():
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
    scripts = (ROOT / "pyproject.toml").read_text()
    for program in re.findall(r'^ENTRYPOINT \["(\S+)"\]$', DOCKERFILE, re.MULTILINE):
        assert f"\n{program} = " in scripts
    assert DOCKERFILE.count("\nUSER 10001:10001\n") == 2
    assert DOCKERFILE.rindex(" AS cloud\n") > DOCKERFILE.rindex(" AS broker\n")  # the default


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_environment_is_read_with_secrets_from_files(name: str, tmp_path):
    (tmp_path / "database_url").write_text("postgresql://onlooker:s3cret@database/onlooker\n")
    environment = {
        key: value.replace("/run/secrets", str(tmp_path))
        for key, value in SERVICES[name]["environment"].items()
    }
    found = settings.read(Parser().parse_args([]), environment)
    assert found.database_url == "postgresql://onlooker:s3cret@database/onlooker"
    assert str(found.sites) == "/sites"
    assert "s3cret" not in repr(found)


def test_the_upgrade_runs_with_the_environment_of_its_service(
    tmp_path, monkeypatch: pytest.MonkeyPatch, capsys
):
    (tmp_path / "database_url").write_text(f"sqlite:///{tmp_path}/onlooker.db")
    for key, value in SERVICES["upgrade"]["environment"].items():
        monkeypatch.setenv(key, value.replace("/run/secrets", str(tmp_path)))
    assert main(SERVICES["upgrade"]["command"]) == 0
    assert main(["database", "check"]) == 0
