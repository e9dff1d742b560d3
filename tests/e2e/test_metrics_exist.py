"""What the dashboard and the alerts ask for is there: asked of a real Prometheus on the running platform."""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from demo.api import Refused
from demo.stage import eventually
from devstack.host.ports import LOOPBACK, wait_until
from devstack.secrets import SERVICES
from tests.e2e.world import World
from tests.ops.declared import declared_metrics, exposed_series
from tests.ops.prometheus import Watching, watching
from tests.ops.watched import panels
from tests.portal.serving import portal

DESK = "Grotte des Métriques"
HOPS = {"gateway", "broker", "cards", "database"}
# The sums of the money equation are measured once a minute, and a rate needs two scrapes.
MEASURED_TIMEOUT_S = 90.0
# These show trouble and what the bank did; on a quiet platform some of their lines are rightly empty.
EMPTY_WITHOUT_TROUBLE = {
    *("Events retried and parked", "Queue depth", "Books", "Payments", "Time of the bank's calls, p95"),
}


@pytest.fixture(scope="module")
def prometheus(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watching]:
    """A Prometheus that has seen a card scanned again and again, and one scan refused."""
    folder = tmp_path_factory.mktemp("prometheus")
    ports = {service: world.platform.metrics_ports(service) for service in SERVICES}
    world.desk(DESK)
    device = world.device(DESK)
    card = world.bonus_card("Metrics")
    scan = world.bonus_scan(DESK, card, 500)
    with watching(ports, folder) as started:

        def scans_are_seen() -> set[str]:
            device.post("/v1/redemptions", scan, key=uuid4().hex)
            with pytest.raises(Refused, match="card_code_required"):
                device.post("/v1/redemptions", {**scan, "card": card.number}, key=uuid4().hex)
            samples = started.ask("scan:hop_seconds:avg5m")
            seen = {one["metric"]["hop"] for one in samples if isfinite(float(one["value"][1]))}
            return seen if seen == HOPS else set()

        eventually(scans_are_seen, "the time of scans, hop by hop")
        yield started


def test_every_metric_of_the_code_is_exposed_and_has_the_labels_that_it_declares(
    world: World, tmp_path: Path
) -> None:
    shown: set[str] = set()
    series = exposed_series()

    def scrape(process: str, address: str) -> None:
        for family in text_string_to_metric_families(httpx.get(address, trust_env=False).text):
            shown.update({family.name, f"{family.name}_total"})
            for sample in family.samples:
                labels = series.get(sample.name, set(sample.labels))
                assert sample.labels.keys() == labels, f"{process}: {sample.name}"

    for service in SERVICES:
        for port in world.platform.metrics_ports(service):
            scrape(service, f"http://{LOOPBACK}:{port}/metrics")
    with portal(world.platform.gateway_url, tmp_path) as browser:
        assert browser.get("/").status_code == 200
        scrape("portal", browser.headers["X-Metrics"])
    assert declared_metrics().keys() <= shown


def test_every_service_is_seen_to_be_up(prometheus: Watching) -> None:
    assert {one["metric"]["service"] for one in prometheus.ask('up{job="services"} == 1')} == set(SERVICES)


def test_every_panel_of_the_dashboard_has_something_to_show(prometheus: Watching) -> None:
    def empty() -> set[str]:
        # Every question is asked, those too that nothing answers: each must at least be a valid one.
        return {title for title, expression in panels() if not prometheus.ask(expression)}

    # Rules are evaluated one group after the other, and the money equation is measured once a minute.
    wait_until(lambda: empty() <= EMPTY_WITHOUT_TROUBLE, MEASURED_TIMEOUT_S, 1.0)
    assert empty() <= EMPTY_WITHOUT_TROUBLE


def test_the_money_equation_of_the_metrics_has_no_drift(prometheus: Watching) -> None:
    measured = wait_until(lambda: prometheus.number("money:drift_cents") is not None, MEASURED_TIMEOUT_S, 1.0)
    assert measured
    assert prometheus.number("money:drift_cents") == 0
    assert not prometheus.ask('ALERTS{alertname=~"MoneyDrift|Ledger.*", alertstate="firing"}')
