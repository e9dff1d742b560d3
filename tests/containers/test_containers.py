"""What every container of the deployment has in common: health, user, restarts, and its own secrets only."""

import json
from typing import Any

import httpx
import pytest

from devstack.host.ports import wait_until
from devstack.secrets import load_secrets
from tests.containers.stack import FOLDER, SERVICES, ContainerPlatform, docker

pytestmark = pytest.mark.containers

# Prometheus looks for containers every 10 s and scrapes each every 10 s.
SCRAPED_TIMEOUT_S = 60.0
PORTAL = "portal"
EVERY_PROCESS = (*SERVICES, PORTAL)
WITHOUT_DATABASE = {"gateway", PORTAL}
EVERYWHERE = {"token_public_keys"}
ANSWERING = {"service_public_keys"}
# Besides passwords and signing keys that belong to the service of the same name.
OWNERS = {
    "token_signing_key": "identity",
    "fingerprint_key": "identity",
    "family_quotient_api_token": "identity",
    "sealing_key": "cards",
    "number_hash_key": "cards",
    "bank_api_key": "wallet",
    "bank_notification_secret": "wallet",
    "portal_session_keys": "portal",
    "database_admin_password": None,
    "amqp_password": None,
}


def secret_values() -> dict[str, str]:
    """Every secret of this run by name; a service's are called database_<service> …"""
    secrets = vars(load_secrets(FOLDER)).copy()
    for name, plural in (
        ("database", "database_passwords"),
        ("database_owner", "database_owner_passwords"),
        ("amqp", "amqp_passwords"),
        ("signing", "service_signing_keys"),
    ):
        own = secrets.pop(plural)
        secrets |= {f"{name}_{service}": value for service, value in own.items()}
    return secrets


@pytest.fixture(scope="module")
def containers(platform: ContainerPlatform) -> dict[str, dict[str, Any]]:
    return platform.compose.containers()


def test_every_container_is_healthy_or_has_done_its_work(containers: dict[str, dict[str, Any]]) -> None:
    state = {name: container["State"] for name, container in containers.items()}
    one_shot = {name for name in state if "Health" not in state[name]}
    assert one_shot == {f"prepare-{service}" for service in EVERY_PROCESS if service not in WITHOUT_DATABASE}
    assert {name: state[name]["ExitCode"] for name in one_shot} == dict.fromkeys(one_shot, 0)
    health = {name: state[name]["Health"]["Status"] for name in state.keys() - one_shot}
    assert health == dict.fromkeys(health, "healthy")
    assert set(EVERY_PROCESS) < set(health)


@pytest.mark.parametrize("service", EVERY_PROCESS)
def test_a_service_runs_as_nobody_in_particular_and_can_write_nothing_of_its_own(
    platform: ContainerPlatform, service: str
) -> None:
    execute = platform.compose.execute
    assert execute(service, "id", "-u").strip() == "10001"
    writable = execute(service, "find", "/app", "/venv", "-writable", "-not", "-type", "l")
    assert writable.split() == []


@pytest.mark.parametrize("service", EVERY_PROCESS)
def test_a_service_comes_back_when_its_process_ends(
    containers: dict[str, dict[str, Any]], service: str
) -> None:
    assert containers[service]["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"


@pytest.mark.parametrize("service", EVERY_PROCESS)
def test_a_service_is_given_its_own_secrets_only(containers: dict[str, dict[str, Any]], service: str) -> None:
    environment = "\n".join(containers[service]["Config"]["Env"])
    given = {name for name, value in secret_values().items() if value in environment}
    own = {name for name, owner in OWNERS.items() if owner == service}
    own |= {f"signing_{service}", f"amqp_{service}"} if service != PORTAL else set()
    own |= {f"database_{service}", *ANSWERING} if service not in WITHOUT_DATABASE else set()
    assert given - EVERYWHERE == own


@pytest.mark.parametrize("service", EVERY_PROCESS)
def test_no_secret_is_in_an_image_its_history_or_its_files(platform: ContainerPlatform, service: str) -> None:
    image = platform.compose.containers()[service]["Image"]
    description = docker("history", "--no-trunc", image) + docker("inspect", image)
    assert [name for name, value in secret_values().items() if value in description] == []
    patterns = "\n".join(secret_values().values())
    # grep's exit code 1 says that it found nothing; the platform's folders of the host would be found too.
    script = "grep -rlFf - /app /venv || [ $? = 1 ]; find /app /venv -name '*.env' -o -name 'secrets.json'"
    assert platform.compose.execute(service, "sh", "-c", script, given=patterns) == ""


def test_an_image_names_no_variable_that_holds_a_secret(platform: ContainerPlatform) -> None:
    for service in EVERY_PROCESS:
        found = json.loads(docker("inspect", platform.compose.containers()[service]["Image"]))
        names = {line.split("=")[0] for line in found[0]["Config"]["Env"]}
        # GPG_KEY is the public key that Python's own image checks its source with.
        suspects = {name for name in names if name.endswith(("KEY", "TOKEN", "SECRET", "PASSWORD", "URI"))}
        assert suspects <= {"GPG_KEY"}


def test_ports_are_open_on_the_loopback_interface_only(containers: dict[str, dict[str, Any]]) -> None:
    bindings = [
        binding["HostIp"]
        for container in containers.values()
        for published in container["HostConfig"]["PortBindings"].values()
        for binding in published or []
    ]
    assert len(bindings) == 5
    assert set(bindings) == {"127.0.0.1"}


def test_prometheus_scrapes_every_service(platform: ContainerPlatform) -> None:
    def up() -> dict[str, str]:
        answer = httpx.get(
            f"{platform.prometheus_url}/api/v1/query", params={"query": 'up{job="services"}'}, timeout=10
        ).json()
        return {one["metric"]["service"]: one["value"][1] for one in answer["data"]["result"]}

    assert wait_until(lambda: up() == dict.fromkeys(EVERY_PROCESS, "1"), SCRAPED_TIMEOUT_S, 1.0), up()
