"""The Kubernetes example is valid, starts programs that exist, and runs them without rights."""

from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

from provisioning.ca_service import add_arguments as add_ca_service_arguments
from tests.provisioning.deployment_files import (
    DEPLOY_PAGE,
    MAIL_OPTIONS,
    MAILING,
    ROOT,
    mail_options,
    named_paths,
    pod_of,
    read_manifests,
    require_program,
    source_variables,
)
from wire.command_line import Parser

VERSION: Final = "1.37"
DOCUMENTS: Final = [*read_manifests()]
PODS: Final = {
    document["metadata"]["name"]: pod
    for _, document in DOCUMENTS
    if (pod := pod_of(document)) is not None
}
CONFIG: Final[dict[str, str]] = next(
    document["data"] for _, document in DOCUMENTS if document["kind"] == "ConfigMap"
)
CONTAINERS: Final = {one["name"]: one for pod in PODS.values() for one in pod["spec"]["containers"]}
ENDLESS: Final = {"serve", "stream", "fleet", "ca-service", "alerts", "notifications"}
PROGRAMS: Final = sorted(CONTAINERS.keys() - {"ca-service"})
SHARED_SECRETS: Final = {"database_url", "redis_url"}
OWN_SECRETS: Final = {
    "stream": {"trust.pem", "stream.crt", "stream.key"},
    "fleet": {"trust.pem", "fleet.crt", "fleet.key", "server.crt", "server.key"},
}


def describe(document: dict[str, Any]) -> str:
    return f"{document['kind']}-{document['metadata']['name']}"


@pytest.mark.parametrize(
    ("file", "document"),
    DOCUMENTS,
    ids=[f"{d['kind']}-{d['metadata']['name']}" for _, d in DOCUMENTS],
)
def test_a_document_is_valid_by_the_schema_of_its_kind(file: str, document: dict[str, Any]):
    kubernetes_validate.validate(document, VERSION, strict=True)


def test_the_schema_refuses_a_misspelled_field():
    _, document = next(one for one in DOCUMENTS if one[1]["kind"] == "Deployment")
    text = yaml.safe_dump(document).replace("livenessProbe:", "livenesProbe:")
    with pytest.raises(kubernetes_validate.ValidationError, match="livenesProbe"):
        kubernetes_validate.validate(yaml.safe_load(text), VERSION, strict=True)


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_pod_runs_as_an_unprivileged_user_without_a_token(name: str):
    pod = PODS[name]["spec"]
    security = pod["securityContext"]
    assert (security["runAsNonRoot"], security["runAsUser"]) == (True, 10001)
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_a_container_has_no_rights_limited_resources_and_probes(name: str):
    container = CONTAINERS[name]
    own = container["securityContext"]
    assert own["readOnlyRootFilesystem"] is True
    assert own["allowPrivilegeEscalation"] is False
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
    assert container["resources"]["requests"].keys() == container["resources"]["limits"].keys()
    assert ("livenessProbe" in container and "startupProbe" in container) == (name in ENDLESS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_accepts_its_command_line(name: str, monkeypatch: pytest.MonkeyPatch):
    require_program(CONTAINERS[name]["args"], monkeypatch)


def test_the_ca_service_accepts_its_command_line():
    parser = Parser()
    add_ca_service_arguments(parser)
    command, *words = CONTAINERS["ca-service"]["args"]
    asked = parser.parse_args(words)
    fleet = CONTAINERS["fleet"]["args"]
    assert command == "ca-service"
    assert str(asked.socket) == fleet[fleet.index("--ca-socket") + 1]
    assert str(asked.dir) == fleet[fleet.index("--authority") + 1]
    assert {one["name"] for one in CONTAINERS["ca-service"]["env"]} <= source_variables()


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_pod_can_read_its_own_keys_only(name: str):
    (found,) = [
        one["secret"]
        for one in PODS[name]["spec"]["volumes"]
        if one.get("secret", {}).get("secretName") == "onlooker"
    ]
    read = {one["key"] for one in found["items"]}
    assert read == SHARED_SECRETS | OWN_SECRETS.get(name, set())


def test_only_the_ca_service_has_the_passphrase_and_the_keys_of_the_authority():
    mounts = {
        name: {one["mountPath"] for one in container["volumeMounts"] if one["name"] == "passphrase"}
        for name, container in CONTAINERS.items()
    }
    assert [name for name, found in mounts.items() if found] == ["ca-service"]
    hidden = {
        one["mountPath"]
        for one in CONTAINERS["fleet"]["volumeMounts"]
        if one["name"] == "hidden" and one["readOnly"]
    }
    assert hidden == {"/authority/ca/issuing.key", "/authority/ca/claims.key"}


def test_programs_that_send_mails_use_one_relay_sender_and_address():
    options = [mail_options(CONTAINERS[name]["args"]) for name in MAILING]
    assert options[0].keys() == MAIL_OPTIONS
    assert options == [options[0]] * len(MAILING)


def test_every_program_that_runs_without_end_is_started():
    assert CONTAINERS.keys() >= ENDLESS


def test_every_setting_is_read_by_a_program_and_every_file_is_mounted():
    assert CONFIG.keys() <= source_variables()
    for pod in PODS.values():
        volumes = {one["name"] for one in pod["spec"]["volumes"]}
        containers = pod["spec"]["containers"]
        assert {one["name"] for each in containers for one in each["volumeMounts"]} == volumes
    for name, container in CONTAINERS.items():
        mounts = [one["mountPath"] for one in container["volumeMounts"]]
        config = CONFIG.values() if "envFrom" in container else ()
        named = named_paths([*container["args"], *config])
        lake = {path for path in named if path.startswith("/var/lib/")}
        needed = named if name == "nightly" else named - lake
        assert [path for path in needed if not path.startswith(tuple(mounts))] == []


def test_the_page_creates_every_file_that_the_programs_read():
    page = DEPLOY_PAGE.read_text()
    named = {
        path
        for container in CONTAINERS.values()
        for path in named_paths([*container["args"], *CONFIG.values()])
        if path.startswith(("/config/", "/run/secrets/onlooker/"))
    }
    assert len(named) >= 9
    assert [path for path in sorted(named) if path.rpartition("/")[2] not in page] == []


def test_selectors_match_the_pods_and_the_image_is_this_version():
    labels = {name: pod["metadata"]["labels"] for name, pod in PODS.items()}
    for _, document in DOCUMENTS:
        spec = document.get("spec", {})
        selector = spec.get("selector", spec.get("podSelector", {}))
        wanted = selector.get("matchLabels", selector if document["kind"] == "Service" else {})
        assert any(wanted.items() <= one.items() for one in labels.values()), document["metadata"]
    version = f'version = "{CONTAINERS["serve"]["image"].rpartition(":")[2]}"'
    assert version in (ROOT / "pyproject.toml").read_text()
    assert len({one["image"] for one in CONTAINERS.values()}) == 1
