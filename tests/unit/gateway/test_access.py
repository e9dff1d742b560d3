"""Who may call what: tokens, scopes, and what travels on to the services."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from contracts.access import SCOPES

ID = "01k9aaaaaaaaaaaaaaaaaaaaaa"
CARD = f"/v1/cards/card_{ID}"
Headers = Callable[..., dict[str, str]]


def operations(gateway: Any) -> list[tuple[str, str, list[dict[str, list[str]]]]]:
    """Method, path with real-looking ids, and the security requirement of every call."""
    spec = gateway.http.get("/v1/openapi.json").json
    return [
        (method, re.sub(r"{\w+_id}", f"abc_{ID}", path).replace("{code}", "occygene-2020"), one["security"])
        for path, item in spec["paths"].items()
        for method, one in item.items()
        if method in ("get", "post")
    ]


def test_every_protected_call_asks_for_a_token_with_its_scope(gateway: Any, token_of: Headers) -> None:
    protected = [one for one in operations(gateway) if one[2] and {} not in one[2]]
    assert len(protected) > 20
    for method, path, security in protected:
        answer = gateway.http.open(path, method=method)
        assert answer.status_code == 401, path
        assert answer.json["code"] == "not_authenticated"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        scope = security[0]["oauth2"][0]
        others = [one for one in SCOPES if one != scope]
        answer = gateway.http.open(path, method=method, headers=token_of(*others))
        assert answer.status_code == 403, path
        assert f'scope="{scope}"' in answer.headers["WWW-Authenticate"]
    assert gateway.services.calls == []


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x.y.z", "Basic eDp5", "x", "Bearer " + "a" * 5000]
)
def test_a_wrong_token_is_refused_even_where_none_is_needed(gateway: Any, header: str) -> None:
    for path in (CARD, "/v1/programmes"):
        answer = gateway.http.get(path, headers={"Authorization": header})
        assert (answer.status_code, answer.json["code"]) == (401, "not_authenticated")
    assert gateway.services.calls == []


def test_an_expired_or_altered_token_is_refused(gateway: Any, token_of: Headers) -> None:
    expired = token_of("cards:read", lifetime_s=-1)
    assert gateway.http.get(CARD, headers=expired).status_code == 401
    head, claims, signature = token_of("cards:read")["Authorization"].split(".")
    altered = {"Authorization": f"{head}.{claims[:-2]}AA.{signature}"}
    assert gateway.http.get(CARD, headers=altered).status_code == 401
    unsigned = {"Authorization": f"Bearer eyJhbGciOiJub25lIiwia2lkIjoidGVzdCJ9.{claims}."}
    assert gateway.http.get(CARD, headers=unsigned).status_code == 401


def test_the_token_and_the_call_id_travel_with_every_rpc(gateway: Any, token_of: Headers) -> None:
    headers = token_of("cards:read") | {"X-Request-Id": "trip-42"}
    gateway.http.get(CARD, headers=headers)
    sent = gateway.services.headers
    assert sent == {"token": headers["Authorization"].removeprefix("Bearer "), "call_id": "trip-42"}


def test_the_right_scope_reaches_the_service(gateway: Any, token_of: Headers) -> None:
    gateway.services.answers["cards.get_pots"] = {"remaining_cents": 0, "pots": []}
    answer = gateway.http.get(f"{CARD}/pot", headers=token_of("cards:read", kind="holder"))
    assert (answer.status_code, answer.json) == (200, {"remaining_cents": 0, "pots": []})
