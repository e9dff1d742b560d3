"""When all is over, no log and no metric of any process holds what somebody may not read."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from demo.stage import eventually
from devstack.host.ports import LOOPBACK
from devstack.secrets import SERVICES
from devstack.stack import Stack
from tests.e2e.overhearing import KINDS, Overheard, secrets_of
from tests.e2e.told_forms import said_in, told
from tests.e2e.world import World

# Six services, three of the sandbox, five preparations, broker and databases.
LOGS_MIN = 11
A_NUMBER, A_QR_TEXT, AN_ADDRESS = "1234567890123452", "OCY1:ABCDEFGHIJKLMNOPQRSTUVWXYZ", "zoé@famille.fr"
PLACES: dict[str, Callable[[str], str]] = {
    "alone": lambda secret: secret,
    "in a sentence": lambda secret: f"card {secret} was refused",
    "in a query": lambda secret: f"/v1/cards?number={quote(secret)}",
    "in capitals": str.upper,
    "packed": lambda secret: b64encode(secret.encode()).decode(),
    "packed with others": lambda secret: b64encode(f'{{"card": "{secret}"}}'.encode()).decode(),
    "packed with one byte less": lambda secret: urlsafe_b64encode(f"x{secret}yz".encode()).decode(),
    "in JSON": lambda secret: json.dumps({"body": {"card": secret}}),
    "in JSON in JSON": lambda secret: json.dumps({"body": json.dumps([secret])}),
}


def test_no_log_of_any_process_holds_what_somebody_may_not_read(
    world: World, platform: Stack, overheard: Overheard
) -> None:
    secrets = secrets_of(platform, overheard)
    print({kind: len(found) for kind, found in secrets.items()})
    assert secrets.keys() == {*KINDS.values(), "a key or password of the platform"}
    printed = {voucher[name] for voucher in world.printed for name in ("number", "qr")}
    assert printed <= secrets["what is printed on a card"], "what was read from vouchers is looked for"
    logs = [log for log in platform.folder.rglob("*.log") if log.stat().st_size]
    assert len(logs) >= LOGS_MIN
    found = {f"{log.name}: {what}" for log in logs for what in told(secrets, said_in(log.read_text()))}
    assert found == set()


def test_no_metric_of_any_process_holds_what_somebody_may_not_read(
    platform: Stack, overheard: Overheard
) -> None:
    secrets = secrets_of(platform, overheard)
    pages = {
        f"{service}:{port}": eventually(lambda port=port: _metrics(port), f"metrics of {service}")  # type: ignore[misc]
        for service in SERVICES
        for port in platform.metrics_ports(service)
    }
    assert len(pages) >= len(SERVICES)
    found = {f"{name}: {what}" for name, page in pages.items() for what in told(secrets, page.splitlines())}
    assert found == set()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("secret", [A_NUMBER, A_QR_TEXT, AN_ADDRESS])
def test_a_secret_that_is_told_would_be_found(secret: str, place: str) -> None:
    line = json.dumps({"event": "request_answered", "route": PLACES[place](secret), "duration_ms": 1.5})
    harmless = json.dumps({"event": "request_answered", "caller": "dev_01k9aaaaaaaaaaaaaaaaaaaaaa"})
    assert told({"it": [secret]}, said_in(harmless)) == set()
    (found,) = told({"it": [secret]}, said_in(f"{harmless}\n{line}\n"))
    assert found.startswith("it: ")
    assert told({"it": [secret]}, [f'requests_total{{route="{PLACES[place](secret)}"}} 1.0'])


@pytest.mark.parametrize("gap", [" ", "\u00a0", "\u202f", "-", "%20"])
def test_a_card_number_in_groups_is_found(gap: str) -> None:
    shown = gap.join(A_NUMBER[start : start + 4] for start in range(0, 16, 4))
    assert told({"it": [A_NUMBER]}, said_in(json.dumps({"event": f"refused {shown}"})))
    assert told({"it": [A_NUMBER]}, said_in(json.dumps({"number": int(A_NUMBER)})))


@pytest.mark.parametrize(
    "line",
    ['{"code": "0417"}', "code=0417", "{'card_code': '0417', 'pay': 1}", '{"a": ["0417"]}', "code: 0417"],
)
def test_a_code_of_four_digits_is_found_where_it_is_a_value(line: str) -> None:
    assert told({"it": ["0417"]}, said_in(line))


@pytest.mark.parametrize(
    "line", ["2026-04-17T04:17:04.170417Z", "127.0.0.1:0417", '{"id": "red_01m80417"}', "[0417] LOG", "90417"]
)
def test_digits_that_happen_to_stand_in_something_else_are_no_code(line: str) -> None:
    assert told({"it": ["0417"]}, said_in(line)) == set()


def _metrics(port: int) -> str:
    return httpx.get(f"http://{LOOPBACK}:{port}/metrics").text
