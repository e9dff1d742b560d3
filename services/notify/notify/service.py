"""The entrypoints of `notify`: events become messages, a loop sends them, one call renders a voucher."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from chassis.audit import history_of
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
from contracts.cards import CardRevoked, CardValidated, OrderPlaced, RedemptionCancelled, RedemptionRecorded
from contracts.identity import (
    ApplicationRefused,
    EmailChangeRequested,
    HolderAccountChanged,
    LoginCodeRequested,
)
from contracts.notify import Document, VoucherMail
from contracts.programmes import read_programmes
from notify import noting, sending_again
from notify.books import BOOKS
from notify.sending import Office, send_due, watch_backlog
from notify.settings import Settings
from notify.showing import show_voucher
from notify.smtp import read_smtp_url


class NotifyService:
    """Messages to people."""

    name = "notify"
    access = calls_of("notify")
    books = BOOKS
    settings = SettingsOf(Settings)
    db = Database()
    services = Services()
    caller = CurrentCaller()
    programmes = Loaded(lambda settings: read_programmes(text_files(settings.programmes_dir, ".toml")))

    @rpc
    def render_voucher(self, *, card_id: str) -> Document:
        """The card's voucher as PDF, for its holder or an officer."""
        own: Any = self.services.as_service()
        return show_voucher(
            card_id,
            cards=self.services.cards,
            identity=own.identity,
            programmes=self.programmes,
        )

    @rpc
    def send_voucher_again(
        self, *, idempotency_key: str, order_id: str, order_secret: str | None
    ) -> VoucherMail:
        """The voucher once more, for whoever may correct the order."""
        # In the caller's name: `cards` knows whose order it is.
        order = self.services.cards.get_order_holder(order_id=order_id, order_secret=order_secret)
        with self.db.transaction() as session:
            return sending_again.send_voucher_again(
                session, self.caller, order, idempotency_key=idempotency_key
            )

    @rpc
    def get_history(self, *, card_ids: list[str]) -> list[HistoryEntry]:
        """Vouchers that were mailed again."""
        with self.db.transaction() as session:
            return history_of(session, card_ids)

    @handles(OrderPlaced)
    def note_order(self, session: Session, event: OrderPlaced) -> None:
        """Whose order it is."""
        noting.note_order(session, event)

    @handles(CardValidated)
    def note_voucher(self, session: Session, event: CardValidated) -> None:
        """A voucher to send."""
        noting.note_voucher(session, event)

    @handles(CardRevoked)
    def note_revocation(self, session: Session, event: CardRevoked) -> None:
        """Word of a revoked card."""
        noting.note_revocation(session, event)

    @handles_together(RedemptionRecorded)
    def note_receipts(self, session: Session, events: Sequence[RedemptionRecorded]) -> None:
        """Receipts to send."""
        noting.note_receipts(session, events)

    @handles(RedemptionCancelled)
    def note_cancellation(self, session: Session, event: RedemptionCancelled) -> None:
        """The receipt of a cancellation to send."""
        noting.note_cancellation(session, event)

    @handles(ApplicationRefused)
    def note_refusal(self, session: Session, event: ApplicationRefused) -> None:
        """A letter of refusal to send."""
        noting.note_refusal(session, event)

    @handles(LoginCodeRequested)
    def note_sign_in_code(self, session: Session, event: LoginCodeRequested) -> None:
        """A sign-in code to send, at once."""
        noting.note_sign_in_code(session, event)

    @handles(EmailChangeRequested)
    def note_email_change_code(self, session: Session, event: EmailChangeRequested) -> None:
        """A code to confirm another address, at once."""
        noting.note_email_change_code(session, event)

    @handles(HolderAccountChanged)
    def note_email_change(self, session: Session, event: HolderAccountChanged) -> None:
        """Word to the old address, the voucher to the new one."""
        noting.note_email_change(session, event)

    @every(seconds=0.2)
    def send_messages(self) -> None:
        """Send what is due."""
        send_due(
            Office(
                db=self.db,
                neighbours=lambda call_id: self.services.as_service().bind(call_id=call_id),
                programmes=self.programmes,
                server=read_smtp_url(self.settings.smtp_url),
                mail_from=self.settings.mail_from,
            )
        )

    @every(seconds=15)
    def watch_messages(self) -> None:
        """Show what waits."""
        watch_backlog(self.db)
