"""Where to write to a holder: told to services that are about to do so, and to nobody else."""

from sqlalchemy.orm import Session

from chassis.caller import Caller
from contracts.identity import Contact
from contracts.refusals import Refusal
from identity.models import Holder, Person


def get_contact(session: Session, caller: Caller, *, holder_id: str) -> Contact:
    """Return the holder's name, address and organisation."""
    if caller.kind != "service":
        raise Refusal("not_allowed")
    person, holder = session.get(Person, holder_id), session.get(Holder, holder_id)
    if person is None or holder is None:
        raise Refusal("not_found")
    return {
        "email": holder.email,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "organisation": holder.organisation,
    }
