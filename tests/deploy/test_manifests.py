"""The files of deploy/: they name commands, settings, paths and metrics that there are, and hold no secret."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from gateway.cli import app
from gateway.settings import Settings
from gateway.telemetry.meters import Histogram
from gateway.telemetry.metrics import METERS

DEPLOY = Path(__file__).parents[2] / "deploy"
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]  # it is a group
MANIFESTS = [
    manifest
    for file in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(file.read_text("utf-8"))
]
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
DEPLOYMENTS = {each["metadata"]["name"]: each for each in MANIFESTS if each["kind"] == "Deployment"}
PODS = [each["spec"]["template"]["spec"] for each in MANIFESTS if each["kind"] in ("Deployment", "Job")]
CONTAINERS = [container for pod in PODS for container in pod["containers"]]
SERVICES = [each for name, each in COMPOSE["services"].items() if name != "postgres"]
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


def settings_of(environment: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix("GATEWAY_").lower(): value for name, value in environment.items()}


def test_there_are_two_of_each_and_one_migration() -> None:
    assert {name: each["spec"]["replicas"] for name, each in DEPLOYMENTS.items()} == {"gateway": 2, "gateway-worker": 2}
    assert [each["kind"] for each in MANIFESTS] == [
        *("Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"),
        "Job",
        *("Deployment", "PodDisruptionBudget"),
    ]
    assert {name: each.get("deploy") for name, each in COMPOSE["services"].items()} == {
        "postgres": None,
        "migrate": None,
        "gateway": {"replicas": 2},
        "worker": {"replicas": 2},
    }


@pytest.mark.parametrize("command", [each["args"] for each in CONTAINERS] + [each["command"] for each in SERVICES])
def test_commands_are_those_of_the_gateway(command: list[str]) -> None:
    assert len(command) == 1
    assert command[0] in COMMANDS


@pytest.mark.parametrize(
    "environment",
    [{each["name"]: each["value"] for each in container.get("env", ())} for container in CONTAINERS]
    + [each["environment"] for each in SERVICES],
)
def test_settings_are_those_of_the_gateway_and_secrets_are_referred_to(environment: dict[str, str]) -> None:
    given = settings_of(environment)
    secret = {"database_url", "secret_key", "metrics_token"}

    assert set(given) <= set(Settings.model_fields)
    assert all("${" in given[name] for name in secret & set(given))
    Settings(**{name: value for name, value in given.items() if name not in secret})  # type: ignore[arg-type]  # texts


def test_secrets_of_pods_come_from_a_secret() -> None:
    assert [each["envFrom"] for each in CONTAINERS] == [
        [{"secretRef": {"name": "gateway"}}],
        [{"secretRef": {"name": "gateway-owner"}}],
        [{"secretRef": {"name": "gateway"}}],
    ]


def test_pods_are_not_root_and_write_nowhere_but_to_tmp() -> None:
    for pod in PODS:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
    for container in CONTAINERS:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}


def test_probes_ask_paths_that_are_answered_on_ports_that_are_open() -> None:
    for deployment in DEPLOYMENTS.values():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        (port,) = container["ports"]
        probes = [container[name]["httpGet"] for name in PROBES]
        assert probes == [{"path": path, "port": port["name"]} for path in ("/healthz", "/healthz", "/readyz")]
        listening = settings_of({each["name"]: each["value"] for each in container["env"]})
        assert port["containerPort"] == int(listening.get("health_port", Settings.model_fields["port"].default))


def test_a_pod_has_the_time_to_leave() -> None:
    pod = DEPLOYMENTS["gateway"]["spec"]["template"]["spec"]
    drain = next(int(each["value"]) for each in pod["containers"][0]["env"] if each["name"] == "GATEWAY_DRAIN_TIME")
    probe = pod["containers"][0]["readinessProbe"]

    assert probe["periodSeconds"] * probe["failureThreshold"] < drain
    assert drain + Settings.model_fields["shutdown_timeout"].default < pod["terminationGracePeriodSeconds"]


def test_selectors_choose_the_pods_that_they_stand_with() -> None:
    labels = {name: each["spec"]["template"]["metadata"]["labels"] for name, each in DEPLOYMENTS.items()}

    for each in MANIFESTS:
        match each["kind"]:
            case "Deployment" | "PodDisruptionBudget":
                assert each["spec"]["selector"]["matchLabels"] == labels[each["metadata"]["name"]]
            case "Service":
                assert each["spec"]["selector"] == labels["gateway"]
            case "HorizontalPodAutoscaler":
                assert each["spec"]["scaleTargetRef"]["name"] in DEPLOYMENTS


def test_images_are_one_which_is_built_here() -> None:
    images = {each["image"] for each in (*CONTAINERS, *SERVICES)}
    recipe = (DEPLOY / "Containerfile").read_text("utf-8")

    assert images == {"telecom-gateway:latest"}
    root = DEPLOY.parent
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", recipe, re.MULTILINE):
        assert all((root / source).exists() for source in line.split())
    assert 'ENTRYPOINT ["gateway"]' in recipe


def expressions(dashboard: Any) -> Iterator[str]:
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def test_the_dashboard_shows_every_metric_and_no_other() -> None:
    dashboard = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))
    known = {
        f"{meter.name}{suffix}": meter
        for meter in METERS
        for suffix in (("_bucket", "_count", "_sum") if isinstance(meter, Histogram) else ("",))
    }

    shown = set()
    for expression in expressions(dashboard):
        metrics = re.findall(r"gateway_\w+", expression)
        grouped = re.findall(r"by \(([\w, ]*)\)", expression)
        compared = re.findall(r"(\w+)!?=\"", expression)
        labels = {label for metric in metrics for label in known[metric].labels} | {"le", "instance"}
        assert metrics, expression
        assert {label for each in grouped for label in each.split(", ")} | set(compared) <= labels, expression
        shown |= {known[metric].name for metric in metrics}
    assert shown == {meter.name for meter in METERS}
