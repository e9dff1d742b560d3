"""What a scan answers: a price, a redemption, or the redemption of seconds ago that it repeats."""

from datetime import datetime

from cards.scan.desk import show_holder
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

_GOOD_FAITH: Text = {
    "fr": "Carte annulée depuis cette visite : le passage est accepté, et signalé au gestionnaire.",
    "en": "The card was cancelled after this visit: it is accepted, and the officers are told.",
}


def answer_price(
    judged: Judged, price: Price, *, redemption_id: str | None, recorded_at: str | None
) -> ScanAnswer:
    """A redemption, or with neither id nor time a quote."""
    return {
        "id": redemption_id,
        "recorded_at": recorded_at,
        "occurred_at": rfc3339(judged.visit.at) if redemption_id else None,
        "reduction_cents": price.reduction_cents,
        "net_cents": price.net_cents,
        "paid_from_pot_cents": price.paid_from_pot_cents,
        "due_cents": price.due_cents,
        "pot_remaining_cents": price.pot_remaining_cents,
        "holder": show_holder(judged.card, judged.programme),
        "already_counted": False,
        "message": _GOOD_FAITH if judged.card.revoked_at is not None else None,
    }


def answer_repeat(judged: Judged, device_id: str) -> ScanAnswer:
    """The first redemption once more: nothing was counted, and nobody needs to be frightened."""
    first = judged.facts.repeated
    assert first is not None, "only a repeat is answered by its first"
    visited_at = datetime.fromisoformat(first["visited_at"])
    apart_s = round(abs((judged.visit.at - visited_at).total_seconds()))
    return {
        "id": first["id"],
        "recorded_at": rfc3339(datetime.fromisoformat(first["redeemed_at"])),
        "occurred_at": rfc3339(visited_at),
        "reduction_cents": first["reduction_cents"],
        "net_cents": first["net_cents"],
        "paid_from_pot_cents": first["paid_from_pot_cents"],
        "due_cents": first["due_cents"],
        "pot_remaining_cents": remaining_cents(judged.facts.pots, judged.visit.day),
        "holder": show_holder(judged.card, judged.programme),
        "already_counted": True,
        "message": _kind_words(apart_s, elsewhere=first["device_id"] != device_id),
    }


def _kind_words(seconds: int, *, elsewhere: bool) -> Text:
    when: Text = {"fr": f"il y a {seconds} s", "en": f"{seconds} s ago"}
    if seconds < 1:
        when = {"fr": "à l’instant", "en": "just now"}
    where: Text = {"fr": "", "en": ""}
    if elsewhere:
        where = {"fr": " sur un autre appareil de ce lieu", "en": " on another device of this place"}
    return {
        "fr": f"Déjà compté {when['fr']}{where['fr']}, rien n’est compté deux fois.",
        "en": f"Already counted {when['en']}{where['en']}, nothing is counted twice.",
    }
