"""Rules of the wallet that need no database."""

import pytest

from wallet import accounts
from wallet.delays import delay
from wallet.models import DIRECTIONS
from wallet.paying import page_for


def test_delays_double_up_to_their_longest() -> None:
    seconds = [delay(times, 10, 86_400).total_seconds() for times in (0, 1, 2, 13, 14, 10_000)]
    assert seconds == [10, 20, 40, 81_920, 86_400, 86_400]


@pytest.mark.parametrize(("there", "back"), [("payment", "refund"), ("pot_credit", "pot_return")])
def test_what_goes_one_way_comes_back_the_same_way(there: str, back: str) -> None:
    assert DIRECTIONS[there] == DIRECTIONS[back][::-1]
    assert DIRECTIONS["debit"] == DIRECTIONS["debit_reversal"][::-1]


def test_every_account_of_a_transfer_has_a_normal_side() -> None:
    named = {side.rstrip(":") for direction in DIRECTIONS.values() for side in direction}
    assert named == set(accounts.NORMAL_SIDES)


def test_account_ids_tell_their_kind_and_owner() -> None:
    made = [accounts.card_sales("p"), accounts.funder("p"), accounts.pot("x"), accounts.provider_payable("y")]
    assert [account.id for account in made] == [f"{a.kind}:{a.owner_id}" for a in made]


def test_the_bank_is_sent_to_the_gateway_and_gets_plain_spaces() -> None:
    page = page_for("https://example.org/", "Carte\u00a0OCC’YGÈNE, famille\u202f!")
    assert page.notify_url == "https://example.org/v1/payments/notifications"
    assert page.return_url == "https://example.org/v1/payments/return"
    assert page.description == "Carte OCC’YGÈNE, famille !"
