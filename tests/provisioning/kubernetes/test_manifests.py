"""The Kubernetes example is valid, starts programs that exist, and runs them without rights."""

from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

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
ENDLESS: Final = {"serve", "stream", "alerts", "notifications"}


def describe(document: dict[str, Any]) -> str:
    return f"{document['kind']}-{document['metadata']['name']}"


def container_of(name: str) -> dict[str, Any]:
    (found,) = PODS[name]["spec"]["containers"]
    container: dict[str, Any] = found
    return container


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
def test_a_pod_has_no_rights_limited_resources_and_probes(name: str):
    pod, container = PODS[name]["spec"], container_of(name)
    security = pod["securityContext"]
    assert (security["runAsNonRoot"], security["runAsUser"]) == (True, 10001)
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    own = container["securityContext"]
    assert own["readOnlyRootFilesystem"] is True
    assert own["allowPrivilegeEscalation"] is False
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
    assert container["resources"]["requests"].keys() == container["resources"]["limits"].keys()
    assert ("livenessProbe" in container and "startupProbe" in container) == (name in ENDLESS)


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_program_accepts_its_command_line(name: str, monkeypatch: pytest.MonkeyPatch):
    require_program(container_of(name)["args"], monkeypatch)


def secrets_of(name: str) -> set[str] | None:
    """The secrets that a pod can read; None: all."""
    (found,) = [one["secret"] for one in PODS[name]["spec"]["volumes"] if "secret" in one]
    return {one["key"] for one in found["items"]} if "items" in found else None


@pytest.mark.parametrize("name", sorted(PODS.keys() - {"stream"}))
def test_only_the_stream_can_read_its_key(name: str):
    assert secrets_of(name) == {"database_url", "redis_url"}


def test_programs_that_send_mails_use_one_relay_sender_and_address():
    options = [mail_options(container_of(name)["args"]) for name in MAILING]
    assert options[0].keys() == MAIL_OPTIONS
    assert options == [options[0]] * len(MAILING)


def test_every_program_that_runs_without_end_is_started():
    assert PODS.keys() >= ENDLESS


def test_every_setting_is_read_by_a_program_and_every_file_is_mounted():
    assert CONFIG.keys() <= source_variables()
    for name, pod in PODS.items():
        container = container_of(name)
        mounts = [one["mountPath"] for one in container["volumeMounts"]]
        volumes = {one["name"] for one in pod["spec"]["volumes"]}
        assert {one["name"] for one in container["volumeMounts"]} == volumes
        named = named_paths([*container["args"], *CONFIG.values()])
        lake = {path for path in named if path.startswith("/var/lib/")}
        needed = named if name == "nightly" else named - lake
        assert [path for path in needed if not path.startswith(tuple(mounts))] == []


def test_the_page_creates_every_file_that_the_programs_read():
    page = DEPLOY_PAGE.read_text()
    named = {
        path
        for name in PODS
        for path in named_paths([*container_of(name)["args"], *CONFIG.values()])
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
    version = f'version = "{container_of("serve")["image"].rpartition(":")[2]}"'
    assert version in (ROOT / "pyproject.toml").read_text()
    assert len({container_of(name)["image"] for name in PODS}) == 1
