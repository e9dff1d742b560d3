"""Who sends too much is told when to come back, and takes nothing from anybody else."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY, generate_latest
from structlog.testing import capture_logs

from chassis.calls.tokens import Keys
from chassis.settings import SettingsError, read_settings
from gateway.app import build_app
from gateway.call import Parts
from gateway.settings import Settings
from gateway.throttling import LIMITS, TRACKED_MAX, Throttle, network_of
from tests.unit.gateway.asgi_client import AppClient

STRANGER = "198.51.100.7"
OTHER = "203.0.113.9"
PROXY = "10.0.0.1"
REQUIRED = (
    *("AMQP_URI", "METRICS_PORT", "HTTP_PORT", "PUBLIC_URL", "PROGRAMMES_DIR"),
    *("TOKEN_PUBLIC_KEYS", "SERVICE_SIGNING_KEY"),
)


class Seconds:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


Door = Callable[..., AppClient]


@pytest.fixture
def door(services: Any, public_keys: str) -> Iterator[Door]:
    """``door(proxies)`` is the application with the real limits; its clock stands still (``.seconds``)."""

    opened: list[AppClient] = []

    def open_door(proxies: int = 0) -> AppClient:
        seconds = Seconds()
        parts = Parts(services, Keys(public_keys))
        client = AppClient(build_app(parts, "http://here", Throttle(clock_s=seconds), proxies))
        opened.append(client)
        client.seconds = seconds  # type: ignore[attr-defined]
        return client

    services.answers = {
        "cards.find_device_redemptions": {"redemptions": [], "next_cursor": None},
        "cards.find_programmes": [],
    }
    yield open_door
    for client in opened:
        client.close()


def spent(http: AppClient, kind: str, path: str, **asked: Any) -> Any:
    """Ask as often as the class allows, and return the answer to the first that is too many."""
    method = http.post if kind in ("form", "sign_in") else http.get
    for _ in range(LIMITS[kind].calls):
        assert method(path, **asked).status_code != 429
    return method(path, **asked)


def from_address(address: str, **headers: str) -> dict[str, Any]:
    return {"environ_base": {"REMOTE_ADDR": address}, "headers": headers}


@pytest.mark.parametrize("kind", sorted(LIMITS))
def test_as_many_at_once_as_the_table_says_and_then_as_many_in_each_window(kind: str) -> None:
    seconds, limit = Seconds(), LIMITS[kind]
    counted = Throttle(clock_s=seconds)
    assert {counted.admit(kind, "a") for _ in range(limit.calls)} == {0}
    wait_s = counted.admit(kind, "a")
    assert 1 <= wait_s <= limit.window_s
    assert counted.admit(kind, "b") == 0, "another caller"
    seconds.now += wait_s
    assert counted.admit(kind, "a") == 0, "the wait that was named is enough"
    seconds.now += limit.window_s
    assert {counted.admit(kind, "a") for _ in range(limit.calls)} == {0}
    assert counted.admit(kind, "a") > 0


def test_who_goes_on_while_refused_waits_no_longer_for_it() -> None:
    seconds = Seconds()
    counted = Throttle(clock_s=seconds)
    while counted.admit("form", "a") == 0:
        pass
    waits = {counted.admit("form", "a") for _ in range(1_000)}
    assert len(waits) == 1
    seconds.now += waits.pop()
    assert counted.admit("form", "a") == 0


def test_no_more_callers_are_remembered_than_there_is_room_for() -> None:
    counted = Throttle(clock_s=Seconds())
    while counted.admit("form", "busy") == 0:
        pass
    for number in range(TRACKED_MAX - 1):
        counted.admit("form", str(number))
    assert counted.admit("form", "busy") > 0, "remembered: it is among the newest TRACKED_MAX"
    for number in range(TRACKED_MAX):
        counted.admit("page", str(number))
    assert len(counted._whole_at) == TRACKED_MAX
    assert counted.admit("form", "busy") == 0, "the oldest are forgotten"


def test_a_device_that_sends_too_much_stops_nobody_else(door: Door, token_of: Any) -> None:
    http = door()
    busy = token_of("redemptions:read", kind="device", subject="dev_busy")
    refused = spent(http, "device", "/v1/redemptions", headers=busy)
    assert refused.status_code == 429
    for kind, subject in (("device", "dev_calm"), ("holder", "acc_1"), ("partner", "par_1")):
        other = token_of("redemptions:read", kind=kind, subject=subject)
        assert http.get("/v1/redemptions", headers=other).status_code == 200
    assert http.get("/v1/programmes").status_code == 200, "whoever has no token, from the same address"


def test_a_refused_request_says_when_to_come_back_like_every_other_refusal(door: Door, token_of: Any) -> None:
    before = REGISTRY.get_sample_value("throttled_total", {"class": "person"}) or 0
    http = door()
    token = token_of("cards:read", kind="holder", subject="acc_eager")
    refused = spent(http, "person", "/v1/redemptions", headers=token)
    assert refused.content_type == "application/problem+json"
    wait_s = int(refused.headers["Retry-After"])
    assert 1 <= wait_s <= LIMITS["person"].window_s
    assert refused.json["code"] == "too_many_requests"
    assert refused.json["retry_after_s"] == wait_s
    assert refused.json["message"]["fr"] == f"Trop de demandes à la fois. Réessayez dans {wait_s} secondes."
    assert REGISTRY.get_sample_value("throttled_total", {"class": "person"}) == before + 1
    http.seconds.now += wait_s  # type: ignore[attr-defined]
    assert http.get("/v1/redemptions", headers=token).status_code == 403, "let in, and judged"


def test_what_a_refused_request_asked_for_is_not_done(door: Door, token_of: Any, services: Any) -> None:
    http = door()
    token = token_of("redemptions:read", kind="device", subject="dev_busy")
    spent(http, "device", "/v1/redemptions", headers=token)
    services.calls = []
    assert http.get("/v1/redemptions", headers=token).status_code == 429
    assert services.calls == []


@pytest.mark.parametrize(
    "authorization", ["Bearer abc.def.ghi", "Bearer " + "x" * 5_000, "Basic YTpi", "Bearer"]
)
def test_a_token_that_is_not_valid_is_counted_by_address(door: Door, authorization: str) -> None:
    http = door()
    asked = from_address(STRANGER, Authorization=authorization)
    assert spent(http, "page", "/v1/redemptions", **asked).status_code == 429
    assert http.get("/v1/programmes", **from_address(STRANGER)).status_code == 429
    assert http.get("/v1/programmes", **from_address(OTHER)).status_code == 200


@pytest.mark.parametrize("path", ["/v1/nowhere", "/v1/docs", "/v1/openapi.json", "/v1/redemptions"])
def test_what_no_service_is_asked_for_is_counted_too(door: Door, path: str) -> None:
    assert spent(door(), "page", path).status_code == 429


@pytest.mark.parametrize(
    "path", ["/v1/oauth/token", "/v1/oauth/email-codes", "/v1/oauth/revocations", "/v1/devices/enrolment"]
)
def test_signing_in_is_counted_by_address_whatever_credential_comes_along(
    door: Door, token_of: Any, path: str
) -> None:
    http = door()
    tokens = [token_of("orders:read", kind="partner", subject=f"par_{number}") for number in range(3)]
    for number in range(LIMITS["sign_in"].calls):
        asked = from_address(STRANGER, **tokens[number % 3])
        assert http.post(path, json={}, **asked).status_code in (400, 422)
    assert http.post(path, json={}, **from_address(STRANGER)).status_code == 429
    assert http.post(path, json={}, **from_address(OTHER)).status_code in (400, 422)
    page = http.get("/v1/programmes", **from_address(STRANGER))
    assert page.status_code == 200, "the listing stays open"


def test_the_token_endpoint_says_it_as_its_rfc_wants_it(door: Door) -> None:
    refused = spent(door(), "sign_in", "/v1/oauth/token", json={})
    assert refused.status_code == 429
    assert refused.json["error"] == "temporarily_unavailable"
    assert int(refused.headers["Retry-After"]) == refused.json["retry_after_s"]


def test_a_process_says_that_it_lives_however_often_it_is_asked(door: Door) -> None:
    http = door()
    assert {http.get("/healthz").status_code for _ in range(1_000)} == {200}


def test_an_invented_sender_is_not_believed(door: Door) -> None:
    """Without a proxy in front, whatever a stranger writes there is ignored."""
    http = door()
    answers = [
        http.get("/v1/programmes", **from_address(STRANGER, **{"X-Forwarded-For": f"192.0.2.{number % 250}"}))
        for number in range(LIMITS["page"].calls + 1)
    ]
    assert [answer.status_code for answer in answers[-2:]] == [200, 429]


@pytest.mark.parametrize(("proxies", "tail"), [(1, STRANGER), (2, f"{STRANGER}, 10.0.0.2")])
def test_behind_proxies_only_what_they_wrote_counts(door: Door, proxies: int, tail: str) -> None:
    http = door(proxies)
    for number in range(LIMITS["page"].calls):
        sent = {"X-Forwarded-For": f"192.0.2.{number % 250}, {tail}"}
        assert http.get("/v1/programmes", **from_address(PROXY, **sent)).status_code == 200
    sent = {"X-Forwarded-For": f"{OTHER}, {tail}"}
    assert http.get("/v1/programmes", **from_address(PROXY, **sent)).status_code == 429
    sent = {"X-Forwarded-For": tail.replace(STRANGER, OTHER)}
    assert http.get("/v1/programmes", **from_address(PROXY, **sent)).status_code == 200


def test_one_subscriber_with_a_whole_ipv6_network_is_one_caller() -> None:
    assert network_of("2001:db8:0:1::1") == network_of("2001:db8:0:1:ffff::2")
    assert network_of("2001:db8:0:1::1") != network_of("2001:db8:0:2::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") != network_of("::ffff:192.0.2.2")
    assert network_of("fe80::1%eth0:80") == network_of("fe80::1%eth0:80"), (
        "what is no address is one as it is"
    )


def test_no_address_is_told(door: Door) -> None:
    http = door()
    with capture_logs() as lines:
        spent(http, "form", "/v1/orders", **from_address(STRANGER))
    assert STRANGER not in str(lines)
    assert STRANGER not in generate_latest().decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ENVIRONMENT": "production", "THROTTLE_SCALE": "2"}, "THROTTLE_SCALE raises"),
        ({"THROTTLE_SCALE": "0"}, "THROTTLE_SCALE must be at least 1"),
        ({"PROXIES_IN_FRONT": "-1"}, "PROXIES_IN_FRONT must not be negative"),
    ],
)
def test_limits_are_those_of_the_table_in_production(changes: dict[str, str], said: str) -> None:
    given = {**dict.fromkeys(REQUIRED, "1"), "AMQP_URI": "amqp://broker.example"}
    fine = SimpleNamespace(**vars(read_settings(Settings, {**given, "ENVIRONMENT": "production"})))
    assert (fine.throttle_scale, fine.proxies_in_front) == (1, 0)
    with pytest.raises(SettingsError, match=said):
        read_settings(Settings, {**given, "ENVIRONMENT": "development", **changes})
