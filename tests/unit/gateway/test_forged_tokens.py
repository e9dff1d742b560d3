"""A token that is right in all but one thing is refused at the gateway, and no service is asked."""

from typing import Any

import pytest

from chassis.calls.tokens import Keys, TokenError
from tests.forging import FORGERIES, forged_tokens, right_claims, signed

CARD = "/v1/cards/card_01k9aaaaaaaaaaaaaaaaaaaaaa/pot"


def headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_is_refused_even_where_none_is_needed(
    gateway: Any, signing_key: str, public_keys: str, forgery: str
) -> None:
    token = forged_tokens(signing_key)[forgery]
    for path in (CARD, "/v1/programmes"):
        answer = gateway.http.get(path, headers=headers(token))
        assert (answer.status_code, answer.json["code"]) == (401, "not_authenticated"), path
    assert gateway.services.calls == []
    with pytest.raises(TokenError):
        Keys(public_keys).verify(token)


def test_the_token_that_they_forge_would_be_taken(gateway: Any, signing_key: str) -> None:
    """So what refuses the others is what is wrong with them, and nothing else."""
    gateway.services.answers["cards.get_pots"] = {"remaining_cents": 0, "pots": []}
    answer = gateway.http.get(CARD, headers=headers(signed(signing_key, right_claims())))
    assert answer.status_code == 200
