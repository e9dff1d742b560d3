"""A holder signs in by a mailed code once, goes on without another, and signs out."""

from typing import Any

import pytest

from demo.acts.vouchers import sign_in
from demo.api import Refused
from tests.e2e.world import World

NAME = "Famille fidèle"


def test_a_holder_goes_on_without_another_code_until_they_sign_out(world: World) -> None:
    world.at(2020, 8, 6, 10, 0)
    world.order_bonus(NAME)
    public, first = world.stage.api.public(), signed_in(world)

    world.at(2020, 8, 6, 11, 0)
    with pytest.raises(Refused, match="not_authenticated"):
        me(world, first)
    renewed = renew(public, first)
    assert me(world, renewed)["kind"] == "holder"

    public.post("/v1/oauth/revocations", {"token": renewed["refresh_token"]})
    for tokens in (renewed, first):
        with pytest.raises(Refused, match="sign_in_refused"):
            renew(public, tokens)


def signed_in(world: World) -> Any:
    """The whole answer to the mailed code."""
    sign_in(world.stage, NAME)
    holder, answers = world.stage.cast.holders[NAME], []

    def heard(answer: Any) -> None:
        answer.read()
        if answer.request.url.path == "/v1/oauth/token":
            answers.append(answer.json())

    hooks = holder.http.event_hooks
    holder.http.event_hooks = {**hooks, "response": [*hooks["response"], heard]}
    try:
        holder.get("/v1/me")
    finally:
        holder.http.event_hooks = hooks
    return answers[-1]


def renew(public: Any, tokens: Any) -> Any:
    return public.post(
        "/v1/oauth/token", {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    )


def me(world: World, tokens: Any) -> Any:
    answer = world.stage.api.http.get("/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    if answer.is_error:
        raise Refused(answer.status_code, answer.json())
    return answer.json()
