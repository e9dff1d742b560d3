"""A call in a service's name is worth its signature: on the bus a header alone is worth nothing."""

import json
from typing import Any

import pytest

from chassis.calls.caller import Caller
from chassis.calls.signing import SERVICE_TOKEN_LIFETIME_S, Signer
from chassis.calls.tokens import Keys, TokenError, sign
from chassis.clock import real_now
from chassis.settings import SettingsError
from devstack.secrets import make_service_keys, make_token_keys
from tests.chassis.conftest import Toy

PEOPLE_KEY, PEOPLE_KEYS = make_token_keys()
SIGNING, PUBLIC = make_service_keys(["cards", "notify", "wallet"])


def verify(token: str, own_name: str = "cards") -> Caller:
    return Keys(PEOPLE_KEYS, PUBLIC, own_name).verify(token)


def named(jwk: str, key_id: str) -> str:
    return json.dumps(json.loads(jwk) | {"kid": key_id})


def who(toy: Toy, **headers: Any) -> Any:
    return toy.client.call("toy", "who", {}, headers)


def test_a_service_that_calls_in_its_own_name_is_known_by_its_signature() -> None:
    caller = verify(Signer(SIGNING["notify"], "notify").token_for("cards"))
    assert (caller.kind, caller.subject) == ("service", "service:notify")


def test_a_key_that_is_being_changed_for_another_is_named_after_its_service_too() -> None:
    jwk = named(SIGNING["notify"], "notify.2")
    both = [*json.loads(PUBLIC)["keys"], {k: v for k, v in json.loads(jwk).items() if k != "d"}]
    keys = Keys(PEOPLE_KEYS, json.dumps({"keys": both}), "cards")
    assert keys.verify(Signer(jwk, "notify").token_for("cards")).subject == "service:notify"


def test_what_one_service_was_sent_is_worth_nothing_at_another() -> None:
    token = Signer(SIGNING["notify"], "notify").token_for("cards")
    with pytest.raises(TokenError):
        verify(token, own_name="wallet")


def test_nobody_signs_for_another_service() -> None:
    with pytest.raises(SettingsError, match="SERVICE_SIGNING_KEY must be the key of wallet"):
        Signer(SIGNING["notify"], "wallet")
    with pytest.raises(TokenError):
        verify(Signer(named(SIGNING["notify"], "wallet"), "wallet").token_for("cards"))


def test_a_services_key_makes_no_person_and_the_peoples_key_no_service() -> None:
    officer = {"sub": "stf_1", "kind": "staff", "role": "officer", "scope": "cards:write"}
    with pytest.raises(TokenError):
        verify(sign(officer, SIGNING["notify"], 60))
    with pytest.raises(TokenError):
        verify(sign({"sub": "service:wallet", "kind": "service"}, PEOPLE_KEY, 60))


def test_a_service_token_ends_and_is_renewed_before(monkeypatch: pytest.MonkeyPatch) -> None:
    signer, start = Signer(SIGNING["notify"], "notify"), real_now()
    first = signer.token_for("cards")
    assert signer.token_for("cards") == first != signer.token_for("wallet")
    later = start.timestamp() + SERVICE_TOKEN_LIFETIME_S
    for module in ("chassis.calls.signing", "chassis.calls.tokens"):
        monkeypatch.setattr(f"{module}.real_now", lambda: start.fromtimestamp(later, start.tzinfo))
    with pytest.raises(TokenError, match="expired"):
        verify(first)
    assert verify(signer.token_for("cards")).kind == "service"


def test_over_the_bus_a_header_alone_makes_nobody_a_service(toy: Toy) -> None:
    assert toy.call("ask_myself") == "service:service:toy"
    assert who(toy, service="toy") == "anonymous:anonymous"
    for_toy = Signer(toy.signing_keys["mate"], "mate").token_for("toy")
    assert who(toy, token=for_toy) == "service:service:mate"
    assert who(toy, token=Signer(toy.signing_keys["mate"], "mate").token_for("mate")) == "anonymous:anonymous"
    assert who(toy, token=Signer(SIGNING["cards"], "cards").token_for("toy")) == "anonymous:anonymous"
