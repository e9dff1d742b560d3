"""What is printed on a card is unreadable at rest and opens for its own card only."""

import secrets

import pytest
from cryptography.exceptions import InvalidTag

from cards.numbering import draw_printed
from cards.sealing import Keys, hash_number, is_card_code, is_order_secret, order_secret, seal, unseal

KEYS = Keys(sealing=secrets.token_bytes(32), number_hash=secrets.token_bytes(32))
OTHER_KEYS = Keys(sealing=secrets.token_bytes(32), number_hash=secrets.token_bytes(32))


def test_a_seal_opens_with_its_key_and_card_and_shows_nothing_before() -> None:
    printed = draw_printed()
    sealed = seal(KEYS, "card_a", printed)
    assert unseal(KEYS, "card_a", sealed) == printed
    assert printed.number.encode() not in sealed


def test_a_seal_moved_to_another_card_does_not_open() -> None:
    sealed = seal(KEYS, "card_a", draw_printed())
    with pytest.raises(InvalidTag):
        unseal(KEYS, "card_b", sealed)
    with pytest.raises(InvalidTag):
        unseal(OTHER_KEYS, "card_a", sealed)


def test_the_same_card_sealed_twice_differs() -> None:
    printed = draw_printed()
    assert seal(KEYS, "card_a", printed) != seal(KEYS, "card_a", printed)


def test_the_hash_of_a_number_needs_the_key() -> None:
    number = draw_printed().number
    assert hash_number(KEYS, number) == hash_number(KEYS, number)
    assert hash_number(KEYS, number) != hash_number(OTHER_KEYS, number)


def test_a_card_code_is_compared_with_the_sealed_one() -> None:
    printed = draw_printed()
    sealed = seal(KEYS, "card_a", printed)
    wrong = f"{(int(printed.card_code) + 1) % 10_000:04d}"
    assert is_card_code(KEYS, "card_a", sealed, f" {printed.card_code} ")
    assert not is_card_code(KEYS, "card_a", sealed, wrong)
    assert not is_card_code(KEYS, "card_a", sealed, "é\ud800")


def test_an_order_secret_is_the_same_each_time_and_of_one_order_only() -> None:
    secret = order_secret(KEYS, "ord_a")
    assert is_order_secret(KEYS, "ord_a", secret)
    assert not is_order_secret(KEYS, "ord_b", secret)
    assert not is_order_secret(OTHER_KEYS, "ord_a", secret)
