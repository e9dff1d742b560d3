"""The wallet's entrypoints: what it answers, what it hears, what it does in the background."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy.orm import Session

from chassis.clock import real_now
from chassis.service import (
    CurrentCaller,
    Database,
    Loaded,
    Services,
    SettingsOf,
    every,
    handles,
    handles_together,
    rpc,
)
from chassis.settings import text_files
from contracts.access import calls_of
from contracts.base import HistoryEntry
from contracts.cards import (
    AllowanceReleased,
    CardsRpc,
    CardValidated,
    OrderView,
    RedemptionCancelled,
    RedemptionRecorded,
)
from contracts.identity import ApplicationRefused
from contracts.neighbours import Neighbours
from contracts.programmes import read_programmes
from contracts.wallet import PaymentView, ProviderBalance, WalletTotals
from wallet import (
    asking,
    debiting,
    measuring,
    notifications,
    paying,
    pots,
    reading,
    receiving,
    refunding,
    totals,
)
from wallet.bank import Bank
from wallet.books import BOOKS
from wallet.reconciliation import results
from wallet.reconciliation.nightly import nightly
from wallet.settings import Settings


class WalletService:
    """All money: payments of cards, pots, the double-entry ledger."""

    name = "wallet"
    access = calls_of("wallet")
    books = BOOKS
    settings = SettingsOf(Settings)
    db = Database()
    services = Services()
    caller = CurrentCaller()
    programmes = Loaded(lambda settings: read_programmes(text_files(settings.programmes_dir, ".toml")))

    # --- payments ---

    @rpc
    def start_payment(self, *, idempotency_key: str, order_id: str, order_secret: str | None) -> PaymentView:
        """Open (or go on with) the payment of an order at the bank."""
        order = self._order(order_id, order_secret)
        # A page that has run out at the bank must not be shown again.
        asking.ask_for_owner(self.db.transaction, self._bank(), order_id)
        page = paying.page_for(self.settings.public_url, paying.description(self.programmes, order))
        return paying.start_payment(
            self.db.transaction,
            self._bank(),
            page,
            subject=self.caller.subject,
            idempotency_key=idempotency_key,
            order=order,
        )

    @rpc
    def find_payment(self, *, order_id: str) -> PaymentView | None:
        """The order's payment, asked again at the bank when it is still pending."""
        # The gateway asks in its own name, after `cards` has shown the order to its caller.
        asking.ask_for_owner(self.db.transaction, self._bank(), order_id)
        with self.db.transaction() as session:
            payment = paying.latest_payment(session, order_id)
            return None if payment is None else paying.payment_view(payment)

    @rpc
    def get_order_history(self, *, order_id: str) -> list[HistoryEntry]:
        """What was done to the order's payments."""
        with self.db.transaction() as session:
            return reading.get_order_history(session, order_id)

    @rpc
    def record_payment_notification(self, *, body: str, signature: str) -> None:
        """The bank says what became of a payment."""
        secret = self.settings.bank_notification_secret
        said = notifications.read_notification(body, signature, secret=secret, at=real_now())
        with self.db.transaction() as session:
            receiving.note_bank_session(session, said)

    @handles(ApplicationRefused)
    def refund_refused_order(self, session: Session, event: ApplicationRefused) -> None:
        """Give the price back."""
        refunding.refund_refused_order(session, event)

    @every(seconds=5)
    def ask_pending_payments(self) -> None:
        """For notifications that are late or never come."""
        asking.ask_pending(self.db.transaction, self._bank())

    @every(seconds=5)
    def send_refunds(self) -> None:
        """What is booked is paid back at the bank."""
        refunding.send_refunds(self.db.transaction, self._bank())

    # --- pots and debits ---

    @handles(CardValidated)
    def credit_pots(self, session: Session, event: CardValidated) -> None:
        """Open and credit the household's pots."""
        pots.credit_pots(session, event, self.programmes)

    @handles(AllowanceReleased)
    def return_money(self, session: Session, event: AllowanceReleased) -> None:
        """What can no longer be spent goes back to the funder."""
        pots.return_money(session, event)

    @handles_together(RedemptionRecorded)
    def debit_pots(self, session: Session, events: Sequence[RedemptionRecorded]) -> None:
        """Pots → payable to the providers."""
        debiting.debit_pots(session, events)

    @handles(RedemptionCancelled)
    def reverse_debit(self, session: Session, event: RedemptionCancelled) -> None:
        """Payable to the provider → pots."""
        debiting.reverse_debit(session, event)

    # --- the books ---

    @rpc
    def get_provider_balance(self, *, provider_id: str) -> ProviderBalance:
        """What is owed to a provider."""
        reading.require_provider(self.caller, provider_id)
        with self.db.transaction() as session:
            return totals.get_provider_balance(session, provider_id)

    @rpc
    def get_wallet_totals(self) -> WalletTotals:
        """For the money equation."""
        with self.db.transaction() as session:
            totals.allow_long_statements(session)
            return totals.get_wallet_totals(session)

    @every(seconds=15)
    def measure_ledger(self) -> None:
        """Gauges that must stay at 0."""
        with self.db.transaction() as session:
            measuring.measure_ledger(session)

    @every(seconds=2)
    def reconcile_at_night(self) -> None:
        """All services' books against each other, once a night."""
        own = cast(Neighbours, self.services.as_service())
        nightly.take_turn(self.db.transaction, own, self.programmes)

    @every(seconds=60)
    def show_reconciliation(self) -> None:
        """What the last night found."""
        with self.db.transaction() as session:
            results.show_last(session)

    @every(seconds=60)
    def measure_money(self) -> None:
        """The wallet's side of the money equation."""
        measuring.measure_money(self.db.transaction)

    def _bank(self) -> Bank:
        return Bank(api_url=self.settings.bank_api_url, api_key=self.settings.bank_api_key)

    def _order(self, order_id: str, order_secret: str | None) -> OrderView:
        """The order, if the caller may read it: `cards` decides, in the caller's own name."""
        cards = cast(CardsRpc, self.services.cards)
        return cards.get_order(order_id=order_id, order_secret=order_secret)
