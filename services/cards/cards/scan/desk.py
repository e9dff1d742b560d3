"""What a scan is judged on: the device that asks, the card with its offer, and what has happened so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from chassis.calls.caller import Caller
from contracts.cards import CardHolderShown
from contracts.offers import OfferPublished
from contracts.programmes import Programme, UsageLimit
from contracts.programmes.shape import People
from contracts.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Device:
    """A scanning device and where it stands; from its signed token, never from a request."""

    id: str
    provider_id: str
    site_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAtDesk:
    """A card with what its order says of the household, and the asked offer as it was published."""

    id: str
    order_id: str
    counted_as: str
    household_id: str
    holder_id: str
    account_id: str
    programme: str
    card_type: str
    sealed: bytes = field(repr=False)
    valid_from: date
    valid_until: date
    revoked_at: datetime | None
    household: People
    first_name: str
    age_band: str
    offer: OfferPublished | None
    is_offer_known: bool
    is_offer_withdrawn: bool
    offer_withdrawn_at: datetime | None

    def was_revoked(self, visit: "Visit") -> bool:
        """Whether it was revoked when the visit took place."""
        return self.revoked_at is not None and not visit.is_before(self.revoked_at)

    def was_offer_withdrawn(self, visit: "Visit") -> bool:
        """Whether the offer was withdrawn when the visit took place; where it is not known when, it was."""
        withdrawn_at = self.offer_withdrawn_at
        return self.is_offer_withdrawn and (withdrawn_at is None or not visit.is_before(withdrawn_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class PotAtDesk:
    """What is left of one pot, and what it may pay for; ``locked`` where it was when the visit took place."""

    pot_id: str
    pot_code: str
    categories: tuple[str, ...]
    amount_cents: int
    spend_from: date
    spend_until: date
    closed: bool
    locked: bool

    def is_open_on(self, day: date) -> bool:
        """Whether it may be spent on this civil day."""
        return not self.closed and self.spend_from <= day <= self.spend_until

    def pays(self, category: str) -> bool:
        """Whether it may pay this category of provider."""
        return not self.categories or category in self.categories


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What has happened so far. ``kept`` is what stands under the request's key; ``uses`` goes with
    ``limits``; ``repeated`` is the same scan seconds ago; the ``…_full_at`` are set while too much was
    guessed."""

    kept: Mapping[str, Any] | None
    guesses_full_at: datetime | None
    pots: tuple[PotAtDesk, ...] = ()
    limits: tuple[UsageLimit, ...] = ()
    uses: tuple[int, ...] = ()
    repeated: Mapping[str, Any] | None = None
    wrong_code_full_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """When it took place, by which it is judged; ``day`` is the programme's civil day.

    ``is_late`` where the device says that it was before now.
    """

    at: datetime
    day: date
    is_late: bool

    def is_before(self, moment: datetime) -> bool:
        """Whether it took place before what has happened by now: only a visit that is heard of late can have,
        whatever two processes' clocks say."""
        return self.is_late and self.at < moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that a scan is judged on; neither card, programme nor visit where no card is known."""

    card: CardAtDesk | None
    programme: Programme | None
    visit: Visit | None
    facts: Facts


def device_of(caller: Caller) -> Device:
    """Return the calling device, or refuse."""
    if caller.kind != "device" or caller.provider_id is None or caller.site_id is None:
        raise Refusal("not_allowed")
    return Device(caller.subject, caller.provider_id, caller.site_id)


def show_holder(card: CardAtDesk, programme: Programme) -> CardHolderShown:
    """What the desk sees of the holder, so that they see that it is the right person."""
    covered = covered_party(card, programme)
    return {
        "first_name": card.first_name,
        "age_band": card.age_band,
        "party_covered": {"adults": covered.adults, "children": covered.children},
    }


def covered_party(card: CardAtDesk, programme: Programme) -> People:
    """Whom one use covers: the household, as far as the card type goes.

    The holder comes as an adult, whatever their age: a pass for its holder alone covers a trainee of 17.
    """
    bound = programme.card_types[card.card_type].party
    return People(
        adults=min(bound.adults, max(1, card.household.adults)),
        children=min(bound.children, card.household.children),
    )
