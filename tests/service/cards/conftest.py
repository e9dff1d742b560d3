"""A stage for the rules on a real PostgreSQL: orders, cards, offers and pots in a few words."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from cards import published
from cards.disputes import deciding, opening
from cards.models import Card
from cards.orders import ordering, validating
from cards.pots import allowances
from cards.scan import cancelling, quoting, redeeming
from cards.sealing import Keys, unseal
from chassis.calls.caller import Caller
from chassis.database.engine import Database
from chassis.events.outbox import stamp
from chassis.ids import new_id
from contracts.cards import DisputeView, OrderRequest, OrderView, RedemptionView, ScanAnswer
from contracts.identity import ApplicationApproved, Holder, Household, Person
from contracts.offers import OfferPublished
from contracts.programmes import Programme
from contracts.wallet import DebitReversed, PaymentReceived, PotCredited
from devstack.servers.backing import Backing
from tests.admission import admitted
from tests.service.cards.meeting import Meeting

KEYS = Keys(sealing=secrets.token_bytes(32), number_hash=secrets.token_bytes(32))
SUMMER = datetime(2020, 7, 10, 8, tzinfo=UTC)
PROGRAMME = "occygene-2020"
OFFER: dict[str, Any] = {
    "version": 1,
    "provider_id": "prv_1",
    "provider_name": "Canoë du Tarn",
    "category": "outdoor_sports",
    "site_ids": ["sit_1"],
    "programme": PROGRAMME,
    "title": {"fr": "Descente", "en": "Descent"},
    "card_types": ["family", "family_bonus"],
    "audience": "household",
    "kind": "percent",
    "percent": 20,
    "price_cents": None,
    "child_price_cents": None,
    "season": [],
    "pot_accepted": True,
    "minimum_gross_cents": None,
    "max_children": None,
}


class LocalPeople:
    """Stands for `identity`, whose own tests show that it registers a household once for each key."""

    def __init__(self) -> None:
        self.households: dict[str, Household] = {}
        # Whom the next orders' limits count; none: each household itself.
        self.counted_as: str | None = None

    def register_household(
        self, *, idempotency_key: str, programme: str, card_type: str, holder: Holder, members: list[Person]
    ) -> Household:
        """One household for each key."""
        household_id = new_id("hh")
        fresh: Household = {
            "household_id": household_id,
            "holder_id": new_id("per"),
            "account_id": new_id("acc"),
            "counted_as": self.counted_as or household_id,
        }
        return self.households.setdefault(idempotency_key, fresh)


@dataclass(frozen=True)
class Ready:
    """A card that may be scanned, with what its voucher prints."""

    id: str
    order_id: str
    household_id: str
    account_id: str
    number: str
    qr_text: str
    card_code: str


class Stage:
    """What a test says to the service, and what the service has announced."""

    def __init__(
        self, db: Database, programmes: dict[str, Programme], caller_of: Callable[..., Caller], clock: Any
    ) -> None:
        self.db = db
        self.programmes = programmes
        self.caller_of = caller_of
        self.people = LocalPeople()
        self.keys = KEYS
        self._clock = clock

    def at(self, moment: datetime) -> None:
        """Move the clock."""
        self._clock.set(moment)

    def caller(self, role: str, **fields: Any) -> Caller:
        """A caller of this role."""
        return self.caller_of(role, **fields)

    def device(self, **fields: Any) -> Caller:
        """A scanning device of prv_1 at sit_1, another one each time unless ``subject`` is given."""
        return self.caller_of("device", **{"subject": new_id("dev"), **fields})

    def request(self, card_type: str = "family_bonus", **fields: Any) -> OrderRequest:
        """An order of a mother and two children in Toulouse, or as given."""
        holder: dict[str, Any] = {
            "given_name": "Léa",
            "family_name": "Roux",
            "birth_date": "1985-05-05",
            "email": "lea@example.org",
            "address": {"street": "1 rue Haute", "postal_code": "31000", "insee": "31555"},
            "sex": "F",
            "birth_place": {"country": "99100", "insee": "31555"},
            **fields.pop("holder", {}),
        }
        child = {"given_name": "Tom", "family_name": "Roux", "birth_date": "2012-01-01"}
        twins = [child, {**child, "given_name": "Zoé"}]
        order = {"programme": PROGRAMME, "card_type": card_type, "holder": holder, "members": twins}
        return {**order, **fields}  # type: ignore[typeddict-item]

    def order(
        self, request: OrderRequest | None = None, *, key: str | None = None, caller: Caller | None = None
    ) -> OrderView:
        """Place an order."""
        return ordering.place_order(
            self.db.transaction,
            admitted(caller or self.caller("partner"), "cards.place_order"),
            self.programmes,
            self.keys,
            self.people,  # type: ignore[arg-type]
            idempotency_key=key or new_id("key"),
            order=request or self.request(),
        )

    def approve(self, order_id: str) -> None:
        """`identity` approved the application."""
        event = ApplicationApproved(**stamp(), application_id=new_id("app"), order_id=order_id)
        with self.db.transaction() as session:
            validating.note_approval(session, event, self.programmes, self.keys)

    def pay(self, order_id: str, amount_cents: int) -> None:
        """`wallet` received the payment."""
        event = PaymentReceived(
            **stamp(), payment_id=new_id("pay"), order_id=order_id, amount_cents=amount_cents
        )
        with self.db.transaction() as session:
            validating.note_payment(session, event, self.programmes, self.keys)

    def card(self, request: OrderRequest | None = None) -> Ready:
        """A free card, ordered and approved."""
        order = self.order(request)
        self.approve(order["id"])
        return self.printed(order_id=order["id"])

    def printed(self, **by: str) -> Ready:
        """What the voucher of the newest card of an order (or of a card) prints."""
        with self.db.transaction() as session:
            query = select(Card).filter_by(**by).order_by(Card.id.desc()).limit(1)
            card = session.scalars(query).one()
            account_id = session.scalar(
                text("SELECT account_id FROM orders WHERE id = :id"), {"id": card.order_id}
            )
        printed = unseal(self.keys, card.id, card.sealed)
        return Ready(
            id=card.id,
            order_id=card.order_id,
            household_id=card.household_id,
            account_id=str(account_id),
            number=printed.number,
            qr_text=printed.qr_text,
            card_code=printed.card_code,
        )

    def publish(self, **terms: Any) -> str:
        """`offers` published an offer; its id."""
        offer_id = terms.pop("offer_id", None) or new_id("off")
        event = OfferPublished(**stamp(), offer_id=offer_id, **{**OFFER, **terms})
        with self.db.transaction() as session:
            published.keep_offer(session, event)
        return offer_id

    def credit(self, card: Ready, amount_cents: int, **fields: Any) -> PotCredited:
        """`wallet` credited a pot of the card's household."""
        usual = {
            "credit_id": new_id("crd"),
            "pot_id": new_id("pot"),
            "pot_code": "region_bonus",
            "programme": PROGRAMME,
            "household_id": card.household_id,
            "amount_cents": amount_cents,
            "spend_from": "2020-07-01",
            "spend_until": "2020-11-15",
            "categories": [],
        }
        event = PotCredited(**stamp(), **{**usual, **fields})
        with self.db.transaction() as session:
            allowances.raise_by_credit(session, event)
        return event

    def reverse(self, redemption_id: str, draws: list[Any]) -> None:
        """`wallet` reversed a cancelled redemption's debit."""
        event = DebitReversed(**stamp(), redemption_id=redemption_id, provider_id="prv_1", draws=draws)
        with self.db.transaction() as session:
            allowances.raise_by_reversal(session, event)

    def scan(self, card: Ready, offer_id: str, /, **fields: Any) -> Any:
        """The body of a scan by QR code: one mother, 40 €."""
        usual = {
            "card": card.qr_text,
            "offer_id": offer_id,
            "party": {"adults": 1, "children": 2},
            "gross_cents": 4000,
        }
        return {**usual, **fields}

    def redeem(self, scan: Any, *, device: Caller | None = None, key: str | None = None) -> ScanAnswer:
        """Redeem from a device."""
        return redeeming.redeem(
            self.db.sends,
            admitted(device or self.device(), "cards.redeem"),
            self.programmes,
            self.keys,
            idempotency_key=key or new_id("key"),
            scan=scan,
        )

    def quote(self, scan: Any, *, device: Caller | None = None) -> ScanAnswer:
        """Quote from a device."""
        asking = admitted(device or self.device(), "cards.quote")
        return quoting.quote(self.db.sends, asking, self.programmes, self.keys, scan=scan)

    def cancel(self, redemption_id: str | None, caller: Caller | None = None) -> RedemptionView:
        """Cancel from a device of prv_1."""
        with self.db.transaction() as session:
            return cancelling.cancel_redemption(
                session,
                admitted(caller or self.device(), "cards.cancel_redemption"),
                self.programmes,
                idempotency_key=new_id("key"),
                redemption_id=str(redemption_id),
            )

    def dispute(self, card: Ready, redemption_id: str | None, **fields: Any) -> DisputeView:
        """The card's holder says that a visit was not theirs."""
        asked = {"idempotency_key": new_id("key"), "note": None, **fields}
        holder = asked.pop("caller", None) or self.caller("holder", subject=card.account_id)
        with self.db.transaction() as session:
            return opening.dispute_visit(
                session,
                admitted(holder, "cards.dispute_visit"),
                redemption_id=str(redemption_id),
                **asked,
            )

    def decide(self, dispute_id: str, outcome: Any, **fields: Any) -> DisputeView:
        """An officer decides a dispute."""
        asked = {"idempotency_key": new_id("key"), "note": None, **fields}
        officer = asked.pop("caller", None) or self.caller("officer")
        with self.db.transaction() as session:
            return deciding.decide_dispute(
                session,
                admitted(officer, "cards.decide_dispute"),
                self.programmes,
                dispute_id=dispute_id,
                outcome=outcome,
                **asked,
            )

    def announced(self, name: str) -> list[dict[str, Any]]:
        """The payloads of every event of this name in the outbox, oldest first."""
        query = text("SELECT payload FROM outbox WHERE name = :name ORDER BY seq")
        with self.db.transaction() as session:
            return list(session.scalars(query, {"name": name}))

    def rows(self, table: str) -> list[Any]:
        """Every row of a table."""
        with self.db.transaction() as session:
            return list(session.execute(text(f"SELECT * FROM {table}")))  # noqa: S608 - a test's own name

    def left_cents(self) -> int:
        """What all allowances hold, after checking that it is what their own tables say."""
        with self.db.transaction() as session:
            totals = allowances.get_allowance_totals(session)
        assert totals["negative_allowances"] == 0
        assert totals["allowance_cents"] == (
            totals["raised_cents"] - totals["drawn_cents"] - totals["released_cents"]
        )
        return totals["allowance_cents"]


@pytest.fixture
def stage(
    database: Callable[[str], Database],
    programmes: dict[str, Programme],
    caller_of: Callable[..., Caller],
    clock: Any,
) -> Stage:
    """An empty service on 10 July 2020, ten in the morning in Paris."""
    clock.set(SUMMER)
    return Stage(database("cards"), programmes, caller_of, clock)


@pytest.fixture
def meeting(stage: Any, backing: Backing) -> Iterator[Meeting]:
    """Where two transactions on the stage's database meet."""
    meeting = Meeting(stage, backing.database_urls["cards"])
    yield meeting
    meeting.close()
