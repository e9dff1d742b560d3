"""The entrypoints of `identity` for another e-mail address; `IdentityService` has them with all others."""

from typing import Any

from sqlalchemy.orm import Session

from chassis.calls.caller import Caller
from chassis.database.engine import Database
from chassis.service import every, handles, rpc
from contracts import identity as shapes
from contracts.cards import OrderHolder
from contracts.notify import OldAddressNotified
from identity.email_changes import confirming, forgetting, mailing, requesting
from identity.settings import Settings


class EmailChangeCalls:
    """Another e-mail address for an order."""

    settings: Settings
    db: Database
    services: Any
    caller: Caller

    @rpc
    def request_email_change(
        self, *, idempotency_key: str, order_id: str, order_secret: str | None, email: str
    ) -> shapes.EmailChange:
        """A code to the new address."""
        order = self._order(order_id, order_secret)
        key = self.settings.fingerprint_key
        with self.db.transaction() as session:
            return requesting.request_email_change(
                session, self.caller, key, order, idempotency_key=idempotency_key, email=email
            )

    @rpc
    def confirm_email_change(
        self, *, idempotency_key: str, order_id: str, order_secret: str | None, code: str
    ) -> None:
        """The new address, for its code."""
        order = self._order(order_id, order_secret)
        key = self.settings.fingerprint_key
        confirming.confirm_email_change(
            self.db.transaction, self.caller, key, order, idempotency_key=idempotency_key, code=code
        )

    @rpc
    def get_email_change_code(self, *, email_change_id: str) -> shapes.MailedCode:
        """The code to mail."""
        key = self.settings.fingerprint_key
        with self.db.transaction() as session:
            return mailing.get_email_change_code(session, key, email_change_id=email_change_id)

    @rpc
    def get_email_change_notice(self, *, email_change_id: str) -> shapes.EmailChangeNotice:
        """Whom to tell of a change."""
        with self.db.transaction() as session:
            return mailing.get_email_change_notice(session, email_change_id=email_change_id)

    @handles(OldAddressNotified)
    def forget_old_address(self, session: Session, event: OldAddressNotified) -> None:
        """The old address is needed no more."""
        forgetting.forget_old_address(session, event)

    @every(seconds=600)
    def drop_old_changes(self) -> None:
        """Keep addresses no longer than they serve."""
        with self.db.transaction() as session:
            forgetting.drop_old_changes(session)

    def _order(self, order_id: str, order_secret: str | None) -> OrderHolder:
        # In the caller's name: `cards` knows whose order it is, and who may correct it.
        order: OrderHolder = self.services.cards.get_order_holder(
            order_id=order_id, order_secret=order_secret
        )
        return order
