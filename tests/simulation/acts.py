"""What people do to `cards`, each by the rule that the service runs for it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from cards import published, reissuing, revoking
from cards.models import Card as CardRow
from cards.orders import ordering
from cards.pots import closing
from cards.scan import cancelling, quoting, redeeming
from cards.sealing import unseal
from chassis.calls.caller import Caller
from chassis.events.outbox import stamp
from chassis.ids import new_id
from contracts.cards import OrderView, RedemptionView, ScanAnswer
from contracts.identity import ApplicationApproved, Household
from contracts.offers import OfferPublished
from contracts.wallet import PaymentReceived
from tests.simulation.model import Card
from tests.simulation.world import KEYS, Asked, World

SITES = ("sit_1", "sit_2", "sit_3")
DEVICES_OF_A_SITE = 2
# Offer → provider and category; a water sport may be paid by both pots of a household.
OFFERS = {"off_sea": ("prv_sea", "water_sports"), "off_museum": ("prv_museum", "museums")}
ADULT = {"given_name": "Anaïs", "family_name": "Blanc", "birth_date": "1988-03-03"}
SPOUSE = {**ADULT, "given_name": "Noé"}
CHILD = {"given_name": "Tom", "family_name": "Blanc", "birth_date": "2018-01-01"}
TWIN = {**CHILD, "given_name": "Léa"}
MEMBERS = {"hh_family": [SPOUSE, CHILD, TWIN], "hh_late": [], "hh_renewed": [], "hh_single": []}
# Who orders, for which household: the family's two adults, and one of them again, for another household.
ORDERS = (
    *(("hh_family", "per_anais"), ("hh_late", "per_late"), ("hh_renewed", "per_anais")),
    *(("hh_single", "per_single"), ("hh_family", "per_spouse")),
)
HOLDER = {
    **ADULT,
    "email": "anais@example.org",
    "address": {"street": "1 quai Sud", "postal_code": "06000", "insee": "06088"},
}
OFFICER = Caller(
    kind="staff",
    role="officer",
    subject="stf_1",
    scopes=frozenset({"redemptions:cancel", "cards:write", "cards:read"}),
)
PARTNER = Caller(
    kind="partner", subject="par_1", channel="tourist_office", scopes=frozenset({"orders:write"})
)


class LocalPeople:
    """Stands for `identity`: it knows the people of an order as this household and this person."""

    def __init__(self, household: str, person: str) -> None:
        self._known: Household = {
            "household_id": household,
            "holder_id": person,
            "account_id": "acc_1",
            "counted_as": person,
        }

    def register_household(self, **_: Any) -> Household:
        """The same for every card that they order."""
        return self._known


def device(offer_id: str, site: str, number: int = 0) -> Caller:
    """One of the provider's scanners at a site."""
    provider, _ = OFFERS[offer_id]
    scopes = frozenset({"redemptions:write", "redemptions:cancel"})
    subject = f"dev_{site}_{number % DEVICES_OF_A_SITE}"
    return Caller(kind="device", subject=subject, provider_id=provider, site_id=site, scopes=scopes)


def publish_offers(world: World) -> None:
    """Both providers take a fifth off for everybody, and take pots."""
    for offer_id, (provider, category) in OFFERS.items():
        offer = OfferPublished(
            **stamp(),
            offer_id=offer_id,
            version=1,
            provider_id=provider,
            provider_name=provider,
            category=category,
            site_ids=list(SITES),
            programme=world.programme.code,
            title={"fr": "Entrée", "en": "Entry"},
            card_types=["azur"],
            audience="household",
            kind="percent",
            percent=20,
            price_cents=None,
            child_price_cents=None,
            season=[],
            pot_accepted=True,
            minimum_gross_cents=None,
            max_children=None,
        )
        with world.cards.transaction() as session:
            published.keep_offer(session, offer)


def order_card(world: World, household: str, person: str) -> OrderView:
    """Order a card for a person of a household."""
    return ordering.place_order(
        world.cards.transaction,
        PARTNER,
        world.programmes,
        KEYS,
        LocalPeople(household, person),  # type: ignore[arg-type]
        idempotency_key=new_id("key"),
        order={
            "programme": world.programme.code,
            "card_type": "azur",
            "holder": HOLDER,  # type: ignore[typeddict-item]
            "members": MEMBERS[household],  # type: ignore[typeddict-item]
        },
    )


def approve_and_pay(world: World, order: OrderView) -> None:
    """The order's approval and its payment are on their way."""
    world.send(
        ApplicationApproved(**stamp(), application_id=new_id("app"), order_id=order["id"]),
        PaymentReceived(
            **stamp(), payment_id=new_id("pay"), order_id=order["id"], amount_cents=order["amount_due_cents"]
        ),
    )


def read_card(world: World, card_id: str, people: Mapping[str, str], first_day: date) -> Card:
    """A card with what its voucher prints; ``people`` says whose each order is."""
    with world.cards.transaction() as session:
        row = session.scalars(select(CardRow).where(CardRow.id == card_id)).one()
    printed = unseal(KEYS, row.id, row.sealed)
    return Card(
        row.id,
        people[row.order_id],
        row.household_id,
        printed.qr_text,
        printed.number,
        printed.card_code,
        row.replaces,
        first_day,
    )


def redeem(world: World, asked: Asked) -> ScanAnswer:
    """Scan."""
    caller, key, scan = asked
    return redeeming.redeem(
        world.cards.sends,
        caller,
        world.programmes,
        KEYS,
        idempotency_key=key,
        scan=scan,  # type: ignore[arg-type]
    )


def quote(world: World, caller: Caller, scan: Any) -> ScanAnswer:
    """Ask for the price."""
    return quoting.quote(world.cards.sends, caller, world.programmes, KEYS, scan=scan)


def cancel(world: World, caller: Caller, redemption_id: str) -> RedemptionView:
    """Undo a scan; always with the same key, as a desk does that got no answer."""
    with world.cards.transaction() as session:
        return cancelling.cancel_redemption(
            session,
            caller,
            world.programmes,
            idempotency_key=f"cancel_{redemption_id}",
            redemption_id=redemption_id,
        )


def revoke(world: World, card_id: str, reason: Any) -> None:
    """An officer revokes a card."""
    with world.cards.transaction() as session:
        revoking.revoke_card(
            session, OFFICER, world.programmes, idempotency_key=new_id("key"), card_id=card_id, reason=reason
        )


def reissue(world: World, card_id: str) -> None:
    """An officer has a new card made for a revoked one."""
    with world.cards.transaction() as session:
        reissuing.reissue_card(
            session, OFFICER, world.programmes, KEYS, idempotency_key=new_id("key"), card_id=card_id
        )


def close_pots(world: World) -> int:
    """The sweeper comes by."""
    return closing.close_pots(world.cards.transaction, world.programmes.values())
