"""Where to write to holders: told to services that are about to do so, and to nobody else."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.identity import Contact
from contracts.refusals import Refusal
from identity.models import Holder, Person


def get_contact(session: Session, *, holder_id: str) -> Contact:
    """Return the holder's name, address and organisation. Refusals: ``not_found``."""
    found = find_contacts(session, holder_ids=[holder_id])
    if holder_id not in found:
        raise Refusal("not_found")
    return found[holder_id]


def find_contacts(session: Session, *, holder_ids: list[str]) -> dict[str, Contact]:
    """Return name, address and organisation by holder, in one statement."""
    told = select(Person.id, Person.given_name, Person.family_name, Holder.email, Holder.organisation)
    rows = session.execute(told.join(Holder, Holder.person_id == Person.id).where(Person.id.in_(holder_ids)))
    return {
        row.id: {
            "email": row.email,
            "given_name": row.given_name,
            "family_name": row.family_name,
            "organisation": row.organisation,
        }
        for row in rows
    }
