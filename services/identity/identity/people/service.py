"""The entrypoints of `identity` for officers who look for a person or for what was done."""

from sqlalchemy import select

from chassis.audit import history_of
from chassis.calls.caller import Caller
from chassis.service import Database, rpc
from contracts import identity as shapes
from contracts.base import HistoryEntry
from identity.models import Application, Check
from identity.people import searching


class PeopleCalls:
    """Part of `IdentityService`, which names what these need."""

    db: Database
    caller: Caller

    @rpc
    def find_people(
        self, *, search: shapes.PeopleSearch, cursor: str | None, limit: int
    ) -> shapes.PeoplePage:
        """Orders by whose they are."""
        with self.db.transaction() as session:
            return searching.find_people(session, self.caller, search=search, cursor=cursor, limit=limit)

    @rpc
    def get_order_history(self, *, order_id: str) -> list[HistoryEntry]:
        """What was done to the order's application, its checks and its address."""
        application = select(Application.id).where(Application.order_id == order_id)
        checks = select(Check.id).where(Check.application_id.in_(application))
        with self.db.transaction() as session:
            return history_of(session, [order_id, *session.scalars(application.union(checks))])
