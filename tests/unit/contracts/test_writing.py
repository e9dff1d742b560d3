"""Amounts and dates in sentences for people."""

import pytest

from cards.scan.judging import QR_CODE_WORKS
from contracts.refusals import SENTENCES, sentence
from contracts.writing import in_english, in_french, waits


@pytest.mark.parametrize(
    ("name", "value", "fr", "en"),
    [
        ("remaining_cents", 1250, "12,50\u00a0€", "€12.50"),
        ("spend_until", "2020-11-15", "15\u00a0novembre\u00a02020", "15 November 2020"),
        ("valid_from", "2020-07-01", "1er\u00a0juillet\u00a02020", "1 July 2020"),
        ("max_uses", 3, 3, 3),
        ("region", "l’Occitanie", "l’Occitanie", "l’Occitanie"),
    ],
)
def test_each_language_writes_amounts_and_dates_its_own_way(
    name: str, value: object, fr: str, en: str
) -> None:
    assert (in_french(name, value), in_english(name, value)) == (fr, en)


def test_a_refusal_speaks_to_people() -> None:
    said = sentence("pot_closed", {"spend_until": "2020-11-15"})
    assert said.fr == "La cagnotte est close depuis le 15\u00a0novembre\u00a02020."
    assert said.en == "The pot closed on 15 November 2020."


def test_another_way_on_is_said_where_there_is_one() -> None:
    waiting = {"retry_after_s": 9}
    assert sentence("too_many_attempts", waiting).en == "Too many attempts. Try again in 9 seconds."
    said = sentence("too_many_attempts", {**waiting, **QR_CODE_WORKS})
    assert said.fr == "Trop d’essais. Réessayez dans 9 secondes. Le QR code du bon reste accepté."


@pytest.mark.parametrize("code", SENTENCES)
def test_every_refusal_has_both_languages_and_fills_without_details(code: str) -> None:
    said = sentence(code, {})
    assert said.title
    assert said.fr.endswith(".")
    assert said.en.endswith(".")


@pytest.mark.parametrize(
    ("seconds", "fr", "en"),
    [
        (1, "1\u00a0minute", "1 minute"),
        (61, "2\u00a0minutes", "2 minutes"),
        (5_400, "90\u00a0minutes", "90 minutes"),
        (5_401, "2\u00a0heures", "2 hours"),
        (86_400, "24\u00a0heures", "24 hours"),
    ],
)
def test_a_wait_is_said_in_minutes_or_hours_and_never_too_short(seconds: int, fr: str, en: str) -> None:
    details = waits(seconds)
    assert details == {"retry_after_s": seconds, "wait_fr": fr, "wait_en": en}
    said = sentence("too_many_mails", details)
    assert said.fr.endswith(f"dans {fr}.")
    assert said.en.endswith(f"in {en}.")
