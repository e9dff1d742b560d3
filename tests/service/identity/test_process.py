"""The service as it runs: its own process on a real broker and database, and its command line."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from chassis.broker.amqp import connect, message
from chassis.calls.client import RpcClient, RpcUnavailable, Services
from chassis.calls.signing import Signer
from chassis.calls.tokens import Keys
from chassis.database.engine import Database
from chassis.events.outbox import stamp
from contracts.cards import OrderPlaced
from contracts.refusals import Refusal
from devstack.host.ports import free_port
from devstack.secrets import make_service_keys
from devstack.servers.backing import Backing

ROOT = Path(__file__).parents[3]
READY_TIMEOUT_S = 30


@pytest.fixture
def environment(
    backing: Backing,
    database: Callable[[str], Database],
    signing_jwk: str,
    public_jwks: str,
    key: bytes,
    quotient_url: str,
) -> dict[str, str]:
    database("identity")
    signing_keys, service_public_keys = make_service_keys()
    return {
        **os.environ,
        "ENVIRONMENT": "development",
        "AMQP_URI": backing.amqp_uri_of("identity"),
        "OWNER_AMQP_URI": backing.amqp_uri,
        "DATABASE_URL": backing.database_urls["identity"],
        "OWNER_DATABASE_URL": backing.owner_urls["identity"],
        "METRICS_PORT": str(free_port()),
        "TOKEN_PUBLIC_KEYS": public_jwks,
        "TOKEN_SIGNING_KEY": signing_jwk,
        "SERVICE_SIGNING_KEY": signing_keys["identity"],
        "SERVICE_PUBLIC_KEYS": service_public_keys,
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "PROGRAMMES_DIR": str(ROOT / "programmes"),
        "FINGERPRINT_KEY": key.hex(),
        "FAMILY_QUOTIENT_API_URL": quotient_url,
        "FAMILY_QUOTIENT_API_TOKEN": "test-api-token",
        "FAMILY_QUOTIENT_RECIPIENT": "20005379100014",
    }


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def services(environment: dict[str, str]) -> Iterator[Services]:
    """The other services' view of a running `identity`."""
    prepared = run(environment, "chassis", "prepare", "identity")
    assert prepared.returncode == 0, prepared.stderr
    process = subprocess.Popen(
        [sys.executable, "-m", "chassis", "run", "identity"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    client = RpcClient(environment["AMQP_URI"])
    try:
        _wait_until_ready(f"http://127.0.0.1:{environment['METRICS_PORT']}/healthz")
        yield Services(client, Signer(environment["SERVICE_SIGNING_KEY"], "identity"))
    finally:
        client.close()
        process.terminate()
        process.wait(READY_TIMEOUT_S)


def _wait_until_ready(url: str) -> None:
    for _ in range(READY_TIMEOUT_S * 10):
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError("the service did not come up")


def _patiently(call: Callable[[], Any]) -> Any:
    for _ in range(5):
        try:
            return call()
        except RpcUnavailable:
            continue
    return call()


def test_the_first_officer_comes_from_the_command_line(environment: dict[str, str]) -> None:
    made = run(environment, "identity.create_officer", "--email", "chef@example.org")
    assert made.returncode == 0
    assert "chef" not in made.stderr
    assert len(made.stdout.strip()) == 20
    again = run(environment, "identity.create_officer", "--email", "Chef@example.org")
    assert (again.returncode, again.stdout) == (1, "")
    assert "existe déjà" in again.stderr
    wrong = run({**environment, "FINGERPRINT_KEY": ""}, "identity.create_officer", "--email", "x@example.org")
    assert (wrong.returncode, wrong.stderr.strip()) == (2, "FINGERPRINT_KEY is missing")


def test_a_signed_in_officer_makes_a_partner_who_signs_in_over_the_bus(
    environment: dict[str, str], services: Services, public_jwks: str
) -> None:
    password = run(environment, "identity.create_officer", "--email", "chef@example.org").stdout.strip()
    token = _patiently(
        lambda: services.identity.issue_password_token(
            username="chef@example.org", password=password, new_password="un mot de passe choisi"
        )
    )
    as_officer = services.bind(token=token["access_token"])
    credential = _patiently(
        lambda: as_officer.identity.create_partner(idempotency_key="p", name="OT", channel="crt")
    )
    secret = {"client_id": credential["client_id"], "client_secret": credential["client_secret"]}
    partner = _patiently(lambda: services.identity.issue_client_token(**secret))
    assert Keys(public_jwks).verify(partner["access_token"]).subject == credential["partner_id"]
    as_partner = services.bind(token=partner["access_token"])
    with pytest.raises(Refusal, match="not_allowed"):
        as_partner.identity.create_partner(idempotency_key="q", name="OT", channel="crt")
    with pytest.raises(Refusal, match="not_authenticated"):
        services.identity.find_checks(state="pending", cursor=None, limit=10)


def test_the_running_loop_reads_a_due_quotient(
    services: Services, order: Callable[..., dict[str, Any]], check_of: Callable[[str], Any]
) -> None:
    check_id = order("bernard_650")["checks"]["family_quotient"]
    for _ in range(READY_TIMEOUT_S * 10):
        if check_of(check_id).state != "pending":
            break
        time.sleep(0.1)
    assert check_of(check_id).state == "accepted"


def test_an_order_that_cards_did_not_announce_is_parked(
    backing: Backing,
    services: Services,
    database: Callable[[str], Database],
    register: Callable[..., dict[str, str]],
) -> None:
    if backing.broker is None:
        pytest.skip("The broker is given with one user for all: it vouches for nobody.")
    forged, announced = (_placed(order_id, register()) for order_id in ("ord_forged", "ord_announced"))
    # Whoever answers calls may publish to any queue by its name, without saying who it is, or saying it.
    for publisher, exchange, key, event, claims in (
        ("wallet", "", "identity.cards.order_placed", forged, {}),
        ("wallet", "", "identity.cards.order_placed", forged, {"user_id": "wallet"}),
        ("cards", "cards.events", "order_placed", announced, {"user_id": "cards"}),
    ):
        with closing(connect(backing.amqp_uri_of(publisher))) as link:
            body = message(event.payload(), **claims)
            link.channel().basic_publish(body, exchange=exchange, routing_key=key)
    with closing(connect(backing.amqp_uri)) as link:
        channel = link.channel()
        parked = [_taken(channel, "identity.parked") for _ in range(2)]
    assert {sent.headers["x-reason"] for sent in parked} == {"not from its source"}
    applications = text("SELECT order_id FROM applications")
    for _ in range(READY_TIMEOUT_S * 10):
        with database("identity").transaction() as session:
            found = session.scalars(applications).all()
        if found:
            break
        time.sleep(0.1)
    assert found == ["ord_announced"]


def _placed(order_id: str, household: dict[str, str]) -> OrderPlaced:
    return OrderPlaced(
        **stamp(),
        order_id=order_id,
        programme="occygene-2020",
        card_type="family_bonus",
        household_id=household["household_id"],
        holder_id=household["holder_id"],
        channel="tourist_office",
        amount_due_cents=0,
    )


def _taken(channel: Any, queue: str) -> Any:
    for _ in range(READY_TIMEOUT_S * 10):
        if taken := channel.basic_get(queue, no_ack=True):
            return taken
        time.sleep(0.1)
    raise AssertionError(f"nothing came to {queue}")
