"""What a scan is judged on: the device that asks, the card with its offer, and what has happened so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from cards.scan_request import Scan
from cards.scan_statements import LOCK_CARD, LOCK_FACTS, READ_CARD, READ_FACTS
from chassis.caller import Caller
from contracts.cards import CardHolderShown
from contracts.offers import OfferPublished
from contracts.programmes import Programme, UsageLimit
from contracts.programmes.days import local_day, window_start
from contracts.programmes.rules import limits_of
from contracts.programmes.shape import People
from contracts.refusals import Refusal

MAX_UNKNOWN_CARDS = 10
UNKNOWN_CARDS_WINDOW = timedelta(minutes=5)
MAX_WRONG_CODES = 5
WRONG_CODES_WINDOW = timedelta(minutes=15)


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
    household_id: str
    holder_id: str
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PotAtDesk:
    """What is left of one pot, and what it may pay for."""

    pot_id: str
    pot_code: str
    categories: tuple[str, ...]
    amount_cents: int
    spend_from: date
    spend_until: date
    closed: bool

    def is_open_on(self, day: date) -> bool:
        """Whether it may be spent on this civil day."""
        return not self.closed and self.spend_from <= day <= self.spend_until

    def pays(self, category: str) -> bool:
        """Whether it may pay this category of provider."""
        return not self.categories or category in self.categories


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What has happened so far. ``uses`` goes with ``limits``; ``repeated`` is the same scan seconds ago;
    the ``…_full_at`` are set while too much was guessed."""

    pots: tuple[PotAtDesk, ...]
    limits: tuple[UsageLimit, ...]
    uses: tuple[int, ...]
    repeated: Mapping[str, Any] | None
    unknown_full_at: datetime | None
    wrong_code_full_at: datetime | None


def device_of(caller: Caller, scope: str) -> Device:
    """Return the calling device, or refuse."""
    caller.require(scope)
    if caller.kind != "device" or caller.provider_id is None or caller.site_id is None:
        raise Refusal("not_allowed")
    return Device(caller.subject, caller.provider_id, caller.site_id)


def find_card(session: Session, scan: Scan, *, lock: bool) -> CardAtDesk | None:
    """Read the card, its order and the offer in one statement; with the card's lock for a redemption."""
    statement = (LOCK_CARD if lock else READ_CARD)[scan.medium]
    values = {"card_hash": scan.card_hash, "offer_id": scan.offer_id}
    row = session.execute(statement, values).one_or_none()
    if row is None:
        return None
    return CardAtDesk(
        id=row.id,
        order_id=row.order_id,
        household_id=row.household_id,
        holder_id=row.holder_id,
        programme=row.programme,
        card_type=row.card_type,
        sealed=bytes(row.sealed),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        revoked_at=row.revoked_at,
        household=People(adults=row.adults, children=row.children),
        first_name=row.holder_first_name,
        age_band=row.age_band,
        offer=None if row.terms is None else OfferPublished.from_payload(row.terms),
        is_offer_known=row.withdrawn is not None,
        is_offer_withdrawn=bool(row.withdrawn),
    )


def read_facts(
    session: Session,
    device: Device,
    card: CardAtDesk,
    scan: Scan,
    programme: Programme,
    at: datetime,
    *,
    lock: bool,
) -> Facts:
    """Read all else that the rules ask for in one statement; it locks pots that are to be spent."""
    limits = tuple(limits_of(programme, card.card_type))
    statement = LOCK_FACTS if lock and scan.pay_cents > 0 else READ_FACTS
    values = {
        "household_id": card.household_id,
        "programme": card.programme,
        "order_id": card.order_id,
        "card_id": card.id,
        "provider_id": device.provider_id,
        "site_id": device.site_id,
        "device_id": device.id,
        "offer_id": scan.offer_id,
        "adults": scan.party.adults,
        "children": scan.party.children,
        "gross_cents": scan.gross_cents,
        "pay_cents": scan.pay_cents,
        "limit_per": [limit.per for limit in limits],
        "limit_since": [
            window_start(limit.window, at, card.valid_from, programme.timezone) for limit in limits
        ],
        "repeat_since": at - timedelta(seconds=programme.repeat_window_s),
        "unknown_since": at - UNKNOWN_CARDS_WINDOW,
        "unknown_offset": MAX_UNKNOWN_CARDS - 1,
        "wrong_code_since": at - WRONG_CODES_WINDOW,
        "wrong_code_offset": MAX_WRONG_CODES - 1,
    }
    row = session.execute(statement, values).one()
    return Facts(
        pots=tuple(_read_pot(pot) for pot in row.pots),
        limits=limits,
        uses=tuple(row.uses),
        repeated=row.repeated,
        unknown_full_at=row.unknown_full_at,
        wrong_code_full_at=row.wrong_code_full_at,
    )


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


def today_of(programme: Programme, at: datetime) -> date:
    """The programme's civil day, by which its rules are judged."""
    return local_day(at, programme.timezone)


def _read_pot(pot: Mapping[str, Any]) -> PotAtDesk:
    return PotAtDesk(
        pot_id=pot["pot_id"],
        pot_code=pot["pot_code"],
        categories=tuple(pot["categories"]),
        amount_cents=pot["amount_cents"],
        spend_from=date.fromisoformat(pot["spend_from"]),
        spend_until=date.fromisoformat(pot["spend_until"]),
        closed=pot["closed"],
    )
