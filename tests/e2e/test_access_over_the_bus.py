"""Past the gateway: somebody on the bus without the right token is refused by the owning service."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from chassis import clock as chassis_clock
from chassis.calls.client import RpcClient, RpcFailed
from chassis.calls.signing import Signer
from contracts.access import CALLS, SCOPES, access_of
from contracts.base import BooksRpc
from contracts.documentation import SERVICES, rpc_of
from contracts.refusals import Refusal
from devstack.stack import Stack
from tests.forging import FORGERIES, forged_tokens, right_claims, signed

GUARDED = [call for call, row in CALLS.items() if not row.public]
NAMES = (*SERVICES, "gateway")
# One guarded call of each service: what reads a token is the same for all of a service's calls.
ONE_OF_EACH = {call.partition(".")[0]: call for call in GUARDED}


@pytest.fixture(scope="module")
def bus(platform: Stack) -> Iterator[RpcClient]:
    """A client on the platform's broker, by the platform's clock."""
    chassis_clock.use_offset_file(platform.wiring.clock_file)
    client = RpcClient(platform.amqp_uri)
    yield client
    client.close()
    chassis_clock.use_offset_file(None)


@pytest.fixture(scope="module")
def signing_key(platform: Stack) -> str:
    """The key that `identity` signs with."""
    return platform.wiring.secrets.token_signing_key


def refusal(bus: RpcClient, call: str, **headers: Any) -> str:
    """The code that the service refuses with; the arguments are nothing, as no method may see them."""
    service, _, method = call.partition(".")
    asked = BooksRpc if hasattr(BooksRpc, method) else rpc_of(SERVICES[service])
    shape = inspect.signature(getattr(asked, method)).parameters
    kwargs = {name: None for name in shape if name != "self"}
    try:
        bus.call(service, method, kwargs, headers)
    except Refusal as refused:
        return refused.code
    except RpcFailed:
        return "let in: the method ran"
    return "let in"


def service_token(platform: Stack, name: str, callee: str) -> str:
    """What a service signs to call another in its own name."""
    return Signer(platform.wiring.secrets.service_signing_keys[name], name).token_for(callee)


@pytest.mark.parametrize("call", GUARDED)
def test_without_the_right_token_no_method_runs(
    call: str, platform: Stack, bus: RpcClient, signing_key: str
) -> None:
    row, service = access_of(call), call.partition(".")[0]
    assert refusal(bus, call) == "not_authenticated"
    others = " ".join(set(SCOPES) - {row.scope})
    for kind in ("partner", "device", "staff", "holder"):
        if kind in row.open_to:
            continue
        powerless = signed(signing_key, right_claims(kind=kind, scope=others))
        assert refusal(bus, call, token=powerless) == "not_allowed", kind
    for name in NAMES:
        assert refusal(bus, call, service=name) == "not_authenticated", f"a header alone: {name}"
        if name not in row.services:
            assert refusal(bus, call, token=service_token(platform, name, service)) == "not_allowed", name


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_is_nobodys_in_every_service(forgery: str, bus: RpcClient, signing_key: str) -> None:
    token = forged_tokens(signing_key)[forgery]
    for call in ONE_OF_EACH.values():
        assert refusal(bus, call, token=token) == "not_authenticated", call


def test_a_service_that_the_row_names_is_let_in_and_its_token_serves_nowhere_else(
    platform: Stack, bus: RpcClient
) -> None:
    for_identity = service_token(platform, "notify", "identity")
    asked = {"holder_ids": ["per_nobody"]}
    assert bus.call("identity", "find_contacts", asked, {"token": for_identity}) == {}
    assert refusal(bus, "cards.get_voucher", token=for_identity) == "not_authenticated"
