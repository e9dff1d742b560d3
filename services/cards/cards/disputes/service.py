"""The entrypoints of `cards` for disputes of visits."""

from collections.abc import Mapping

from cards.disputes import deciding, finding, opening
from chassis.calls.caller import Caller
from chassis.service import Database, rpc
from contracts.cards import DisputeOutcome, DisputePage, DisputeState, DisputeView
from contracts.programmes import Programme


class DisputeCalls:
    """Part of `CardsService`, which names what these need."""

    db: Database
    caller: Caller
    programmes: Mapping[str, Programme]

    @rpc
    def dispute_visit(self, *, idempotency_key: str, redemption_id: str, note: str | None) -> DisputeView:
        """The holder says that the visit was not theirs."""
        with self.db.transaction() as session:
            return opening.dispute_visit(
                session, self.caller, idempotency_key=idempotency_key, redemption_id=redemption_id, note=note
            )

    @rpc
    def find_disputes(self, *, state: DisputeState, cursor: str | None, limit: int) -> DisputePage:
        """The officer's queue."""
        with self.db.transaction() as session:
            return finding.find_disputes(session, self.caller, state=state, cursor=cursor, limit=limit)

    @rpc
    def decide_dispute(
        self, *, idempotency_key: str, dispute_id: str, outcome: DisputeOutcome, note: str | None
    ) -> DisputeView:
        """Upheld or rejected, in an officer's name."""
        with self.db.transaction() as session:
            return deciding.decide_dispute(
                session,
                self.caller,
                self.programmes,
                idempotency_key=idempotency_key,
                dispute_id=dispute_id,
                outcome=outcome,
                note=note,
            )
