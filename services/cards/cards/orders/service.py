"""The entrypoints of `cards` for orders."""

from collections.abc import Mapping

from cards import reading
from cards.orders import correcting, finding, history, ordering
from cards.settings import Settings
from chassis.calls.caller import Caller
from chassis.service import Database, Services, rpc
from contracts.base import HistoryEntry
from contracts.cards import OrderHistory, OrderHolder, OrderRequest, OrderView, OwnOrder, OwnOrderPage
from contracts.programmes import Programme


class OrderCalls:
    """Part of `CardsService`, which names what these need."""

    settings: Settings
    db: Database
    services: Services
    caller: Caller
    programmes: Mapping[str, Programme]

    @rpc
    def place_order(self, *, idempotency_key: str, order: OrderRequest) -> OrderView:
        """Somebody asks for a card."""
        return ordering.place_order(
            self.db.transaction,
            self.caller,
            self.programmes,
            self.settings.keys,
            self.services.as_service().identity,
            idempotency_key=idempotency_key,
            order=order,
        )

    @rpc
    def get_order(self, *, order_id: str, order_secret: str | None) -> OrderView:
        """An order, for those who may see it."""
        with self.db.transaction() as session:
            return reading.get_order(
                session,
                self.caller,
                self.programmes,
                self.settings.keys,
                order_id=order_id,
                order_secret=order_secret,
            )

    @rpc
    def get_order_holder(self, *, order_id: str, order_secret: str | None) -> OrderHolder:
        """Whose order it is, for services."""
        with self.db.transaction() as session:
            return correcting.get_order_holder(
                session, self.caller, self.settings.keys, order_id=order_id, order_secret=order_secret
            )

    @rpc
    def find_own_orders(self, *, cursor: str | None, limit: int) -> OwnOrderPage:
        """The calling holder's orders with their cards."""
        with self.db.transaction() as session:
            return finding.find_own_orders(session, self.caller, self.programmes, cursor=cursor, limit=limit)

    @rpc
    def find_orders(self, *, order_ids: list[str], number_ends: str | None) -> list[OwnOrder]:
        """Orders that an officer looks for."""
        with self.db.transaction() as session:
            return finding.find_orders(
                session, self.caller, self.programmes, order_ids=order_ids, number_ends=number_ends
            )

    @rpc
    def get_order_history(self, *, order_id: str) -> OrderHistory:
        """What was done to an order and its cards."""
        with self.db.transaction() as session:
            return history.get_order_history(session, self.caller, order_id=order_id)

    @rpc
    def get_card_history(self, *, card_id: str) -> list[HistoryEntry]:
        """What was done to a card."""
        with self.db.transaction() as session:
            return history.get_card_history(session, self.caller, card_id=card_id)
