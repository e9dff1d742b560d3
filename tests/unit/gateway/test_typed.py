"""What people type or paste may have spaces around it; the service gets it without."""

from typing import Any

import pytest

from tests.unit.gateway.test_bad_input import BODIES, SCAN, post

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
