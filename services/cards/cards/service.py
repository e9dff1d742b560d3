"""The entrypoints of `cards`; the rules are in the modules named after what happens."""

from sqlalchemy.orm import Session

from cards import catalogue, following, measuring, published, reading, reissuing, revoking, saving
from cards.books import BOOKS
from cards.disputes.service import DisputeCalls
from cards.orders import correcting, validating
from cards.orders.service import OrderCalls
from cards.pots import allowances, closing
from cards.scan import cancelling, quoting, redeeming
from cards.settings import Settings
from chassis.service import CurrentCaller, Database, Loaded, Services, SettingsOf, every, handles, rpc
from chassis.settings import text_files
from contracts.access import calls_of
from contracts.cards import (
    AllowanceTotals,
    CardSavings,
    CardView,
    PotsView,
    ProgrammeView,
    RedeemAnswer,
    RedemptionPage,
    RedemptionView,
    RevocationReason,
    ScanAnswer,
    ScanRequest,
    VisitChanges,
    VoucherView,
)
from contracts.identity import ApplicationApproved, ApplicationRefused, HolderAccountChanged
from contracts.offers import OfferPublished, OfferWithdrawn
from contracts.programmes import Programme, read_programmes
from contracts.wallet import DebitReversed, PaymentReceived, PotCredited


def _load(settings: Settings) -> dict[str, Programme]:
    return read_programmes(text_files(settings.programmes_dir, ".toml"))


class CardsService(OrderCalls, DisputeCalls):
    """RPC, events and loops of `cards`."""

    name = "cards"
    access = calls_of("cards")
    books = BOOKS
    settings = SettingsOf(Settings)
    db = Database()
    services = Services()
    caller = CurrentCaller()
    programmes = Loaded(_load)

    # --- programmes, and what becomes of orders ---

    @rpc
    def find_programmes(self) -> list[ProgrammeView]:
        return catalogue.find_programmes(self.programmes)

    @rpc
    def get_programme(self, *, code: str) -> ProgrammeView:
        return catalogue.get_programme(self.programmes, code)

    @handles(HolderAccountChanged)
    def follow_holder(self, session: Session, event: HolderAccountChanged) -> None:
        correcting.follow_holder(session, event)

    @handles(ApplicationApproved)
    def note_approval(self, session: Session, event: ApplicationApproved) -> None:
        validating.note_approval(session, event, self.programmes, self.settings.keys)

    @handles(ApplicationRefused)
    def note_refusal(self, session: Session, event: ApplicationRefused) -> None:
        validating.note_refusal(session, event)

    @handles(PaymentReceived)
    def note_payment(self, session: Session, event: PaymentReceived) -> None:
        validating.note_payment(session, event, self.programmes, self.settings.keys)

    # --- cards ---

    @rpc
    def get_card(self, *, card_id: str) -> CardView:
        with self.db.transaction() as session:
            return reading.get_card(session, self.caller, self.programmes, card_id=card_id)

    @rpc
    def get_voucher(self, *, card_id: str) -> VoucherView:
        with self.db.transaction() as session:
            return reading.get_voucher(session, self.caller, self.settings.keys, card_id=card_id)

    @rpc
    def lookup_card(self, *, number: str | None, qr: str | None) -> CardView:
        with self.db.transaction() as session:
            return reading.lookup_card(
                session, self.caller, self.programmes, self.settings.keys, number=number, qr=qr
            )

    @rpc
    def revoke_card(self, *, idempotency_key: str, card_id: str, reason: RevocationReason) -> CardView:
        with self.db.transaction() as session:
            return revoking.revoke_card(
                session,
                self.caller,
                self.programmes,
                idempotency_key=idempotency_key,
                card_id=card_id,
                reason=reason,
            )

    @rpc
    def reissue_card(self, *, idempotency_key: str, card_id: str) -> CardView:
        with self.db.transaction() as session:
            return reissuing.reissue_card(
                session,
                self.caller,
                self.programmes,
                self.settings.keys,
                idempotency_key=idempotency_key,
                card_id=card_id,
            )

    # --- the scan ---

    @rpc
    def quote(self, *, scan: ScanRequest) -> ScanAnswer:
        return quoting.quote(self.db.sends, self.caller, self.programmes, self.settings.keys, scan=scan)

    @rpc
    def redeem(self, *, idempotency_key: str, scan: ScanRequest) -> RedeemAnswer:
        return redeeming.redeem(
            self.db.sends,
            self.caller,
            self.programmes,
            self.settings.keys,
            idempotency_key=idempotency_key,
            scan=scan,
        )

    @rpc
    def cancel_redemption(self, *, idempotency_key: str, redemption_id: str) -> RedemptionView:
        with self.db.transaction() as session:
            return cancelling.cancel_redemption(
                session,
                self.caller,
                self.programmes,
                idempotency_key=idempotency_key,
                redemption_id=redemption_id,
            )

    @rpc
    def find_card_redemptions(self, *, card_id: str, cursor: str | None, limit: int) -> RedemptionPage:
        with self.db.transaction() as session:
            return reading.find_card_redemptions(
                session, self.caller, card_id=card_id, cursor=cursor, limit=limit
            )

    @rpc
    def get_savings(self, *, card_id: str) -> CardSavings:
        with self.db.transaction() as session:
            return saving.get_savings(session, self.caller, self.programmes, card_id=card_id)

    @rpc
    def find_device_redemptions(self, *, since: str | None, cursor: str | None, limit: int) -> RedemptionPage:
        with self.db.transaction() as session:
            return reading.find_device_redemptions(
                session, self.caller, since=since, cursor=cursor, limit=limit
            )

    @rpc
    def find_own_visits(self, *, cursor: str | None, limit: int) -> RedemptionPage:
        with self.db.transaction() as session:
            return reading.find_own_visits(session, self.caller, cursor=cursor, limit=limit)

    @rpc
    def find_provider_visits(self, *, provider_id: str, cursor: str | None, limit: int) -> RedemptionPage:
        with self.db.transaction() as session:
            return reading.find_provider_visits(session, self.caller, provider_id, cursor, limit)

    @rpc
    def find_own_visit_changes(self, *, since: str | None) -> VisitChanges:
        with self.db.transaction() as session:
            return following.find_own_visit_changes(session, self.caller, since=since)

    @rpc
    def find_provider_visit_changes(self, *, provider_id: str, since: str | None) -> VisitChanges:
        with self.db.transaction() as session:
            return following.find_provider_visit_changes(session, self.caller, provider_id, since)

    @handles(OfferPublished)
    def keep_offer(self, session: Session, event: OfferPublished) -> None:
        published.keep_offer(session, event)

    @handles(OfferWithdrawn)
    def withdraw_offer(self, session: Session, event: OfferWithdrawn) -> None:
        published.withdraw_offer(session, event)

    # --- allowances ---

    @rpc
    def get_pots(self, *, card_id: str) -> PotsView:
        with self.db.transaction() as session:
            return reading.get_pots(session, self.caller, self.programmes, card_id=card_id)

    @rpc
    def get_allowance_totals(self) -> AllowanceTotals:
        with self.db.transaction() as session:
            return allowances.get_allowance_totals(session)

    @handles(PotCredited)
    def raise_by_credit(self, session: Session, event: PotCredited) -> None:
        allowances.raise_by_credit(session, event)

    @handles(DebitReversed)
    def raise_by_reversal(self, session: Session, event: DebitReversed) -> None:
        allowances.raise_by_reversal(session, event)

    @every(seconds=10)
    def close_pots(self) -> None:
        closing.close_pots(self.db.transaction, self.programmes.values())

    @every(seconds=60)
    def measure_allowances(self) -> None:
        measuring.measure_allowances(self.db.transaction)
