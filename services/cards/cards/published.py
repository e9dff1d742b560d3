"""The local copy of published offers, kept by version: in any order of events, the highest wins."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cards.scan.models import PublishedOffer
from contracts.offers import OfferPublished, OfferWithdrawn


def keep_offer(session: Session, event: OfferPublished) -> None:
    """The offer may be redeemed on these terms."""
    _keep(session, event.offer_id, event.version, withdrawn=False, withdrawn_at=None, terms=event.payload())


def withdraw_offer(session: Session, event: OfferWithdrawn) -> None:
    """The offer may no longer be redeemed; its last terms are left for support, and for visits of before."""
    at = datetime.fromisoformat(event.occurred_at)
    _keep(session, event.offer_id, event.version, withdrawn=True, withdrawn_at=at)


def _keep(session: Session, offer_id: str, version: int, **values: object) -> None:
    row = insert(PublishedOffer).values(offer_id=offer_id, version=version, **values)
    is_newer = PublishedOffer.version < row.excluded.version
    session.execute(
        row.on_conflict_do_update(
            index_elements=["offer_id"], set_={"version": version, **values}, where=is_newer
        )
    )
