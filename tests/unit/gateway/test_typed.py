"""What people type or paste may have spaces around it; the service gets it without."""

from typing import Any

import pytest

from tests.unit.gateway.test_bad_input import BODIES, ID, SCAN, post

SPACES = ["  {}", "{} ", "\u00a0{}\u202f"]


def within(given: Any, path: str) -> Any:
    """The member of an object at a dotted path."""
    for name in path.split("."):
        given = given[name]
    return given


def put(body: Any, path: str, value: str) -> Any:
    """The object with another member at a dotted path."""
    name, _, rest = path.partition(".")
    return {**body, name: put(body[name], rest, value) if rest else value}


@pytest.mark.parametrize("spaces", SPACES, ids=ascii)
@pytest.mark.parametrize(
    ("call", "field"),
    [
        ("/v1/quotes", "card_code"),
        ("/v1/redemptions", "card_code"),
        ("/v1/orders", "holder.email"),
        ("/v1/oauth/email-codes", "email"),
        ("/v1/provider-applications", "contact.email"),
        ("/v1/staff", "email"),
        ("/v1/devices/enrolment", "enrolment_code"),
        (f"/v1/orders/ord_{ID}/email-changes", "email"),
        (f"/v1/orders/ord_{ID}/email-changes/confirm", "code"),
    ],
)
def test_spaces_around_a_code_or_an_address_do_not_count(
    gateway: Any, token_of: Any, call: str, field: str, spaces: str
) -> None:
    right = BODIES[call]
    post(gateway, call, token_of(), right)
    expected = list(gateway.services.calls)
    answer = post(gateway, call, token_of(), put(right, field, spaces.format(within(right, field))))
    assert gateway.services.calls == expected, answer.text


@pytest.mark.parametrize("code", ["12 34", "123 ", "1234\n", "    ", " 12345"])
def test_what_is_no_code_stays_none(gateway: Any, token_of: Any, code: str) -> None:
    answer = post(gateway, "/v1/quotes", token_of(), {**SCAN, "card_code": code})
    assert (answer.status_code, answer.json["field"]) == (422, "card_code")


CHANGE = f"/v1/orders/ord_{ID}/email-changes"


@pytest.mark.parametrize("address", ["a@[127.0.0.1]", "a@[IPv6:::1]", "a@localhost", "a@b", "é@example.org"])
def test_an_address_at_which_nobody_has_mail_is_refused_in_words(
    gateway: Any, token_of: Any, address: str
) -> None:
    answer = post(gateway, CHANGE, token_of(), {"email": address})
    assert (answer.status_code, answer.json["field"]) == (422, "email")
    assert answer.json["errors"][0]["rule_fr"] == "une adresse électronique est attendue"
    assert gateway.services.calls == []


@pytest.mark.parametrize("address", ["a'b+c@example.org", "A@sous.domaine.example.org"])
def test_other_addresses_reach_the_service_as_they_are(gateway: Any, token_of: Any, address: str) -> None:
    post(gateway, CHANGE, token_of(), {"email": address})
    ((_, asked),) = gateway.services.calls
    assert asked["email"] == address
