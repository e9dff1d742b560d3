"""What operators see: one call id through all services, metrics with their labels, a clock nobody moves."""

import subprocess
import sys
from uuid import uuid4

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from chassis.dependencies import settings_shape
from chassis.runner import service_class
from chassis.settings import SettingsError, read_settings
from devstack.host.ports import wait_until
from devstack.secrets import SERVICES
from devstack.stack import Stack
from gateway.settings import Settings as GatewaySettings
from tests.e2e.logs import lines_about
from tests.e2e.quiet import wait_until_quiet
from tests.e2e.story_checks import mails_about
from tests.e2e.world import World

CLOCK_REFUSED = "CLOCK_FILE moves time and is refused in production"
DESK = "Belvédère des Isards"
LOG_TIMEOUT_S = 20.0
# What one scan with a pot leaves in each service's log.
SEEN_BY = {"gateway", "cards", "wallet", "offers", "notify"}
CHASSIS_METRICS = {"rpc_server_seconds", "outbox_oldest_seconds", "parked_messages"}


def test_one_call_id_runs_through_every_service(world: World, platform: Stack) -> None:
    world.at(2020, 7, 27, 11, 0)
    world.desk(DESK)
    device = world.device(DESK)
    card = world.bonus_card("Famille suivie")
    body = world.bonus_scan(DESK, card, 1_000)

    answer = device.send("POST", "/v1/redemptions", key=uuid4().hex, json=body)

    assert answer.status_code == 201
    call_id = answer.headers["X-Request-Id"]
    wait_until_quiet(platform)
    mails_about(platform, card.email, "Votre reçu", 1)
    assert wait_until(lambda: services_that_log(platform, call_id) >= SEEN_BY, LOG_TIMEOUT_S, 0.1), (
        services_that_log(platform, call_id)
    )


def test_a_call_id_that_came_along_is_kept_and_a_strange_one_is_not(platform: Stack) -> None:
    def answered(call_id: str) -> str:
        headers = {"X-Request-Id": call_id}
        answer = httpx.get(f"{platform.gateway_url}/v1/programmes", headers=headers)
        given: str = answer.headers["X-Request-Id"]
        return given

    ours = f"partner-{uuid4().hex}"
    assert answered(ours) == ours
    assert wait_until(lambda: services_that_log(platform, ours) >= {"gateway"}, LOG_TIMEOUT_S, 0.1), (
        "the partner's own id is in the log"
    )
    assert answered("no spaces, please") != "no spaces, please"


def test_every_process_serves_its_metrics(platform: Stack) -> None:
    for service in SERVICES:
        for port in platform.metrics_ports(service):
            names = {family.name for family in metrics(port)}
            assert "process_cpu_seconds" in names, service
            if service != "gateway":
                assert names >= CHASSIS_METRICS, service


def test_scans_are_measured_by_outcome_medium_and_pot_from_half_a_millisecond(platform: Stack) -> None:
    (port,) = platform.metrics_ports("gateway")
    (family,) = [one for one in metrics(port) if one.name == "redemption_duration_seconds"]
    assert family.type == "histogram"
    buckets = [sample for sample in family.samples if sample.name.endswith("_bucket")]
    assert buckets, "the test before this one has redeemed"
    assert {frozenset(sample.labels) for sample in buckets} == {frozenset({"outcome", "medium", "pot", "le"})}
    accepted = {"outcome": "accepted", "medium": "qr", "pot": "yes", "le": "0.0005"}
    assert accepted in [sample.labels for sample in buckets]


@pytest.mark.parametrize("service", SERVICES)
def test_production_settings_refuse_a_clock_that_can_be_moved(platform: Stack, service: str) -> None:
    shape = GatewaySettings if service == "gateway" else settings_shape(service_class(service))
    environment = platform.environment(service)
    assert read_settings(shape, environment).clock_file
    with pytest.raises(SettingsError, match=CLOCK_REFUSED):
        read_settings(shape, {**environment, "ENVIRONMENT": "production"})


def test_a_service_does_not_start_in_production_with_a_clock_that_can_be_moved(platform: Stack) -> None:
    environment = {**platform.environment("wallet"), "ENVIRONMENT": "production"}
    command = [sys.executable, "-m", "chassis", "run", "wallet"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    assert CLOCK_REFUSED in ended.stdout + ended.stderr


def services_that_log(platform: Stack, call_id: str) -> set[str]:
    """Which services' logs have a line about this call."""
    return {line.split()[0] for line in lines_about(platform, call_id)}


def metrics(port: int) -> list[Metric]:
    """What a process shows of itself."""
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.status_code == 200
    return list(text_string_to_metric_families(answer.text))
