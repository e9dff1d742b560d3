"""The voucher shown again: who may see it, and what they get."""

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest

from chassis.calls.caller import Caller
from contracts.programmes import Programme
from contracts.refusals import Refusal
from notify.showing import show_voucher
from tests.admission import admitted


def show(known: Any, caller: Caller, programmes: dict[str, Programme]) -> Any:
    admitted(caller, "notify.render_voucher")
    return show_voucher("card_1", cards=known, identity=known, programmes=programmes)


@pytest.mark.parametrize("role", ["holder", "officer"])
def test_the_holder_and_an_officer_get_a_pdf(
    known: Any, caller_of: Callable[..., Caller], programmes: dict[str, Programme], role: str
) -> None:
    document = show(known, caller_of(role), programmes)
    assert document["media_type"] == "application/pdf"
    assert document["filename"] == "bon-occygene-2020.pdf"
    assert b64decode(document["content"]).startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("role", "code"),
    [
        ("anonymous", "not_authenticated"),
        ("device", "not_allowed"),
        ("partner", "not_allowed"),
        ("service", "not_allowed"),
    ],
)
def test_nobody_else_gets_one(
    known: Any, caller_of: Callable[..., Caller], programmes: dict[str, Programme], role: str, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        show(known, caller_of(role), programmes)
    assert refused.value.code == code


def test_a_revoked_cards_voucher_is_not_printed_any_more(
    known: Any, caller_of: Callable[..., Caller], programmes: dict[str, Programme]
) -> None:
    known.card["revoked"] = True
    with pytest.raises(Refusal) as refused:
        show(known, caller_of("holder"), programmes)
    assert refused.value.code == "card_revoked"
