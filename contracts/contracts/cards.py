"""What `cards` answers and announces: programmes, orders, cards, allowances, redemptions."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NotRequired, Protocol, TypedDict

from contracts.base import Event, Text
from contracts.identity import Holder, Person

OrderState = Literal["placed", "validated", "refused"]
CardState = Literal["valid", "not_yet_valid", "expired", "revoked"]
RevocationReason = Literal["lost", "stolen", "error", "fraud"]


# Adults, and children, that one scan may name: above this it is a typing mistake.
PARTY_MAX = 30
# The most letters and digits that a QR code holds (ISO/IEC 18004): whatever code was read is answered.
READ_MAX = 4_296


class Draw(TypedDict):
    """What a redemption takes from one pot, in cents (positive)."""

    pot_id: str
    amount_cents: int


# --- events -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Event):
    """Somebody asked for a card; checks are to be opened and, if due, a payment awaited."""

    source: ClassVar[str] = "cards"
    name: ClassVar[str] = "order_placed"

    order_id: str
    programme: str
    card_type: str
    household_id: str
    holder_id: str
    channel: str
    amount_due_cents: int


@dataclass(frozen=True, kw_only=True)
class CardValidated(Event):
    """A card was made and may be used from ``valid_from`` to ``valid_until`` (ISO dates, inclusive).

    ``persons`` counts the household with its holder: it sizes the pots. ``replaces`` is the card that
    a reissue stands for: its household's pots go on, none is credited again.
    """

    source: ClassVar[str] = "cards"
    name: ClassVar[str] = "card_validated"

    card_id: str
    order_id: str
    programme: str
    card_type: str
    household_id: str
    holder_id: str
    persons: int
    valid_from: str
    valid_until: str
    replaces: str | None


@dataclass(frozen=True, kw_only=True)
class CardRevoked(Event):
    """A card may no longer be used."""

    source: ClassVar[str] = "cards"
    name: ClassVar[str] = "card_revoked"

    card_id: str
    order_id: str
    household_id: str
    reason: RevocationReason


@dataclass(frozen=True, kw_only=True)
class RedemptionRecorded(Event):
    """A scan was accepted; ``gross - reduction = net = paid_from_pot + due``, all in cents.

    ``redeemed_at`` is when it was recorded, ``visited_at`` when it took place, ``account_id`` who signs in to
    see it; events of before these were said have none. ``revoked_meanwhile`` as in `RedemptionView`.
    """

    source: ClassVar[str] = "cards"
    name: ClassVar[str] = "redemption_recorded"

    redemption_id: str
    programme: str
    card_type: str
    card_id: str
    household_id: str
    holder_id: str
    provider_id: str
    site_id: str
    offer_id: str
    adults: int
    children: int
    gross_cents: int
    reduction_cents: int
    net_cents: int
    paid_from_pot_cents: int
    due_cents: int
    draws: list[Draw]
    redeemed_at: str
    visited_at: str | None = None
    account_id: str | None = None
    revoked_meanwhile: bool = False

    @property
    def moment(self) -> str:
        """When the visit took place, by which it is judged, counted and shown."""
        return self.visited_at or self.redeemed_at


@dataclass(frozen=True, kw_only=True)
class RedemptionCancelled(RedemptionRecorded):
    """A redemption was undone; it repeats what was recorded so that readers need no order of events."""

    name: ClassVar[str] = "redemption_cancelled"

    cancelled_at: str


# What the gateway hears, to tell the pages that follow visits.
NEWS_OF_VISITS: tuple[type[RedemptionRecorded], ...] = (RedemptionRecorded, RedemptionCancelled)


@dataclass(frozen=True, kw_only=True)
class AllowanceReleased(Event):
    """Spendable money was taken off an allowance; only now may the wallet give it back to its funder."""

    source: ClassVar[str] = "cards"
    name: ClassVar[str] = "allowance_released"

    release_id: str
    pot_id: str
    amount_cents: int
    reason: Literal["spend_until_passed", "card_revoked", "reached_closed_pot"]
    closes_pot: bool


# --- RPC shapes -------------------------------------------------------------------------------------


class CardTypeView(TypedDict):
    """A card type as the public sees it."""

    code: str
    label: Text
    price_cents: int
    checks: list[str]
    required_fields: list[str]
    pots: list[dict[str, Any]]


class ProgrammeView(TypedDict):
    """A programme as the public sees it; dates ISO."""

    code: str
    name: Text
    orders_open: str
    orders_close: str
    valid_from: str
    valid_until: str
    late_window_s: int
    channels: list[str]
    categories: list[dict[str, Any]]
    card_types: list[CardTypeView]


class OrderRequest(TypedDict):
    """The body of `POST /v1/orders`; ``channel`` is the caller's, or for the public site its own."""

    programme: str
    card_type: str
    holder: Holder
    members: list[Person]
    channel_note: NotRequired[str | None]


class OrderView(TypedDict):
    """An order; ``order_secret`` is answered to whoever placed it, nowhere else."""

    id: str
    programme: str
    card_type: str
    channel: str
    state: OrderState
    reason_code: str | None
    checks_required: list[str]
    amount_due_cents: int
    paid: bool
    placed_at: str
    card_id: str | None
    order_secret: NotRequired[str]


class OrderHolder(TypedDict):
    """Whose order it is, and its newest card, for services that repair it in their caller's name."""

    order_id: str
    programme: str
    card_type: str
    holder_id: str
    card_id: str | None
    card_revoked: bool


class CardView(TypedDict):
    """A card; the number shows its last four digits only."""

    id: str
    order_id: str
    programme: str
    card_type: str
    state: CardState
    valid_from: str
    valid_until: str
    number_ends: str
    holder_first_name: str
    replaces: str | None
    replaced_by: str | None


class OwnOrder(OrderView):
    """An order with the card that stands for it now."""

    card: CardView | None


class OwnOrderPage(TypedDict):
    """A page of a holder's orders, newest first."""

    orders: list[OwnOrder]
    next_cursor: str | None


class VoucherView(TypedDict):
    """All that a voucher prints. Never logged, never in an event. ``number`` is 16 digits, ungrouped."""

    card_id: str
    programme: str
    card_type: str
    holder_id: str
    number: str
    qr_text: str
    card_code: str
    valid_from: str
    valid_until: str
    adults: int
    children: int
    revoked: bool


class PotView(TypedDict):
    """One pot's spendable allowance; ``spend_until`` ISO date, inclusive, civil Paris. ``locked``: it pays
    nothing while a visit of the household is disputed."""

    id: str
    code: str
    label: Text
    credited_cents: int
    remaining_cents: int
    spend_until: str
    closed: bool
    locked: bool


class PotsView(TypedDict):
    """All pots that a card may spend."""

    remaining_cents: int
    pots: list[PotView]


class Party(TypedDict):
    """Who stands at the desk."""

    adults: int
    children: int


class ScanRequest(TypedDict):
    """The body of a quote or a redemption; ``card`` is the QR text or the number, as read or typed.

    ``occurred_at`` is when the visit took place; ``second_visit`` says that the same scan of seconds ago was
    another visit.
    """

    card: str
    card_code: NotRequired[str | None]
    offer_id: str
    party: Party
    gross_cents: int
    pay_cents: NotRequired[int | None]
    occurred_at: NotRequired[str | None]
    second_visit: NotRequired[bool | None]


class CardHolderShown(TypedDict):
    """What the scan shows of the holder, so that the provider sees it is the right person."""

    first_name: str
    age_band: str
    party_covered: Party


class ScanAnswer(TypedDict):
    """A price (quote: ``id`` null) or a redemption.

    ``occurred_at`` is when the visit took place, by which it was judged. ``already_counted`` is true when the
    same card was scanned again within seconds and the first redemption is answered; ``message`` says so
    kindly.
    """

    id: str | None
    recorded_at: str | None
    occurred_at: str | None
    reduction_cents: int
    net_cents: int
    paid_from_pot_cents: int
    due_cents: int
    pot_remaining_cents: int
    holder: CardHolderShown
    already_counted: bool
    message: Text | None


class RedeemAnswer(ScanAnswer):
    """What a redemption answers, and, beside it, since when it no longer stands.

    ``cancelled_at`` is there only where a key was sent again whose redemption was cancelled meanwhile; the
    rest is the answer of the first time.
    """

    cancelled_at: NotRequired[str]


class RedemptionView(TypedDict):
    """A past redemption, for the device's list and the holder's.

    ``occurred_at`` is when the visit took place, ``recorded_at`` when it was heard of. ``revoked_meanwhile``:
    the card was revoked between the two, and the provider had served in good faith.
    """

    id: str
    card_id: str
    offer_id: str
    provider_id: str
    site_id: str
    gross_cents: int
    reduction_cents: int
    net_cents: int
    paid_from_pot_cents: int
    due_cents: int
    occurred_at: str
    recorded_at: str
    revoked_meanwhile: bool
    cancelled_at: str | None


class RedemptionPage(TypedDict):
    """Redemptions, newest first; ``next_cursor`` is null on the last page."""

    redemptions: list[RedemptionView]
    next_cursor: str | None


DisputeState = Literal["open", "upheld", "rejected"]
DisputeOutcome = Literal["upheld", "rejected"]


class DisputeView(TypedDict):
    """A holder's word that a visit was not theirs, and what came of it.

    ``redemption_cancelled_at`` is when the redemption was cancelled, by whomever; ``not_cancelled_because``
    is the code of the refusal that an upheld dispute's cancellation met. ``locked_pot_ids``: the pots of the
    household that pay nothing at present, for this dispute or another.
    """

    id: str
    redemption_id: str
    state: DisputeState
    opened_at: str
    decided_at: str | None
    redemption_cancelled_at: str | None
    not_cancelled_because: str | None
    locked_pot_ids: list[str]


class DisputedVisit(RedemptionView):
    """A redemption with who came, how the card was read (``qr``, ``number``), and by which device."""

    device_id: str
    medium: str
    adults: int
    children: int


class OfficerDisputeView(TypedDict):
    """A dispute with what an officer needs to decide it; ``note`` is the holder's, ``decision_note`` the
    officer's."""

    id: str
    programme: str
    state: DisputeState
    opened_at: str
    note: str | None
    decided_at: str | None
    decision_note: str | None
    not_cancelled_because: str | None
    visit: DisputedVisit


class DisputePage(TypedDict):
    """Disputes, oldest first; ``next_cursor`` is null on the last page."""

    disputes: list[OfficerDisputeView]
    next_cursor: str | None


VisitChangeKind = Literal["recorded", "cancelled"]


class VisitChange(TypedDict):
    """What became of a visit at ``at``, and the visit as it was from then on."""

    change: VisitChangeKind
    at: str
    visit: RedemptionView


class VisitChanges(TypedDict):
    """The newest changes, oldest of them first. None is missing from ``since`` on; ``complete`` where that
    is what was asked for."""

    since: str
    changes: list[VisitChange]
    complete: bool


class AllowanceTotals(TypedDict):
    """The cards' side of the money equation, in cents, summed over every pot, each from its own table."""

    allowance_cents: int
    raised_cents: int
    drawn_cents: int
    released_cents: int
    negative_allowances: int


class CardsRpc(Protocol):
    """The RPC of `cards`; refusals are those of `contracts.refusals`."""

    def find_programmes(self) -> list[ProgrammeView]:
        """Every programme on sale or in use."""

    def get_programme(self, *, code: str) -> ProgrammeView:
        """One programme."""

    def place_order(self, *, idempotency_key: str, order: OrderRequest) -> OrderView:
        """Answer age, household and residence at once; keep the order and announce it."""

    def get_order(self, *, order_id: str, order_secret: str | None) -> OrderView:
        """An order, for whoever placed it, its holder or an officer."""

    def get_order_holder(self, *, order_id: str, order_secret: str | None) -> OrderHolder:
        """Whose order it is, for whoever may correct it (asked by `identity` and `notify`)."""

    def get_card(self, *, card_id: str) -> CardView:
        """A card, for its holder or an officer."""

    def get_voucher(self, *, card_id: str) -> VoucherView:
        """What the voucher prints, for `notify`, the holder or an officer."""

    def get_pots(self, *, card_id: str) -> PotsView:
        """What the card may still spend."""

    def find_card_redemptions(self, *, card_id: str, cursor: str | None, limit: int) -> RedemptionPage:
        """The use of the card and of those that it replaced, for its holder or an officer."""

    def lookup_card(self, *, number: str | None, qr: str | None) -> CardView:
        """Officer: find a card by what is printed on it."""

    def revoke_card(self, *, idempotency_key: str, card_id: str, reason: RevocationReason) -> CardView:
        """The card may no longer be used, from this moment on."""

    def reissue_card(self, *, idempotency_key: str, card_id: str) -> CardView:
        """A new card for a revoked one, same household, same pots, same last day."""

    def quote(self, *, scan: ScanRequest) -> ScanAnswer:
        """The price, no effect."""

    def redeem(self, *, idempotency_key: str, scan: ScanRequest) -> RedeemAnswer:
        """The scan: one transaction (design §3)."""

    def cancel_redemption(self, *, idempotency_key: str, redemption_id: str) -> RedemptionView:
        """Undo: the device within 15 minutes, an officer until settled."""

    def find_device_redemptions(self, *, since: str | None, cursor: str | None, limit: int) -> RedemptionPage:
        """The calling device's last scans."""

    def find_own_orders(self, *, cursor: str | None, limit: int) -> OwnOrderPage:
        """The calling holder's orders with their cards."""

    def find_own_visits(self, *, cursor: str | None, limit: int) -> RedemptionPage:
        """The calling holder's visits, by all their cards."""

    def find_provider_visits(self, *, provider_id: str, cursor: str | None, limit: int) -> RedemptionPage:
        """The visits at a provider, the last recorded first, for who works there or an officer."""

    def find_own_visit_changes(self, *, since: str | None) -> VisitChanges:
        """What became of the calling holder's visits from ``since`` on, or in the last minute."""

    def find_provider_visit_changes(self, *, provider_id: str, since: str | None) -> VisitChanges:
        """What became of the visits at a provider, for who works there or an officer."""

    def dispute_visit(self, *, idempotency_key: str, redemption_id: str, note: str | None) -> DisputeView:
        """The calling holder says that the visit was not theirs: the household's pots pay nothing until an
        officer has decided."""

    def find_disputes(self, *, state: DisputeState, cursor: str | None, limit: int) -> DisputePage:
        """Officer: disputes of the programmes that one works for, oldest first."""

    def decide_dispute(
        self, *, idempotency_key: str, dispute_id: str, outcome: DisputeOutcome, note: str | None
    ) -> DisputeView:
        """Officer: upheld, which cancels the redemption, or rejected; once."""

    def get_allowance_totals(self) -> AllowanceTotals:
        """For the money equation."""
