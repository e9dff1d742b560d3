"""The scan: quotes, redemptions, their lists."""

from contracts.cards import PARTY_MAX, READ_MAX
from gateway.schemas.base import (
    Answer,
    PageQuery,
    Request,
    TextAnswer,
    flag,
    instant,
    maybe_instant,
    maybe_text,
    part,
    parts,
    text,
    whole,
)
from gateway.schemas.fields import Instant, Note, Part, Typed, Whole, YesNo, absent, cents, identifier

CARD_CODE = "^[0-9]{4}$"


class PartyRequest(Request):
    """Who stands at the desk."""

    adults = Whole(0, PARTY_MAX, required=True)
    children = Whole(0, PARTY_MAX, required=True)


class ScanRequest(Request):
    """`card` is the QR text or the 16-digit number, as it was read or typed: a reader's prefix, line end or
    case and whatever separates the digits do not matter. `pay_cents` is what to take from the pot.

    `occurred_at` is when the visit took place, for a scan that had to wait for the network. The programme's
    `late_window_s` says how long it may have waited. The card's days, the offer's season, usage limits, the
    pot's last day and all statistics go by it. A card that was revoked, or an offer that was withdrawn,
    between the visit and its upload is accepted: the provider served in good faith; the officers are told.

    `second_visit`: the same card, offer, party, price and payment at the same place within seconds is
    answered with `already_counted`, unless the desk says that it is another visit; the limits then judge it.
    """

    card = Note(READ_MAX, required=True)
    card_code = Typed(4, min_length=4, pattern=CARD_CODE, allow_none=True)
    offer_id = identifier(required=True)
    party = Part(PartyRequest, required=True)
    gross_cents = cents(required=True)
    pay_cents = cents(allow_none=True)
    occurred_at = Instant(allow_none=True)
    second_visit = YesNo(allow_none=True)


class RedemptionsQuery(PageQuery):
    """The device's scans of visits from `since` on, newest visit first."""

    since = Instant(load_default=absent)


class PartyAnswer(Answer):
    """How many people the card covers."""

    adults = whole()
    children = whole()


class ShownHolderAnswer(Answer):
    """What tells the provider that it is the right person."""

    first_name = text()
    age_band = text()
    party_covered = part(PartyAnswer)


class ScanAnswer(Answer):
    """A price or a redemption; `gross - reduction = net = paid_from_pot + due`. `occurred_at` is when the
    visit took place, `recorded_at` when it was heard of."""

    id = maybe_text(metadata={"description": "Null in a quote."})
    recorded_at = maybe_instant()
    occurred_at = maybe_instant()
    reduction_cents = whole()
    net_cents = whole()
    paid_from_pot_cents = whole()
    due_cents = whole()
    pot_remaining_cents = whole()
    holder = part(ShownHolderAnswer)
    already_counted = flag()
    message = part(TextAnswer, allow_none=True)


class RedemptionAnswer(Answer):
    """A past redemption. `occurred_at` is when the visit took place, `recorded_at` when it was heard of;
    `revoked_meanwhile`: the card was revoked between the two."""

    id = text()
    card_id = text()
    offer_id = text()
    provider_id = text()
    site_id = text()
    gross_cents = whole()
    reduction_cents = whole()
    net_cents = whole()
    paid_from_pot_cents = whole()
    due_cents = whole()
    occurred_at = instant()
    recorded_at = instant()
    revoked_meanwhile = flag()
    cancelled_at = maybe_instant()


class RedemptionsAnswer(Answer):
    """A page of redemptions, newest visit first; `next_cursor` is null on the last page."""

    redemptions = parts(RedemptionAnswer)
    next_cursor = maybe_text()
