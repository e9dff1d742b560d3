"""What a scan answers: a price, a redemption, or the redemption of seconds ago that it repeats."""

from datetime import datetime

from cards.scan.desk import show_holder, today_of
from cards.scan.drawing import remaining_cents
from cards.scan.judging import Judged
from cards.scan.rules import Price
from chassis.clock import rfc3339
from contracts.base import Text
from contracts.cards import ScanAnswer

# What the events of a redemption repeat of its row, name for name.
SAID_OF_REDEMPTION = (
    *("programme", "card_type", "card_id", "household_id", "holder_id"),
    *("provider_id", "site_id", "offer_id", "adults", "children"),
    *("gross_cents", "reduction_cents", "net_cents", "paid_from_pot_cents", "due_cents"),
)


def answer_price(
    judged: Judged, price: Price, *, redemption_id: str | None, recorded_at: str | None
) -> ScanAnswer:
    """A redemption, or with neither id nor time a quote."""
    return {
        "id": redemption_id,
        "recorded_at": recorded_at,
        "reduction_cents": price.reduction_cents,
        "net_cents": price.net_cents,
        "paid_from_pot_cents": price.paid_from_pot_cents,
        "due_cents": price.due_cents,
        "pot_remaining_cents": price.pot_remaining_cents,
        "holder": show_holder(judged.card, judged.programme),
        "already_counted": False,
        "message": None,
    }


def answer_repeat(judged: Judged, at: datetime) -> ScanAnswer:
    """The first redemption once more: nothing was counted, and nobody needs to be frightened."""
    first = judged.facts.repeated
    assert first is not None, "only a repeat is answered by its first"
    redeemed_at = datetime.fromisoformat(first["redeemed_at"])
    return {
        "id": first["id"],
        "recorded_at": rfc3339(redeemed_at),
        "reduction_cents": first["reduction_cents"],
        "net_cents": first["net_cents"],
        "paid_from_pot_cents": first["paid_from_pot_cents"],
        "due_cents": first["due_cents"],
        "pot_remaining_cents": remaining_cents(judged.facts.pots, today_of(judged.programme, at)),
        "holder": show_holder(judged.card, judged.programme),
        "already_counted": True,
        "message": _kind_words(round((at - redeemed_at).total_seconds())),
    }


def _kind_words(seconds: int) -> Text:
    if seconds < 1:
        return {
            "fr": "Déjà compté à l’instant, rien n’est compté deux fois.",
            "en": "Already counted just now, nothing is counted twice.",
        }
    return {
        "fr": f"Déjà compté il y a {seconds} s, rien n’est compté deux fois.",
        "en": f"Already counted {seconds} s ago, nothing is counted twice.",
    }
