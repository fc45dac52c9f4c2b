"""The manifests for Kubernetes: they render, what they name exists, and dotring takes its configuration from them.

What it is: checks across files and against the built program. What it is not: an API server.
"""

import base64
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml
from harness.dotring import run_once

ROOT = pathlib.Path(__file__).parents[2]
KUBERNETES = ROOT / "scripts" / "kubernetes"
KUSTOMIZATIONS = sorted(path.parent.relative_to(KUBERNETES) for path in KUBERNETES.rglob("kustomization.yaml"))
WITH_DOTRING = [folder for folder in KUSTOMIZATIONS if folder.name != "nodes"]
REDIS_PASSWORD = "of-the-test"


def modern_kustomize():
    """The command that renders, where there is one that knows `patches` (4 or newer; Debian 12's kubectl has 2)."""
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    if not shutil.which("kubectl"):
        return None
    done = subprocess.run(["kubectl", "version", "--client"], capture_output=True, text=True, timeout=60)
    found = re.search(r"Kustomize Version: v(\d+)", done.stdout)
    return ["kubectl", "kustomize"] if found and int(found[1]) >= 4 else None


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the manifests, with secrets made as users make them."""
    folder = tmp_path_factory.mktemp("kubernetes")
    shutil.copytree(KUBERNETES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("secrets"))
    for _ in range(2):  # the second time it changes nothing
        subprocess.run([folder / "make-secrets", "--redis"], input=REDIS_PASSWORD + "\n", text=True, check=True)
    return folder


@pytest.fixture(scope="module")
def rendered(tree):
    """folder -> its manifests."""
    command = modern_kustomize()
    if not command:
        pytest.skip("no kustomize of version 4 or newer")

    def render(folder):
        done = subprocess.run([*command, str(tree / folder)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and not done.stderr, done.stderr
        return list(yaml.safe_load_all(done.stdout))

    return {str(folder): render(folder) for folder in KUSTOMIZATIONS}


def read_all(path):
    return list(yaml.safe_load_all(path.read_text()))


def plain_base():
    """The base without kustomize: its resources as they are written."""
    kustomization = yaml.safe_load((KUBERNETES / "base/kustomization.yaml").read_text())
    return [manifest for name in kustomization["resources"] for manifest in read_all(KUBERNETES / "base" / name)]


def of_kind(manifests, kind, name=None):
    return [one for one in manifests if one["kind"] == kind and name in (None, one["metadata"]["name"])]


def pod_of(workload):
    return workload["spec"]["template"]["spec"]


def check_references(manifests):
    """Selectors, ports, volumes, probes: what one manifest says of another."""
    for workload in of_kind(manifests, "Deployment") + of_kind(manifests, "DaemonSet"):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        pod = pod_of(workload)
        assert workload["spec"]["selector"]["matchLabels"].items() <= labels.items()
        volumes = {volume["name"] for volume in pod["volumes"]}
        containers = pod["containers"] + pod.get("initContainers", [])
        mounted = {mount["name"] for one in containers for mount in one.get("volumeMounts", [])}
        assert mounted == volumes
        for spread in pod.get("topologySpreadConstraints", []):
            assert spread["labelSelector"]["matchLabels"].items() <= labels.items()
    for deployment in of_kind(manifests, "Deployment"):
        check_peers(manifests, deployment)


def check_peers(manifests, deployment):
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    (container,) = pod_of(deployment)["containers"]
    ports = {port["name"]: port.get("protocol", "TCP") for port in container["ports"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert ports[container[probe]["httpGet"]["port"]] == "TCP"
    services = of_kind(manifests, "Service")
    assert services
    for service in services:
        assert service["spec"]["selector"].items() <= labels.items()
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["protocol"]
    (scaler,) = of_kind(manifests, "HorizontalPodAutoscaler")
    target = scaler["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", deployment["metadata"]["name"])
    assert "replicas" not in deployment["spec"] and "cpu" in container["resources"]["requests"]
    (budget,) = of_kind(manifests, "PodDisruptionBudget")
    assert budget["spec"]["selector"]["matchLabels"].items() <= labels.items()
    (policy,) = of_kind(manifests, "NetworkPolicy")
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    for rule in policy["spec"]["ingress"]:
        for port in rule["ports"]:
            assert ports[port["port"]] == port["protocol"]


def settings_of(folder, manifests, tmp_path):
    """dotring's settings in a pod: (configuration file, environment), its paths moved to tmp_path."""
    (deployment,) = of_kind(manifests, "Deployment")
    (container,) = pod_of(deployment)["containers"]
    volumes = {volume["name"]: volume for volume in pod_of(deployment)["volumes"]}
    (config,) = of_kind(manifests, "ConfigMap", volumes["config"]["configMap"]["name"])
    (secret,) = of_kind(manifests, "Secret", volumes["secrets"]["secret"]["secretName"])
    (secrets,) = [mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "secrets"]
    here = tmp_path / "secrets"
    here.mkdir()
    for name, value in secret["data"].items():
        # base64, as the API has it
        (here / name).write_bytes(base64.b64decode(value))
    file = tmp_path / "dotring.toml"
    file.write_text(config["data"]["dotring.toml"].replace(secrets, str(here)))
    assert container["args"] == ["--config", "/etc/dotring/dotring.toml"]
    environment = {one["name"]: one["value"].replace(secrets, str(here)) for one in container["env"] if "value" in one}
    return file, environment


def test_the_base_is_consistent_as_it_is_written():
    manifests = plain_base()
    assert len(manifests) == 7
    check_references(manifests)


@pytest.mark.parametrize("folder", map(str, KUSTOMIZATIONS))
def test_what_a_kustomization_renders_is_consistent(rendered, folder):
    assert rendered[folder]
    check_references(rendered[folder])


@pytest.mark.parametrize("folder", map(str, WITH_DOTRING))
def test_dotring_takes_the_configuration_of_a_pod(rendered, folder, tmp_path):
    file, environment = settings_of(folder, rendered[folder], tmp_path)
    status, output = run_once(None, "--config", file, "--check-config", environment=environment)
    assert status == 0, output
    status, output = run_once(None, "--config", file, "--print-config", environment=environment)
    assert status == 0 and str(tmp_path / "secrets/cookie") in output
    assert ('\nurl = "redis://' in output) == (folder == "overlays/redis")
    (deployment,) = of_kind(rendered[folder], "Deployment")
    (container,) = pod_of(deployment)["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert f'dns = ["0.0.0.0:{ports["dns"]}"]' in output and ports["dns"] == ports["dns-tcp"]
    assert f'listen = "0.0.0.0:{ports["admin"]}"' in output
    drain_s = int(re.search(r"drain_ms = (\d+)", output)[1]) / 1000
    wait_s = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod_of(deployment)["terminationGracePeriodSeconds"] > drain_s + wait_s
    control = re.search(r'socket = "(/run/dotring/[^"]*)"', output)[1]
    assert pathlib.Path(control).parent == pathlib.Path("/run/dotring")
    assert "/run/dotring" in [mount["mountPath"] for mount in container["volumeMounts"]]


@pytest.mark.parametrize("folder", map(str, WITH_DOTRING))
def test_pods_are_within_the_restricted_standard(rendered, folder):
    (deployment,) = of_kind(rendered[folder], "Deployment")
    pod = pod_of(deployment)
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"]["type"] == "Localhost"
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
    }
    (opened,) = [one for one in pod["securityContext"]["sysctls"] if one["name"].endswith("unprivileged_port_start")]
    assert int(opened["value"]) <= min(port["containerPort"] for port in container["ports"])
    assert not any("hostPath" in volume for volume in pod["volumes"]) and not pod.get("hostNetwork")
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"--uid {pod['securityContext']['runAsUser']} " in dockerfile


def test_the_seccomp_profile_is_the_one_of_the_containers():
    (deployment,) = of_kind(plain_base(), "Deployment")
    profile = pod_of(deployment)["securityContext"]["seccompProfile"]["localhostProfile"]
    (installer,) = read_all(KUBERNETES / "nodes/seccomp.yaml")
    (copy,) = pod_of(installer)["initContainers"]
    (host,) = [volume["hostPath"]["path"] for volume in pod_of(installer)["volumes"] if "hostPath" in volume]
    assert host == "/var/lib/kubelet/seccomp" and copy["command"][-1].endswith("/" + profile)
    command = f"--from-file={profile}=scripts/container/seccomp.json"
    assert command in (KUBERNETES / "nodes/kustomization.yaml").read_text()
    assert (ROOT / "scripts/container/seccomp.json").is_file()
    assert f"{host}/{profile}" in (KUBERNETES / "README.md").read_text()


def test_secrets_are_made_for_nobody_else_and_are_not_in_the_repository(tree):
    for path in tree.rglob("secrets/*"):
        assert path.stat().st_mode & 0o077 == 0 and path.stat().st_uid == os.getuid(), path
    assert (tree / "overlays/redis/secrets/redis-password").read_text() == REDIS_PASSWORD
    assert re.fullmatch("[0-9a-f]{32}", (tree / "base/secrets/cookie").read_text())
    assert "/scripts/kubernetes/**/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    written = "".join(path.read_text() for path in KUBERNETES.rglob("*") if path.is_file() and "secrets" not in path.parts)
    assert "stringData" not in written and "kind: Secret" not in written


def test_meshes_are_told_to_stay_out():
    (deployment,) = of_kind(plain_base(), "Deployment")
    annotations = deployment["spec"]["template"]["metadata"]["annotations"]
    assert annotations["sidecar.istio.io/inject"] == "false" and annotations["linkerd.io/inject"] == "disabled"
    readme = (KUBERNETES / "README.md").read_text()
    assert 'excludeOutboundPorts: "53"' in readme and 'skip-outbound-ports: "53"' in readme
